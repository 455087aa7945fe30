/** The provider's data on the engines: used once, found by what it is found by, taken back with its grant. */
import { errors } from 'oidc-provider'
import { afterAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { createGrantMembers } from '../../src/oidc/grant-members.ts'
import { createOutbox } from '../../src/oidc/outbox.ts'
import { createPayloads, kindOf } from '../../src/oidc/payloads.ts'
import { createSessionClients } from '../../src/oidc/session-clients.ts'
import type { RecordsOf } from '../../src/records.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { temporaryFolder } from '../support/processes.ts'

const folder = temporaryFolder()
const file = `${folder.path}/oidc.db`
// Two connections of one database, as two processes have them.
const stores = [createSqliteStore({ path: file }), createSqliteStore({ path: file })] as const
const memory = createMemoryStore()
afterAll(async () => {
  for (const store of stores) await store.close()
  folder.remove()
})

const secrets = createSecretRing(['a-secret-of-32-characters-or-more-1234'])
const clock = systemClock

interface World {
  readonly name: string
  readonly sides: readonly [RecordsOf, RecordsOf]
}
const worlds: readonly World[] = [
  { name: 'memory', sides: [memory.records, memory.records] },
  { name: 'sqlite', sides: [stores[0].records, stores[1].records] },
]

describe.each(worlds)('on $name', ({ sides }) => {
  const revoked: string[] = []
  const replays: string[] = []
  const adapter = (model: string, side: 0 | 1 = 0) =>
    createPayloads(model, {
      records: sides[side],
      secrets,
      clock,
      members: membersOf(side),
      onReplay: async (what) => void replays.push(what),
    })
  const membersOf = (side: 0 | 1) => createGrantMembers(sides[side], clock, async (id) => void revoked.push(id))
  const exp = () => clock.now() + 60

  it('gives a payload back by its id, and keeps the id to itself', async () => {
    const codes = adapter('AuthorizationCode')
    await codes.upsert('the-code', { kind: 'AuthorizationCode', jti: 'the-code', exp: exp(), scope: 'openid' }, 60)
    expect(await codes.find('the-code')).toMatchObject({ jti: 'the-code', scope: 'openid' })
    const rows = await sides[0](kindOf('AuthorizationCode')).list(null, 100, clock.now())
    expect(JSON.stringify(rows)).not.toContain('the-code')
    expect(await codes.find(String(rows[0]?.key))).toBeUndefined()
    await codes.destroy('the-code')
    expect(await codes.find('the-code')).toBeUndefined()
  })

  it.each(['AuthorizationCode', 'RefreshToken'])(
    'has one winner of twenty that use a %s, and takes its grant back',
    async (model) => {
      const grants = adapter('Grant')
      await grants.upsert(`g-${model}`, { kind: 'Grant', jti: `g-${model}` }, 60)
      await adapter(model).upsert(`v-${model}`, { jti: `v-${model}`, grantId: `g-${model}`, exp: exp() }, 60)
      await adapter('AccessToken').upsert(`a-${model}`, { jti: `a-${model}`, grantId: `g-${model}`, exp: exp() }, 60)
      expect(await membersOf(0).addToken(`g-${model}`, `jti-${model}`, exp())).toBe(true)
      const uses = Array.from({ length: 20 }, (_, i) => adapter(model, i % 2 === 0 ? 0 : 1).consume(`v-${model}`))
      const results = await Promise.allSettled(uses)
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(errors.InvalidGrant)
      }
      expect(await grants.find(`g-${model}`)).toBeUndefined()
      expect(await adapter('AccessToken').find(`a-${model}`)).toBeUndefined()
      expect(revoked).toContain(`jti-${model}`)
      expect(replays).toContain(model)
      // Whatever the winner goes on to mint hangs on nothing.
      expect(await membersOf(1).addToken(`g-${model}`, 'late', exp())).toBe(false)
    },
  )

  it('uses an assertion once, however many present it', async () => {
    const uses = Array.from({ length: 20 }, (_, i) =>
      adapter('ReplayDetection', i % 2 === 0 ? 0 : 1).upsert('assertion', { iss: 'client' }, 60),
    )
    const results = await Promise.allSettled(uses)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('finds a device code by its user code, with the id that only the device knows', async () => {
    const devices = adapter('DeviceCode')
    await devices.upsert('device-secret', { jti: 'device-secret', userCode: 'BCDFGHJK', exp: exp() }, 60)
    expect(await devices.findByUserCode('BCDFGHJK')).toMatchObject({ jti: 'device-secret', userCode: 'BCDFGHJK' })
    expect(await devices.findByUserCode('ZZZZZZZZ')).toBeUndefined()
    const rows = await sides[0](kindOf('DeviceCode')).list(null, 100, clock.now())
    expect(JSON.stringify(rows)).not.toContain('device-secret')
  })

  it('keeps every client of a session that two authorizations add at once', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `client-${i}`)
    await Promise.all(
      names.map((name, i) =>
        createSessionClients(sides[i % 2 === 0 ? 0 : 1], clock).merge(
          'session',
          {
            subject: 'somebody',
            clients: { [name]: { sid: `sid-${name}`, grantIds: [`grant-${name}`] } },
            state: null,
          },
          exp(),
        ),
      ),
    )
    const sessions = createSessionClients(sides[0], clock)
    expect(Object.keys((await sessions.find('session'))?.clients ?? {}).sort()).toEqual(names)
    expect(await sessions.ofSubject('somebody')).toEqual(['session'])
    expect(await sessions.ofSubject('some')).toEqual([])
    expect(await sessions.leave('session', 'client-3')).toEqual({ sid: 'sid-client-3', grantIds: ['grant-client-3'] })
    expect((await sessions.find('session'))?.clients).not.toHaveProperty('client-3')
    await sessions.remove('session', 'somebody')
    expect(await sessions.find('session')).toBeNull()
    expect(await sessions.ofSubject('somebody')).toEqual([])
  })

  it('lets one of many processes deliver a logout, and gives up in the end', async () => {
    const outboxes = sides.map((records) => createOutbox(records, clock))
    const [first] = outboxes
    if (!first) throw new Error('no outbox')
    const logout = { sessionId: 's1', clientId: 'app', uri: 'https://app.example/out', subject: 'u', sid: 'x' } as const
    for (const outbox of outboxes) await outbox.add({ ...logout, algorithm: 'RS256' })
    const [entry, ...more] = await first.of('s1')
    expect(more).toEqual([])
    const key = entry?.key ?? ''
    const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => outboxes[i % 2]?.claim(key, 10)))
    const [claimed, ...others] = claims.filter((claim) => claim)
    expect(others).toEqual([])
    if (!claimed) throw new Error('nobody has it')
    await first.failed(key, claimed, clock.now())
    expect((await first.due(10)).map(({ logout: { attempts } }) => attempts)).toEqual([1])
    await first.failed(key, claimed, null)
    expect(await first.of('s1')).toEqual([])
    expect(await sides[0]('oidc-logout-dead').find(key, clock.now())).not.toBeNull()
  })
})
