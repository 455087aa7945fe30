/** Ways around the throttle: other spellings of the email, other addresses, forged forwarding headers, bursts, own successes. */
import { afterEach, expect, it } from 'vitest'
import { createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const OWNER = { email: 'ada.lovelace@example.org', password: 'plum-otter-cargo' }
let server: TestServer
afterEach(() => server.close())

async function begin(env: Readonly<Record<string, string>> = {}): Promise<void> {
  server = await startTestServer({ env })
  await createClient(server.url).post('/auth/sign-up', { json: OWNER })
}
const guess = async (email: string, headers: Readonly<Record<string, string>> = {}) =>
  (await createClient(server.url).post('/auth/sign-in', { json: { email, password: 'wrong-otter-cargo' }, headers }))
    .status
const judged = (statuses: readonly number[]) => statuses.filter((status) => status === 401).length

it('every spelling of an email counts as one', async () => {
  await begin()
  const spellings = [
    OWNER.email,
    OWNER.email.toUpperCase(),
    ` ${OWNER.email} `,
    'Ada.Lovelace@Example.ORG',
    '\uff41da.lovelace@example.org',
    'ada.lovelace@\uff45xample.org',
    '\uff21da.lovelace@example.org',
  ]
  const statuses: number[] = []
  for (let i = 0; i < 40; i++) statuses.push(await guess(spellings[i % spellings.length] ?? ''))
  expect(judged(statuses)).toBeLessThan(13)
  expect(statuses.slice(-spellings.length)).toEqual(Array(spellings.length).fill(429))
})

it('a forwarding header of a client that is no trusted proxy counts for nothing', async () => {
  await begin({ SOJOURN_TRUST_PROXY: '' })
  const statuses: number[] = []
  for (let i = 0; i < 70; i++)
    statuses.push(
      await guess(`somebody-${i}@example.org`, {
        'X-Forwarded-For': `198.51.100.${i}`,
        Forwarded: `for=198.51.100.${i}`,
        'X-Real-IP': `198.51.100.${i}`,
        'CF-Connecting-IP': `198.51.100.${i}`,
      }),
    )
  expect(judged(statuses)).toBeLessThan(55)
  expect(statuses.at(-1)).toBe(429)
})

it('behind a trusted proxy only what that proxy has added counts', async () => {
  await begin()
  const statuses: number[] = []
  for (let i = 0; i < 70; i++)
    statuses.push(
      await guess(`somebody-${i}@example.org`, { 'X-Forwarded-For': `203.0.113.${i}, 127.0.0.1, 198.51.100.7` }),
    )
  expect(judged(statuses)).toBeLessThan(55)
})

it('a household of IPv6 addresses is one address', async () => {
  await begin()
  const statuses: number[] = []
  for (let i = 0; i < 70; i++)
    statuses.push(
      await guess(`somebody-${i}@example.org`, {
        'X-Forwarded-For': i % 2 ? `2001:db8:1:2:${i.toString(16)}::1` : `2001:0db8:0001:0002::${i.toString(16)}`,
      }),
    )
  expect(judged(statuses)).toBeLessThan(55)
})

it('a burst from everywhere is no gap between looking and counting', async () => {
  await begin()
  const statuses = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      guess(OWNER.email, { 'X-Forwarded-For': `10.9.${i}.1`, 'User-Agent': `agent-${i}` }),
    ),
  )
  expect(judged(statuses)).toBeLessThan(13)
})

it('successes on an account of their own buy nobody guesses at another', async () => {
  await begin()
  const mallory = createClient(server.url)
  const own = { email: 'mallory@example.org', password: 'nine-small-wrens' }
  await mallory.post('/auth/sign-up', { json: own })
  const statuses: number[] = []
  for (let i = 0; i < 30; i++) {
    mallory.cookies.delete('__Host-Http-device')
    await mallory.post('/auth/sign-in', { json: own })
    const json = { email: OWNER.email, password: `guess-${i}-otter` }
    statuses.push((await mallory.post('/auth/sign-in', { json })).status)
  }
  expect(judged(statuses)).toBeLessThan(13)
})

it('a stolen session guesses the password no faster', async () => {
  await begin()
  const thief = createClient(server.url)
  await thief.post('/auth/sign-in', { json: OWNER })
  const statuses: number[] = []
  for (let i = 0; i < 30; i++) {
    const json = { current_password: `guess-${i}-otter`, new_password: 'seven-tall-herons' }
    statuses.push((await thief.post('/auth/password', { json })).status)
  }
  expect(judged(statuses)).toBeLessThan(13)
})
