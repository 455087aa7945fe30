/** Damaged rows and log entries are named, and never taken for something that they are not. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../src/login/store.ts'
import { redisCommand, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'
import { aFamily, aSession, T0, UNTIL } from '../support/store-fixtures.ts'

describeWithRedis('damage in Redis', () => {
  let server: RedisServer
  let store: Store
  beforeAll(async () => {
    server = await startRedis()
    store = await settledRedisStore({ url: server.url })
  })
  afterAll(async () => {
    await store?.close()
    await server?.stop()
  })

  const corrupt = (named: string) => ({ code: 'store.corrupt', message: expect.stringContaining(named) })
  const keyOf = (kind: string, id: string) => `{sojourn:${id.slice(0, 2)}}${kind}${id.slice(2)}`

  it('names a session, for whoever reads or changes it', async () => {
    const session = aSession({ id: store.sessions.newId('subject-1') })
    await store.sessions.create(session, null, T0)
    const key = keyOf('s', session.id)
    const whole = String(await redisCommand(server.url, 'GET', key))
    const [numbers = '', subject = '', family = '', body = ''] = whole.split('\n')
    const damaged = [
      '',
      'nonsense',
      whole.slice(0, -3),
      whole.replace('cookie', 'cake'),
      [numbers.replace(/^\d+/, '-1'), subject, family, body].join('\n'),
      [numbers, subject, family, '[]'].join('\n'),
      [numbers, '7', family, body].join('\n'),
    ]
    for (const text of damaged) {
      await redisCommand(server.url, 'SET', key, text)
      await expect(store.sessions.find(session.id, T0), text).rejects.toMatchObject(corrupt(`sessions/${session.id}`))
    }
    await redisCommand(server.url, 'SET', key, 'nonsense')
    await expect(store.sessions.touch(session.id, T0, T0)).rejects.toMatchObject(corrupt(`sessions/${session.id}`))
    await expect(store.sessions.end(session.id, UNTIL, T0)).rejects.toMatchObject(corrupt(`sessions/${session.id}`))
    await redisCommand(server.url, 'DEL', key)
    await redisCommand(server.url, 'LPUSH', key, 'a list')
    await expect(store.sessions.find(session.id, T0)).rejects.toMatchObject({ code: 'store.corrupt' })
    await redisCommand(server.url, 'DEL', key)
  })

  it('names a family', async () => {
    const session = aSession({ id: store.sessions.newId('subject-2'), subject: 'subject-2' })
    const family = aFamily(session.id, { id: store.families.newId(session.id) })
    await store.sessions.create(session, null, T0)
    await store.families.create(family, T0)
    await redisCommand(server.url, 'SET', keyOf('f', family.id), 'nonsense')
    await expect(store.families.find(family.id, T0)).rejects.toMatchObject(corrupt(`families/${family.id}`))
  })

  it('names an entry of the log, and lets nobody read past it', async () => {
    await store.revocations.revokeToken('before', UNTIL, T0)
    await store.revocations.revokeToken('after', UNTIL, T0)
    const { head } = await store.revocations.renew('v')
    const field = async (name: string, value: string) => {
      // A stream cannot be written into: what follows is put behind it anew.
      await redisCommand(server.url, 'XTRIM', '{sojourn}log', 'MAXLEN', '0')
      await redisCommand(server.url, 'XADD', '{sojourn}log', `${++top}-0`, 'u', String(UNTIL), 'e', '{}', name, value)
      await redisCommand(server.url, 'HSET', '{sojourn}meta', 'head', String(top), 'first', String(top))
    }
    let top = head
    await field('x', 'y')
    await expect(store.revocations.readAfter(0, 9)).rejects.toMatchObject(corrupt(`log/${top}`))
  })

  it('names numbers of a subject, and never takes them for none', async () => {
    await redisCommand(server.url, 'HSET', '{sojourn}subjects', '"subject-3"', 'many')
    await expect(store.revocations.subject('subject-3')).rejects.toMatchObject(corrupt('subjects'))
    const session = aSession({ id: store.sessions.newId('subject-3'), subject: 'subject-3' })
    await expect(store.sessions.create(session, null, T0)).rejects.toMatchObject(corrupt('subjects'))
  })

  it('names a record by the digest of its key', async () => {
    await store.records('code').put('secret-code', 1, null, T0)
    const [key = ''] = (await redisCommand(server.url, 'KEYS', '*rsecret-code')) as string[]
    await redisCommand(server.url, 'SET', key, '1 -\n{')
    const error = await store
      .records('code')
      .find('secret-code', T0)
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject(corrupt('records/code/sha256:'))
    expect(String(error)).not.toContain('secret-code')
  })
})
