/** The machine's wall clock is set back or forward by an hour under a running server: nobody is logged out, nothing dead lives. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const ADA = { email: 'ada@example.org', password: 'plum-otter-cargo' }
const HOUR = 3600

/** Runs as the machine's own; only what it calls the time can be set. */
function settableClock() {
  let offset = 0
  const clock: Clock = {
    now: () => Math.floor(Date.now() / 1000) + offset,
    wallMs: () => Date.now() + offset * 1000,
    monoMs: () => performance.now(),
  }
  return { clock, step: (seconds: number) => (offset += seconds) }
}

let server: TestServer
let time: ReturnType<typeof settableClock>
async function begin(): Promise<{ browser: Client; phone: Client; tokens: Record<string, string> }> {
  time = settableClock()
  server = await startTestServer({ clock: time.clock })
  const browser = createClient(server.url)
  await browser.post('/auth/sign-up', { json: ADA })
  const phone = createClient(server.url)
  const tokens = (await phone.post('/auth/sign-in', { json: { ...ADA, mode: 'token' } })).json
  return { browser, phone, tokens }
}
afterEach(() => server.close())

const bearer = (token = '') => ({ headers: { Authorization: `Bearer ${token}` } })
const leaseHolds = () => server.instance.revocations.view.leaseHolds()

describe.each([
  ['back', -HOUR],
  ['forward', HOUR],
])('a clock that is set %s by an hour', (_way, seconds) => {
  it('logs out neither browser nor phone, and lets people sign in', async () => {
    const { browser, phone, tokens } = await begin()
    time.step(seconds)
    expect((await browser.get('/auth/session')).status).toBe(200)
    const refreshed = await phone.post('/auth/refresh', { json: { refresh_token: tokens.refresh_token } })
    expect(refreshed.status).toBe(200)
    expect((await phone.get('/auth/session', bearer(refreshed.json.access_token))).status).toBe(200)
    const other = createClient(server.url)
    expect((await other.post('/auth/sign-in', { json: ADA })).status).toBe(200)
    const again = await other.post('/auth/sign-in', { json: { ...ADA, mode: 'token' } })
    expect((await other.get('/auth/session', bearer(again.json.access_token))).status).toBe(200)
    expect((await other.get('/')).status).toBe(200)
    expect((await other.get('/.well-known/jwks.json')).json.keys.length).toBeGreaterThan(0)
    await expect.poll(leaseHolds, { timeout: 10_000 }).toBe(true)
    expect((await browser.get('/readyz')).status).toBe(200)
  })

  it('lets nobody in who was revoked before or is revoked after', async () => {
    const { browser, phone, tokens } = await begin()
    const victim = createClient(server.url)
    await victim.post('/auth/sign-in', { json: ADA })
    const { id } = (await victim.get('/auth/session')).json.session
    expect((await browser.ask('DELETE', `/auth/sessions/${id}`)).status).toBe(200)
    time.step(seconds)
    expect((await victim.get('/auth/session')).status).toBe(401)
    expect((await browser.ask('DELETE', '/auth/sessions?scope=others')).status).toBe(200)
    expect((await browser.get('/auth/session')).status).toBe(200)
    expect((await phone.get('/auth/session', bearer(tokens.access_token))).status).toBe(401)
    expect((await phone.post('/auth/refresh', { json: { refresh_token: tokens.refresh_token } })).status).toBe(401)
  })
})

it('an access token that is over by the new time is refused, and a lease does not outlive the step', async () => {
  const { phone, tokens } = await begin()
  time.step(HOUR)
  expect(leaseHolds()).toBe(false)
  const answer = await phone.get('/auth/session', bearer(tokens.access_token))
  expect([answer.status, answer.json.code]).toEqual([401, 'token.expired'])
})

it('a session that is over by the new time is refused', async () => {
  const { browser } = await begin()
  time.step(100 * 24 * HOUR)
  expect((await browser.get('/auth/session')).status).toBe(401)
  expect((await createClient(server.url).post('/auth/sign-in', { json: ADA })).status).toBe(200)
})

it('whoever has to wait does not wait an hour longer', async () => {
  await begin()
  const owner = createClient(server.url)
  const guess = () => owner.post('/auth/sign-in', { json: { ...ADA, password: 'wrong-otter-cargo' } })
  for (let i = 0; i < 11; i++) await guess()
  expect((await guess()).status).toBe(429)
  time.step(-HOUR)
  const waiting = await guess()
  expect(waiting.status).toBe(429)
  // The longest wait of an account's counter; then the next attempt is let through.
  expect(Number(waiting.headers.get('retry-after'))).toBeLessThanOrEqual(900)
  time.step(900)
  expect((await owner.post('/auth/sign-in', { json: ADA })).status).toBe(200)
})
