/** Login CSRF: another site signs the victim in to the attacker's account, up, or out; no cookie is needed for that. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const ATTACKER = { email: 'mallory@example.org', password: 'plum-otter-cargo' }
const EVIL = 'https://evil.example'

let server: TestServer
let victim: Client
beforeAll(async () => {
  server = await startTestServer()
  await createClient(server.url).post('/auth/sign-up', { json: ATTACKER })
  victim = createClient(server.url)
  await victim.post('/auth/sign-up', { json: { email: 'vic@example.org', password: 'plum-otter-cargo' } })
})
afterAll(() => server.close())

/** What browsers say of a form on another site, on a sibling host, in a sandboxed frame; old ones know only `Origin`. */
const FORGERIES = [
  ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: EVIL }],
  ['another site, without Fetch Metadata', { Origin: EVIL }],
  ['another site, without Origin', { 'Sec-Fetch-Site': 'cross-site', Origin: null }],
  ['a sibling host', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://evil.localhost' }],
  ['another port of this host', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:1' }],
  ['a sandboxed frame', { Origin: 'null' }],
  ['our origin with more behind it', { Origin: 'http://localhost.evil.example' }],
] as const

describe.each(FORGERIES)('from %s', (_name, forged) => {
  // The Fetch client of the tests always says where it comes from: null stands for a header that is left out.
  const headers = Object.fromEntries(Object.entries(forged).map(([name, value]) => [name, value ?? '']))

  it.each(['/auth/sign-in', '/auth/sign-up', '/auth/sign-out', '/auth/password', '/auth/reset', '/auth/sessions/end'])(
    '%s is refused, with and without a cookie, and sets none',
    async (path) => {
      for (const client of [victim, createClient(server.url)])
        for (const form of [{ ...ATTACKER, scope: 'all' }, {}]) {
          const answer = await client.post(path, { form, headers })
          expect(answer.status).toBe(403)
          expect(answer.text).toMatch(/csrf\.(cross_site|origin)/)
          expect(answer.headers.getSetCookie()).toEqual([])
        }
      expect((await victim.get('/auth/session')).status).toBe(200)
    },
  )

  it('JSON that calls itself text is refused too', async () => {
    const answer = await createClient(server.url).post('/auth/sign-in', {
      body: JSON.stringify(ATTACKER),
      headers: { ...headers, 'Content-Type': 'text/plain' },
    })
    expect(answer.status).toBe(403)
  })
})

describe('a page of another site', () => {
  it('is told nothing by CORS, and may send nothing that needs its leave', async () => {
    for (const [method, path] of [
      ['GET', '/auth/session'],
      ['GET', '/'],
      ['OPTIONS', '/auth/sign-in'],
      ['OPTIONS', '/auth/session'],
      ['OPTIONS', '/admin/revoke'],
    ] as const) {
      const answer = await victim.ask(method, path, {
        headers: {
          Origin: EVIL,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'content-type',
        },
      })
      for (const name of answer.headers.keys()) expect(name).not.toMatch(/^access-control-/)
    }
  })

  it('changes nothing by asking for another method than it sends', async () => {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      await victim.get('/auth/sessions?scope=all&_method=DELETE', { headers: { [name]: 'DELETE', Origin: EVIL } })
      await victim.ask('HEAD', '/auth/sign-out', { headers: { [name]: 'POST', Origin: EVIL } })
    }
    expect((await victim.get('/auth/session')).status).toBe(200)
  })
})

it('our own page signs in and out (positive control)', async () => {
  const client = createClient(server.url, { 'Sec-Fetch-Site': 'same-origin' })
  expect((await client.post('/auth/sign-in', { form: ATTACKER })).status).toBe(303)
  expect((await client.get('/auth/session')).status).toBe(200)
  expect((await client.post('/auth/sign-out', { form: {} })).status).toBe(303)
  expect((await client.get('/auth/session')).status).toBe(401)
})
