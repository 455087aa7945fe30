/** The description of the server against the running server: all of its routes, and nothing but what it really answers. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { STATUS } from '../../src/http/problem.ts'
import { type Described, type Description, readDescription } from '../support/described.ts'
import { type Client, createClient } from '../support/http-client.ts'
import { follow, formOf, register } from '../support/relying-party.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const FOLLOWER_KEY = 'follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'
const API = 'https://api.example'
/** Files, and the pages that they make: not described. */
const FILES = /^\/(?:assets|lab|docs)(?:\/|$)/
const PASSWORD = 'plum-otter-cargo'
const OPERATOR = { Authorization: `Bearer ${OPERATOR_KEY}` }
const FOLLOWER = { Authorization: `Bearer ${FOLLOWER_KEY}` }
const HTML = { Accept: 'text/html' }

let server: TestServer
let description: Description
let described: Described
const faults: string[] = []
const client = (): Client => described.watched(createClient(server.url), faults)

beforeAll(async () => {
  server = await startTestServer({
    env: { SOJOURN_FOLLOWER_KEY: FOLLOWER_KEY, SOJOURN_AUDIENCES: `${API};external` },
  })
  description = (await (await fetch(`${server.url}/openapi.json`)).json()) as Description
  described = readDescription(description)
})
afterAll(() => server.close())

async function signedUp(email: string, mode = 'cookie') {
  const browser = client()
  const { json } = await browser.post('/auth/sign-up', { json: { email, password: PASSWORD, mode } })
  return { browser, json, bearer: { Authorization: `Bearer ${json.access_token}` } }
}

it('has every route of the running server, and no other', () => {
  const routes = server.routes.filter(({ path }) => !FILES.test(path)).map(({ method, path }) => `${method} ${path}`)
  expect(described.operations.map(([method, path]) => `${method} ${path}`).sort()).toEqual(routes.sort())
  expect(description.openapi).toBe('3.1.0')
  expect(description.servers).toEqual([{ url: server.url }])
})

it('is public, may be cached, and holds nothing secret', async () => {
  const visitor = createClient(server.url)
  const first = await visitor.get('/openapi.json')
  expect(first.headers.get('cache-control')).toBe('public, max-age=300')
  expect(first.headers.get('access-control-allow-origin')).toBe('*')
  const tag = first.headers.get('etag') ?? ''
  expect((await visitor.get('/openapi.json', { headers: { 'If-None-Match': tag } })).status).toBe(304)
  for (const secret of [OPERATOR_KEY, FOLLOWER_KEY, server.directory]) expect(first.text).not.toContain(secret)
})

it('leaves out what this server does not have', async () => {
  const small = await startTestServer()
  const { paths } = (await (await fetch(`${small.url}/openapi.json`)).json()) as Description
  await small.close()
  expect(Object.keys(paths).filter((path) => /^\/(?:status|revocations)/.test(path))).toEqual([])
})

