/** Somebody who knows, or has planted, what a browser holds before its owner signs in gains nothing by it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const SESSION = '__Host-Http-sid'
const DEVICE = '__Host-Http-device'
const PASSWORD = 'plum-otter-cargo'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

let people = 0
async function signedUp(): Promise<{ client: Client; email: string }> {
  const email = `somebody-${++people}@example.org`
  const client = createClient(server.url)
  await client.post('/auth/sign-up', { json: { email, password: PASSWORD } })
  return { client, email }
}
const cookieOf = (client: Client, name = SESSION) => client.cookies.get(name) ?? ''
/** A browser that holds these cookies and nothing else. */
function holding(cookies: Readonly<Record<string, string>>): Client {
  const client = createClient(server.url)
  for (const [name, value] of Object.entries(cookies)) client.cookies.set(name, value)
  return client
}

describe('a cookie that was planted before the sign-in', () => {
  it.each([
    ['made up', async () => `${'A'.repeat(22)}.${'B'.repeat(22)}`],
    ["the attacker's own session", async () => cookieOf((await signedUp()).client)],
    [
      'a session that has ended',
      async () => {
        const { client } = await signedUp()
        const value = cookieOf(client)
        await client.post('/auth/sign-out')
        return value
      },
    ],
  ])('is never adopted (%s)', async (_name, plant) => {
    const planted = await plant()
    const { email } = await signedUp()
    const victim = holding({ [SESSION]: planted })
    expect((await victim.post('/auth/sign-in', { json: { email, password: PASSWORD } })).status).toBe(200)
    expect(cookieOf(victim)).not.toBe(planted)
    expect(cookieOf(victim).slice(0, 22)).not.toBe(planted.slice(0, 22))
    // Who planted it holds nobody's session now, and sees none of the victim's.
    const attacker = holding({ [SESSION]: planted })
    expect((await attacker.get('/auth/session')).status).toBe(401)
    expect((await attacker.get('/auth/accounts')).json.accounts ?? []).toEqual([])
  })

  it("leaves the victim in the victim's own account", async () => {
    const attacker = await signedUp()
    const { email, client } = await signedUp()
    const { subject } = (await client.get('/auth/session')).json
    const victim = holding({ [SESSION]: cookieOf(attacker.client) })
    await victim.post('/auth/sign-in', { json: { email, password: PASSWORD } })
    expect((await victim.get('/auth/session')).json.subject).toBe(subject)
    // The planted account is shown as one of this browser's, not hidden.
    expect((await victim.get('/')).text).toContain(attacker.email)
  })
})

it('a copy of the cookie from before a password change, a sign-in or a switch is worth nothing after it', async () => {
  const { client, email } = await signedUp()
  const first = cookieOf(client)
  await client.post('/auth/password', { json: { current_password: PASSWORD, new_password: 'other-otter-cargo' } })
  const second = cookieOf(client)
  await client.post('/auth/sign-in', { json: { email, password: 'other-otter-cargo' } })
  const third = cookieOf(client)
  expect(new Set([first, second, third]).size).toBe(3)
  for (const old of [first, second]) expect((await holding({ [SESSION]: old }).get('/auth/session')).status).toBe(401)
  const other = await signedUp()
  await client.post('/auth/sign-in', { json: { email: other.email, password: PASSWORD } })
  expect((await holding({ [SESSION]: third }).get('/auth/session')).status).toBe(401)
  const { accounts } = (await client.get('/auth/accounts')).json
  const parked = accounts.find(({ active }: { active: boolean }) => !active)
  const before = cookieOf(client)
  expect((await client.post('/auth/accounts/switch', { json: { session_id: parked.session_id } })).status).toBe(200)
  expect(cookieOf(client)).not.toBe(before)
})

it("nobody switches to an account of somebody else's browser", async () => {
  const ada = await signedUp()
  const bob = await signedUp()
  const { id } = (await ada.client.get('/auth/session')).json.session
  const answer = await bob.client.post('/auth/accounts/switch', { json: { session_id: id } })
  expect([answer.status, answer.json.code]).toEqual([401, 'session.ended'])
  expect(answer.headers.getSetCookie()).toEqual([])
  expect((await ada.client.get('/auth/session')).status).toBe(200)
})

it('a device cookie that was planted makes nobody known', async () => {
  const attacker = await signedUp()
  const { email } = await signedUp()
  const planted = cookieOf(attacker.client, DEVICE)
  const victim = holding({ [DEVICE]: planted })
  await victim.post('/auth/sign-in', { json: { email, password: PASSWORD } })
  // The victim's browser is known to the victim's account now; the copy that was planted is not.
  const guesses = async (client: Client) => {
    const statuses: number[] = []
    for (let i = 0; i < 12; i++)
      statuses.push((await client.post('/auth/sign-in', { json: { email, password: `guess-${i}-otter` } })).status)
    return statuses
  }
  expect((await guesses(holding({ [DEVICE]: planted }))).slice(-2)).toEqual([429, 429])
  expect((await victim.post('/auth/sign-in', { json: { email, password: PASSWORD } })).status).toBe(200)
})

it('a session cookie in an address, a body or another header is no session', async () => {
  const { client } = await signedUp()
  const value = cookieOf(client)
  const bare = createClient(server.url)
  for (const answer of [
    await bare.get(`/auth/session?${SESSION}=${value}`),
    await bare.get(`/auth/session;${SESSION}=${value}`),
    await bare.get('/auth/session', {
      headers: { 'Set-Cookie': `${SESSION}=${value}`, Cookie2: `${SESSION}=${value}` },
    }),
    await bare.get('/auth/session', { headers: { Authorization: `Bearer ${value}` } }),
    await bare.get('/auth/session', {
      headers: { 'X-Session': value, 'X-Subject': 'operator', 'X-Forwarded-User': 'root' },
    }),
  ])
    expect([401, 404]).toContain(answer.status)
})
