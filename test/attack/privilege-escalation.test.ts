/** A user who asks for more than is theirs: scopes, roles, claims, another audience's or another kind of token. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const PASSWORD = 'plum-otter-cargo'
const API = 'https://api.example'
const KEY = { Authorization: `Bearer ${OPERATOR_KEY}` }

let server: TestServer
let owner: Client
let subject: string
beforeAll(async () => {
  server = await startTestServer({ env: { SOJOURN_AUDIENCES: `${API},https://spa.example;browser` } })
  owner = createClient(server.url)
  await owner.post('/auth/sign-up', { json: { email: 'ada@example.org', password: PASSWORD } })
  subject = (await owner.get('/auth/session')).json.subject
})
afterAll(() => server.close())

const signIn = (more: object, headers = {}) =>
  createClient(server.url).post('/auth/sign-in', {
    json: { email: 'ada@example.org', password: PASSWORD, ...more },
    headers,
  })
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

describe('what a sign-in asks for', () => {
  it('is no scope: a service believes what its tokens say', async () => {
    for (const scope of ['admin', 'read write', '\u0000', 'a"b\\', 'x'.repeat(5000)]) {
      const answer = await signIn({ mode: 'token', audience: API, scope })
      expect([answer.status, answer.json.code]).toEqual([403, 'policy.denied'])
    }
    const plain = await signIn({ mode: 'token', audience: API })
    expect([plain.status, plain.json.scope]).toEqual([200, undefined])
    const minted = await owner.post('/auth/token', { json: { audience: API, scope: 'admin' } })
    expect([minted.status, minted.json.code]).toEqual([403, 'policy.denied'])
  })

  it.each([
    [{ mode: 'cookie', audience: API }, 400, 'request.malformed'],
    [{ mode: 'cookie', scope: 'a' }, 400, 'request.malformed'],
    [{ mode: 'hybrid', audience: API }, 400, 'request.malformed'],
    [{ mode: 'token', audience: 'https://other.example' }, 400, 'token.audience_unknown'],
    [{ mode: 'token', audience: '' }, 400, 'token.audience_unknown'],
    [{ mode: 'token', audience: 'constructor' }, 400, 'token.audience_unknown'],
    [{ mode: 'token', audience: [API] }, 400, 'request.malformed'],
    [{ mode: 'constructor' }, 400, 'request.malformed'],
  ])('%j is refused before anybody is signed in or up', async (more, status, code) => {
    const answer = await signIn(more)
    expect([answer.status, answer.json.code]).toEqual([status, code])
    const email = 'nobody-yet@example.org'
    const signUp = await owner.post('/auth/sign-up', { json: { email, password: PASSWORD, ...more } })
    expect([signUp.status, signUp.json.code]).toEqual([status, code])
    expect(await server.instance.accounts.find(email)).toBeNull()
  })

  it('is no token in a browser, and then there is no account either', async () => {
    const email = 'in-a-browser@example.org'
    const refused = await owner.post('/auth/sign-up', {
      json: { email, password: PASSWORD, mode: 'token' },
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    })
    expect([refused.status, refused.json.code]).toEqual([403, 'token.browser'])
    expect(await server.instance.accounts.find(email)).toBeNull()
    const allowed = await signIn(
      { mode: 'token', audience: 'https://spa.example' },
      { 'Sec-Fetch-Site': 'same-origin' },
    )
    expect(allowed.status).toBe(200)
  })
})

describe('roles', () => {
  it('are not taken from a sign-up', async () => {
    const client = createClient(server.url)
    const json = { email: 'eve@example.org', password: PASSWORD, roles: ['operator'], claims: { roles: ['operator'] } }
    expect((await client.post('/auth/sign-up', { json })).status).toBe(201)
    expect((await client.get('/auth/session')).json.claims).toEqual({ roles: [] })
  })

  it('are not given by those who have none', async () => {
    const token = (await signIn({ mode: 'token' })).json.access_token
    for (const as of [{}, bearer(token), bearer(`${OPERATOR_KEY}x`), bearer(OPERATOR_KEY.slice(0, -1))])
      for (const [method, path] of [
        ['PUT', `/admin/subjects/${subject}/claims`],
        ['POST', '/admin/revoke'],
        ['GET', '/admin/sessions'],
        ['GET', '/admin/verifiers'],
      ] as const) {
        const answer = await owner.ask(method, path, {
          ...as,
          ...(method === 'GET' ? {} : { json: { roles: ['operator'], subject } }),
        })
        expect([401, 403], `${method} ${path} ${answer.text}`).toContain(answer.status)
      }
    expect((await owner.get('/auth/session')).json.claims).toEqual({ roles: [] })
  })

  it('are gone with the very next request when they are taken away, by cookie and by token', async () => {
    const chief = createClient(server.url)
    await chief.post('/auth/sign-up', { json: { email: 'chief@example.org', password: PASSWORD } })
    const id = (await chief.get('/auth/session')).json.subject
    const json = { email: 'chief@example.org', password: PASSWORD, mode: 'token' }
    await chief.ask('PUT', `/admin/subjects/${id}/claims`, { json: { roles: ['operator'] }, headers: KEY })
    const token = (await createClient(server.url).post('/auth/sign-in', { json })).json.access_token
    const program = createClient(server.url)
    expect((await chief.get('/admin/sessions')).status).toBe(200)
    expect((await program.get('/admin/sessions', bearer(token))).status).toBe(200)
    await chief.ask('PUT', `/admin/subjects/${id}/claims`, { json: { roles: [] }, headers: KEY })
    expect((await chief.get('/admin/sessions')).status).toBe(403)
    expect((await program.get('/admin/sessions', bearer(token))).status).toBe(403)
  })
})

describe('a token', () => {
  const FIRST_PARTY = [
    ['GET', '/auth/session'],
    ['GET', '/auth/sessions'],
    ['POST', '/auth/token'],
    ['POST', '/auth/password'],
    ['DELETE', '/auth/sessions?scope=all'],
    ['POST', '/auth/sign-out'],
    ['GET', '/admin/sessions'],
    ['POST', '/admin/revoke'],
  ] as const

  it('for another audience lets nobody in here', async () => {
    const minted = (await owner.post('/auth/token', { json: { audience: API } })).json.access_token
    const issued = (await signIn({ mode: 'token', audience: API })).json.access_token
    for (const token of [minted, issued])
      for (const [method, path] of FIRST_PARTY) {
        const answer = await createClient(server.url).ask(method, path, {
          ...bearer(token),
          ...(method === 'POST' ? { json: { subject } } : {}),
        })
        expect([answer.status, answer.json.code], `${method} ${path}`).toEqual([401, 'token.audience'])
      }
    expect((await owner.get('/auth/session')).status).toBe(200)
  })

  it('of the one kind is not taken for the other', async () => {
    const { access_token, refresh_token } = (await signIn({ mode: 'token' })).json
    const asAccess = await createClient(server.url).get('/auth/session', bearer(refresh_token))
    expect([asAccess.status, asAccess.json.code]).toEqual([401, 'token.malformed'])
    const asRefresh = await owner.post('/auth/refresh', { json: { refresh_token: access_token } })
    expect([asRefresh.status, asRefresh.json.code]).toEqual([401, 'refresh.unknown'])
    const cookie = [...owner.cookies.values()][0] ?? ''
    expect((await createClient(server.url).get('/auth/session', bearer(cookie))).status).toBe(401)
    expect((await owner.post('/auth/refresh', { json: { refresh_token: cookie } })).status).toBe(401)
  })

  it('of a token buys none for another audience', async () => {
    const { access_token } = (await signIn({ mode: 'token' })).json
    const bought = await createClient(server.url).post('/auth/token', {
      json: { audience: API },
      ...bearer(access_token),
    })
    expect([bought.status, bought.json.code]).toEqual([403, 'policy.denied'])
  })
})

describe("somebody else's session", () => {
  it('is answered as one that does not exist, and lives on', async () => {
    const eve = createClient(server.url)
    await eve.post('/auth/sign-up', { json: { email: 'eve2@example.org', password: PASSWORD } })
    const { id } = (await owner.get('/auth/session')).json.session
    const answers = [
      await eve.ask('DELETE', `/auth/sessions/${id}`),
      await eve.post(`/auth/sessions/${id}/end`, { form: {} }),
    ]
    for (const answer of answers) expect(answer.status).toBe(404)
    const nobodys = await eve.ask('DELETE', `/auth/sessions/${'A'.repeat(22)}`)
    expect([nobodys.status, nobodys.json]).toEqual([answers[0]?.status, answers[0]?.json])
    expect((await eve.post('/auth/accounts/switch', { json: { session_id: id } })).status).toBe(401)
    expect((await owner.get('/auth/session')).status).toBe(200)
  })

  it('is in no list of mine, whatever the cursor says', async () => {
    const eve = createClient(server.url)
    await eve.post('/auth/sign-up', { json: { email: 'eve3@example.org', password: PASSWORD } })
    const mine = (await eve.get('/auth/session')).json
    const theirs = (await owner.get('/auth/sessions?limit=1')).json
    for (const cursor of [theirs.cursor, theirs.sessions[0].id, subject, '0', '', 'A'.repeat(22), '%', '{}']) {
      const answer = await eve.get(`/auth/sessions?cursor=${encodeURIComponent(String(cursor))}`)
      expect([200, 400]).toContain(answer.status)
      for (const session of answer.json.sessions ?? []) expect(session.id).toBe(mine.session.id)
    }
  })
})

describe('a name of the language', () => {
  it('is no message of a page', async () => {
    for (const done of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const page = await owner.get(`/?done=${done}`)
      expect(page.status).toBe(200)
      expect(page.text).not.toContain('class="note')
    }
    expect((await owner.get('/?done=password')).text).toContain('Your password is changed.')
  })
})