it('is of one piece: names, segments, schemes and references', () => {
  const ids = described.operations.map(([, , { operationId }]) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const [, path, { parameters = [], security = [], summary }] of described.operations) {
    const segments = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(segments)
    for (const scheme of security.flatMap(Object.keys))
      expect(description.components.securitySchemes).toHaveProperty(scheme)
    expect(summary).toMatch(/^[A-Z]/)
  }
  for (const [, name = ''] of JSON.stringify(description).matchAll(/#\/components\/schemas\/(\w+)/g))
    expect(description.components.schemas).toHaveProperty(name)
})

it('names each code that comes over HTTP from this server somewhere', () => {
  const text = JSON.stringify(description.paths)
  const silent = Object.keys(STATUS).filter((code) => !text.includes(`"${code}"`))
  expect(silent.sort()).toEqual([
    // In OAuth's form; of parts that this server does not have, of verifiers, or of its start.
    'client.invalid',
    'credentials.insufficient',
    'key.invalid',
    'key.weak',
    'request.host',
    'request.method',
    'sso.refused',
    'sso.response',
    'sso.state',
    'sso.tokens',
    'sso.unavailable',
    'status.unavailable',
    'store.version',
    'token.status',
  ])
})

it('tells what a browser with a cookie is answered', async () => {
  const { browser, json } = await signedUp('ann@example.org')
  await browser.get('/auth/session')
  await browser.get('/auth/sessions?limit=5')
  await browser.get('/auth/sessions?limit=0')
  await browser.get('/auth/accounts')
  await browser.get('/auth/cookie-check')
  await browser.get('/', { headers: HTML })
  await browser.get('/sign-in', { headers: HTML })
  await browser.get('/reset', { headers: HTML })
  await browser.post('/auth/token', { json: { audience: API } })
  await browser.post('/auth/token', { json: { audience: 'https://nobody.example' } })
  await browser.post('/auth/token', { json: {}, headers: { Origin: 'https://evil.example' } })
  await browser.post('/auth/convert', { json: {} })
  const second = await signedUp('bob@example.org')
  await second.browser.post('/auth/sign-in', { json: { email: 'ann@example.org', password: PASSWORD } })
  await second.browser.post('/auth/accounts/switch', { json: { session_id: second.json.session.id } })
  await second.browser.post('/auth/sign-out', { json: { scope: 'account' } })
  await second.browser.ask('DELETE', '/auth/sessions?scope=others')
  await second.browser.post('/auth/password', { json: { current_password: PASSWORD, new_password: `${PASSWORD}-2` } })
  await second.browser.post('/auth/password', { json: { current_password: 'wrong', new_password: PASSWORD } })
  await second.browser.post('/auth/sessions/end', { form: { scope: 'others' } })
  await browser.ask('DELETE', `/auth/sessions/${second.json.session.id}`)
  await browser.post(`/auth/sessions/${json.session.id}/end`, { json: {} })
  await browser.get('/auth/session')
  await second.browser.ask('DELETE', '/auth/sessions?scope=all')
  await browser.post('/auth/sign-out', { form: {} })
  await browser.post('/auth/sign-in', { json: { email: 'ann@example.org', password: 'wrong' } })
  await browser.post('/auth/sign-in', { form: { email: 'ann@example.org', password: 'wrong' } })
  await browser.post('/auth/sign-up', { json: { email: 'ann@example.org', password: PASSWORD } })
  await browser.post('/auth/sign-up', { json: { email: 'no address', password: PASSWORD } })
  await browser.post('/auth/sign-up', { body: 'x', headers: { 'Content-Type': 'text/plain' } })
  await browser.post('/auth/reset', { json: { code: 'none', new_password: PASSWORD } })
  expect(faults).toEqual([])
})

it('tells what a client with tokens is answered', async () => {
  const { browser: phone, json, bearer } = await signedUp('cleo@example.org', 'token')
  await phone.get('/auth/session', { headers: bearer })
  await phone.get('/auth/sessions', { headers: bearer })
  await phone.post('/auth/token', { json: {}, headers: bearer })
  await phone.get('/auth/session', { headers: { Authorization: 'Basic x' } })
  await phone.get('/auth/session', { headers: { Authorization: 'Bearer x' } })
  const renewed = await phone.post('/auth/refresh', { json: { refresh_token: json.refresh_token } })
  expect(renewed.status).toBe(200)
  await phone.post('/auth/refresh', { json: { refresh_token: 'unknown' } })
  await phone.post('/oauth/introspect', { form: { token: renewed.json.access_token }, headers: bearer })
  await phone.post('/oauth/introspect', { form: { token: 'unknown' }, headers: OPERATOR })
  await phone.post('/oauth/introspect', { form: { token: 'unknown' } })
  await phone.get('/.well-known/jwks.json')
  const { json: lists } = await phone.get('/status/lists')
  expect(lists.status_lists.length).toBeGreaterThan(0)
  const path = new URL(lists.status_lists[0]).pathname
  await phone.get(path)
  await phone.get(`${path}?time=1`)
  await phone.get(path, { headers: { Accept: 'text/csv' } })
  await phone.get('/status/none')
  await phone.post('/oauth/revoke', { form: { token: renewed.json.refresh_token } })
  await phone.get('/auth/session', { headers: { Authorization: `Bearer ${renewed.json.access_token}` } })
  await phone.post('/oauth/revoke', { form: {} })
  expect(faults).toEqual([])
})

it('tells what operators, followers and machines are answered', async () => {
  const { browser, json } = await signedUp('dan@example.org')
  const asked = client()
  await asked.get(`/admin/sessions?subject=${json.subject}`, { headers: OPERATOR })
  await asked.get('/admin/sessions', { headers: OPERATOR })
  await asked.get('/admin/verifiers', { headers: OPERATOR })
  const claims = `/admin/subjects/${json.subject}/claims`
  expect((await asked.ask('PUT', claims, { json: { roles: ['editor'] }, headers: OPERATOR })).status).toBe(200)
  await asked.ask('PUT', '/admin/subjects/nobody/claims', { json: {}, headers: OPERATOR })
  await asked.post('/admin/revoke', { json: { session: json.session.id, drain: 1 }, headers: OPERATOR })
  await asked.post('/admin/revoke', { json: {}, headers: OPERATOR })
  await asked.get('/admin/sessions')
  await browser.get('/admin/verifiers')
  await (await signedUp('eve@example.org')).browser.get('/admin/verifiers')
  const nonce = 'n'.repeat(22)
  const look = { id: null, incarnation: null, applied: 0, nonce, wait_ms: 0 }
  expect((await asked.post('/revocations/renew', { json: look, headers: FOLLOWER })).json).toMatchObject({ nonce })
  const id = `${'f'.repeat(22)}.12000`
  await asked.post('/revocations/renew', { json: { ...look, id }, headers: FOLLOWER })
  await asked.post('/revocations/renew', { json: { ...look, applied: 1 }, headers: FOLLOWER })
  await asked.post('/revocations/leave', { json: { id }, headers: FOLLOWER })
  await asked.post('/revocations/renew', { json: look })
  await asked.get('/healthz')
  await asked.get('/readyz')
  await asked.get('/metrics')
  await asked.get('/openapi.json')
  expect(faults).toEqual([])
})

it('tells what applications are answered by the provider', async () => {
  const redirectUri = 'http://127.0.0.1/callback'
  await register(server.instance, {
    client_id: 'shop',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  })
  const asked = described.watched(createClient(server.url, { Origin: new URL(redirectUri).origin }), faults)
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    const { json } = await asked.get(path)
    // What it advertises, on this origin, is described.
    const ends = Object.entries(json).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name))
    const paths = ends.map(([, url]) => new URL(String(url)).pathname)
    expect(paths.filter((one) => !(one in description.paths))).toEqual([])
  }
  const { browser } = await signedUp('finn@example.org')
  const request = {
    client_id: 'shop',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }
  const pushed = await asked.post('/oidc/par', { form: request })
  expect(pushed.json).toHaveProperty('request_uri')
  const query = new URLSearchParams({ client_id: 'shop', request_uri: pushed.json.request_uri })
  const consent = await follow(browser, server.url, `/oidc/auth?${query}`)
  if (consent instanceof URL) throw new Error('nobody was asked')
  const { action } = formOf(consent.text)
  const allowed = await browser.post(action, { form: { answer: 'allow' } })
  const back = await follow(browser, server.url, allowed.headers.get('location') ?? '')
  if (!(back instanceof URL)) throw new Error('it does not lead back')
  const { json: tokens, status } = await asked.post('/oidc/token', {
    form: {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      client_id: 'shop',
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    },
  })
  expect(status).toBe(200)
  await asked.get('/oidc/userinfo', { headers: { Authorization: `Bearer ${tokens.access_token}` } })
  await asked.get('/oidc/userinfo')
  await asked.post('/oidc/device/authorization', { form: { client_id: 'shop', scope: 'openid' } })
  await browser.get('/oidc/device', { headers: HTML })
  const question = await browser.get('/oidc/logout', { headers: HTML })
  const leave = formOf(question.text)
  await browser.post(leave.action, { form: { ...leave.fields, logout: 'yes' } })
  await browser.get('/oidc/logout/success', { headers: HTML })
  await browser.get('/oidc/auth', { headers: HTML })
  expect(faults).toEqual([])
})

