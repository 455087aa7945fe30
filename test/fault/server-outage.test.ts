/** A store that never answers, is read-only or full, under a whole server: 503 in time, nobody logged out, no restart needed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import { type Answer, type Client, createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const ADA = { email: 'ada@example.org', password: 'plum-otter-cargo' }
/** A call has 5 seconds; a loaded machine has more. */
const IN_TIME_MS = 20_000

let server: TestServer
let browser: Client
let phone: { readonly access_token: string; readonly refresh_token: string }
beforeAll(async () => {
  server = await startTestServer()
  browser = createClient(server.url)
  await browser.post('/auth/sign-up', { json: ADA })
  phone = tokensOf(await createClient(server.url).post('/auth/sign-in', { json: { ...ADA, mode: 'token' } }))
})
afterAll(() => server.close())

function tokensOf({ json }: Answer): typeof phone {
  return { access_token: String(json.access_token), refresh_token: String(json.refresh_token) }
}

type Port = Record<string, unknown>

/** Every method of these ports goes this way, until it is mended. */
function broken(method: (name: string) => unknown, only: (name: string) => boolean = () => true): () => void {
  const { store } = server.instance
  const ports = [store.sessions, store.families, store.revocations, store.accounts, store.audit]
  ports.push(store.records('browser') as never, store.records('readiness') as never)
  const mends = ports.map((port) => {
    const held = port as unknown as Port
    const names = Object.keys(held).filter(
      (name) => typeof held[name] === 'function' && !['watch', 'newId'].includes(name) && only(name),
    )
    const real = Object.fromEntries(names.map((name) => [name, held[name]]))
    for (const name of names) held[name] = () => method(name)
    return () => Object.assign(held, real)
  })
  return () => {
    for (const mend of mends) mend()
  }
}

const operator = { authorization: `Bearer ${OPERATOR_KEY}` }

/** What needs the store, each by a client that the server has not seen lately. */
function requests() {
  const bearer = { authorization: `Bearer ${phone.access_token}` }
  const cold = createClient(server.url)
  cold.cookies.set('__Host-Http-sid', `${'A'.repeat(22)}.${'B'.repeat(22)}`)
  const guest = createClient(server.url)
  return {
    cold: () => cold.get('/auth/session'),
    signIn: () => guest.post('/auth/sign-in', { json: ADA }),
    signUp: () => guest.post('/auth/sign-up', { json: { email: 'bob@example.org', password: ADA.password } }),
    refresh: () => guest.post('/auth/refresh', { json: { refresh_token: phone.refresh_token } }),
    signOut: () => browser.post('/auth/sign-out', {}),
    signOutToken: () => guest.post('/auth/sign-out', { headers: bearer }),
    devices: () => browser.get('/auth/sessions'),
    revoke: () => guest.post('/admin/revoke', { headers: operator, json: { session: 'A'.repeat(22) } }),
  }
}

async function expectRefusals(names: readonly (keyof ReturnType<typeof requests>)[]): Promise<void> {
  const cookie = browser.cookies.get('__Host-Http-sid')
  const started = performance.now()
  const asked = requests()
  const answers = await Promise.all(names.map(async (name) => [name, await asked[name]()] as const))
  expect(performance.now() - started).toBeLessThan(IN_TIME_MS)
  for (const [name, { status, headers, json }] of answers) {
    expect([name, status, json.code]).toEqual([name, 503, 'store.unavailable'])
    expect([name, headers.get('retry-after')]).toEqual([name, expect.stringMatching(/^[1-9]\d*$/)])
    expect([name, headers.getSetCookie()]).toEqual([name, []])
  }
  expect(browser.cookies.get('__Host-Http-sid')).toBe(cookie)
}

async function expectWell(): Promise<void> {
  expect((await browser.get('/auth/session')).status).toBe(200)
  expect((await createClient(server.url).post('/auth/sign-in', { json: ADA })).status).toBe(200)
  const refreshed = await createClient(server.url).post('/auth/refresh', {
    json: { refresh_token: phone.refresh_token },
  })
  expect(refreshed.status).toBe(200)
  phone = tokensOf(refreshed)
  // Renewed since, not only within the lease of before.
  await expect.poll(() => server.instance.revocations.view.stalenessMs(), { timeout: 30_000 }).toBeLessThan(2500)
  expect((await browser.get('/readyz')).status).toBe(200)
}

it('a store that never answers: every request has its answer in time, and then all is as before', async () => {
  expect((await browser.get('/auth/session')).status).toBe(200)
  const mend = broken(() => new Promise(() => undefined))
  try {
    // Who is known near at hand goes on.
    expect((await browser.get('/auth/session')).status).toBe(200)
    await expectRefusals(['cold', 'signIn', 'signUp', 'refresh', 'signOut', 'signOutToken', 'devices', 'revoke'])
    const { status, text } = await browser.get('/metrics')
    expect([
      status,
      /sojourn_store_calls_total\{call="sessions.findWithSubject",during="request",outcome="failed"\} /.test(text),
    ]).toEqual([200, true])
  } finally {
    mend()
  }
  await expectWell()
}, 120_000)

it('a store that takes no writes: whoever reads goes on, readiness says so, and notices when writes go again', async () => {
  const full = () => Promise.reject(new AuthError('store.unavailable', 'the disk that holds the database is full'))
  // Small writes in place go on for long on a full disk: the lease is renewed all the while.
  const mend = broken(
    full,
    (name) => !/^(find|list|count|read|judge|subject$|floor|members|renew|ack|reap|leave|touch)/.test(name),
  )
  try {
    expect((await browser.get('/readyz')).json.checks).toMatchObject({ store: 'ok', writes: 'ok', lease: 'ok' })
    await expectRefusals(['signIn', 'signUp', 'refresh', 'signOut', 'signOutToken', 'revoke'])
    expect((await browser.get('/auth/session')).status).toBe(200)
    expect((await browser.get('/auth/sessions')).status).toBe(200)
    const { status, json } = await browser.get('/readyz')
    expect([status, json.checks]).toEqual([
      503,
      expect.objectContaining({ store: 'ok', writes: 'store.unavailable', lease: 'ok' }),
    ])
  } finally {
    mend()
  }
  await expectWell()
}, 120_000)

it('reads on the request path in steady state: none', async () => {
  const reads = async () => {
    const { text } = await browser.get('/metrics')
    const lines = text.split('\n').filter((line) => /^sojourn_store_calls_total\{.*during="request"/.test(line))
    // The scrape itself counts the sessions.
    return lines.filter((line) => !line.includes('"sessions.count"')).sort()
  }
  const bearer = { headers: { authorization: `Bearer ${phone.access_token}` } }
  const ask = () => Promise.all([browser.get('/auth/session'), createClient(server.url).get('/auth/session', bearer)])
  await ask()
  const before = await reads()
  for (let i = 0; i < 20; i++) for (const { status } of await ask()) expect(status).toBe(200)
  expect(await reads()).toEqual(before)
  const { text } = await browser.get('/metrics')
  expect(text).toMatch(/^sojourn_verifier_state\{state="LIVE"\} 1$/m)
  expect(Number(/^sojourn_last_accepted_timestamp_seconds (\d+)/m.exec(text)?.[1])).toBeGreaterThan(1_700_000_000)
})
