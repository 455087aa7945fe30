/** Who has an account: a sign-in tells it neither by its answer, nor by its time, nor by whom it throttles. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArgon2Hasher } from '../../src/server/argon2.ts'
import { createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const hasher = createArgon2Hasher({ memoryKib: 4096, passes: 2 })
let server: TestServer
let hashed = 0
beforeAll(async () => {
  server = await startTestServer({
    hasher: {
      ...hasher,
      verify(hash, password) {
        hashed++
        return hasher.verify(hash, password)
      },
      verifyNothing(password) {
        hashed++
        return hasher.verifyNothing(password)
      },
    },
  })
  for (let i = 0; i < 20; i++)
    await createClient(server.url).post('/auth/sign-up', {
      json: { email: `member-${i}@example.org`, password: 'plum-otter-cargo' },
    })
})
afterAll(() => server.close())

const attempt = (email: string, password = 'wrong-otter-cargo') =>
  createClient(server.url).post('/auth/sign-in', { json: { email, password } })
const seen = (answer: Awaited<ReturnType<typeof attempt>>) => ({
  status: answer.status,
  text: answer.text,
  headers: [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date'),
})

describe('a sign-in', () => {
  it('answers alike, whether there is such an account or not', async () => {
    const member = seen(await attempt('member-0@example.org'))
    for (const email of [
      'stranger@example.org',
      'no address',
      '@',
      `${'x'.repeat(300)}@example.org`,
      'operator@localhost',
    ])
      expect(seen(await attempt(email))).toEqual(member)
    expect(member.status).toBe(401)
  })

  it.each([
    ['of a stranger', 'stranger-2@example.org', 'wrong-otter-cargo'],
    ['of a member', 'member-1@example.org', 'wrong-otter-cargo'],
    ['of what is no address', 'nobody', 'wrong-otter-cargo'],
    ['with a password that is too long for anybody', 'member-1@example.org', 'x'.repeat(2000)],
  ])('%s costs one hash', async (_name, email, password) => {
    const before = hashed
    expect((await attempt(email, password)).status).toBe(401)
    expect(hashed - before).toBe(1)
  })

  it('takes the same time', async () => {
    const times = { member: [] as number[], stranger: [] as number[] }
    for (let i = 2; i < 20; i++)
      for (const kind of i % 2 ? (['member', 'stranger'] as const) : (['stranger', 'member'] as const)) {
        const started = performance.now()
        await attempt(`${kind}-${i}@example.org`)
        times[kind].push(performance.now() - started)
      }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
    const ratio = median(times.member) / median(times.stranger)
    // One hash takes nearly all of it; without it a stranger would be answered in a fraction.
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })

  it('throttles those who have no account as those who have', async () => {
    await createClient(server.url).post('/auth/sign-up', {
      json: { email: 'member-99@example.org', password: 'plum-otter-cargo' },
    })
    const codes = async (email: string) => {
      const all: string[] = []
      for (let i = 0; i < 12; i++) all.push((await attempt(email)).json.code)
      return all
    }
    expect(await codes('stranger-99@example.org')).toEqual(await codes('member-99@example.org'))
  })
})

it('a reset code says nothing of whom it is for', async () => {
  const good = await server.instance.accounts.requestReset('member-3@example.org')
  const [id = ''] = (good?.code ?? '').split('.')
  const answers = await Promise.all(
    [`${id}.${'A'.repeat(32)}`, `${'A'.repeat(22)}.${'A'.repeat(32)}`, 'x', id].map((code) =>
      createClient(server.url).post('/auth/reset', { json: { code, new_password: 'seven-tall-herons' } }),
    ),
  )
  for (const answer of answers) expect([answer.status, answer.text]).toEqual([400, answers[0]?.text])
})

it("somebody else's account, session or subject is answered as none, by every route of mine", async () => {
  const me = createClient(server.url)
  await me.post('/auth/sign-in', { json: { email: 'member-4@example.org', password: 'plum-otter-cargo' } })
  const other = createClient(server.url)
  await other.post('/auth/sign-in', { json: { email: 'member-5@example.org', password: 'plum-otter-cargo' } })
  const { id } = (await other.get('/auth/session')).json.session
  const nobodys = 'A'.repeat(22)
  for (const ask of [
    (it: string) => me.ask('DELETE', `/auth/sessions/${it}`),
    (it: string) => me.post(`/auth/sessions/${it}/end`, { json: {} }),
    (it: string) => me.post('/auth/accounts/switch', { json: { session_id: it } }),
    (it: string) => me.ask('PUT', `/admin/subjects/${it}/claims`, { json: { roles: [] } }),
  ])
    expect(seen(await ask(id))).toEqual(seen(await ask(nobodys)))
})
