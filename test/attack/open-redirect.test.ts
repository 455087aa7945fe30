/** `return_to` leads to a path of this origin and nowhere else, on every way by which it can come. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../support/http-client.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const CREDENTIALS = { email: 'ada@example.org', password: 'plum-otter-cargo' }
const AWAY = [
  'https://evil.example/',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/%2e//evil.example',
  '/%5cevil.example\\@evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'http:evil.example',
  '@evil.example',
  'evil.example',
  '/\u0000/evil.example',
  '/a\r\nSet-Cookie: x=y',
  '/\u2028/evil.example',
  '/\uff0fevil.example',
  `/${'a'.repeat(5000)}`,
]

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await createClient(server.url).post('/auth/sign-up', { json: CREDENTIALS })
})
afterAll(() => server.close())

/** Where a browser ends up that follows `location` from our page. */
const lands = (location: string | null) => new URL(location ?? '', server.url)

describe.each(AWAY)('%j', (away) => {
  it('is not where a form leads', async () => {
    const client = createClient(server.url)
    const signIn = await client.post('/auth/sign-in', { form: { ...CREDENTIALS, return_to: away } })
    expect(signIn.status).toBe(303)
    const check = lands(signIn.headers.get('location'))
    expect(check.origin).toBe(server.url)
    const after = await client.get(check.pathname + check.search)
    expect([after.status, lands(after.headers.get('location')).href]).toEqual([303, `${server.url}/`])
    const direct = await client.get(`/auth/cookie-check?return_to=${encodeURIComponent(away)}`)
    expect(lands(direct.headers.get('location')).href).toBe(`${server.url}/`)
    const ended = await client.post('/auth/sessions/end', { form: { scope: 'others', return_to: away } })
    expect(lands(lands(ended.headers.get('location')).searchParams.get('return_to') ?? '/').href).toBe(`${server.url}/`)
    const out = await client.post('/auth/sign-out', { form: { return_to: away } })
    expect([out.status, lands(out.headers.get('location')).href]).toEqual([303, `${server.url}/`])
  })

  it('is not in a page', async () => {
    const page = await createClient(server.url).get(`/sign-in?return_to=${encodeURIComponent(away)}`)
    expect(page.status).toBe(200)
    expect(page.text).not.toContain('name="return_to"')
    const failed = await createClient(server.url).post('/auth/sign-in', {
      form: { email: 'x@example.org', password: 'wrong-otter', return_to: away },
    })
    expect(failed.text).not.toContain('name="return_to"')
  })
})

it('a path of our own is kept (positive control)', async () => {
  const client = createClient(server.url)
  const signIn = await client.post('/auth/sign-in', { form: { ...CREDENTIALS, return_to: '/a/b?c=d#e' } })
  const check = lands(signIn.headers.get('location'))
  const after = await client.get(check.pathname + check.search)
  expect(after.headers.get('location')).toBe('/a/b?c=d#e')
})

it('no header of a request decides what an address is made of', async () => {
  const client = createClient(server.url)
  const answer = await client.post('/auth/sign-in', {
    form: CREDENTIALS,
    headers: {
      'X-Forwarded-Host': 'evil.example',
      Forwarded: 'host=evil.example',
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
    },
  })
  expect(lands(answer.headers.get('location')).origin).toBe(server.url)
  expect((await client.get('/', { headers: { 'X-Forwarded-Host': 'evil.example' } })).text).not.toContain(
    'evil.example',
  )
})