it('is answered everywhere: no described path is unknown, and no method refused', async () => {
  const { browser, json } = await signedUp('gina@example.org')
  const { json: lists } = await browser.get('/status/lists')
  const values: Readonly<Record<string, string>> = {
    '/status/{n}': new URL(lists.status_lists[0]).pathname,
    '/admin/subjects/{id}/claims': `/admin/subjects/${json.subject}/claims`,
  }
  const unanswered: string[] = []
  // A preflight is answered as one; the provider gives up an interaction that nobody has begun with the same code.
  const asked = described.operations.filter(([method, path]) => method !== 'OPTIONS' && !path.includes('interaction'))
  for (const [method, template, operation] of asked) {
    if (template === '/revocations/stream') continue
    const path = values[template] ?? template.replaceAll(/\{\w+\}/g, 'unknown')
    const visitor = client()
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: '*/*' }
    const answer = await visitor.ask(method, path, method === 'GET' ? {} : { body: '', headers })
    const isUnknown = answer.status === 404 && answer.json.code === 'request.not_found'
    if (isUnknown || answer.status === 405 || answer.status >= 500)
      unanswered.push(`${operation.operationId} ${answer.status}`)
  }
  for (const [, template] of described.operations.filter(([method]) => method === 'OPTIONS')) {
    const headers = { Origin: 'https://spa.example', 'Access-Control-Request-Method': 'POST' }
    const { status } = await client().ask('OPTIONS', template, { headers })
    if (status !== 204) unanswered.push(`OPTIONS ${template} ${status}`)
  }
  const stream = await fetch(`${server.url}/revocations/stream`, { headers: FOLLOWER })
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  await stream.body?.cancel()
  expect(unanswered).toEqual([])
  expect(faults).toEqual([])
})
