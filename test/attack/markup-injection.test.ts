/** Script and markup in whatever a page shows, and what keeps a page from being framed, sniffed or led elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const PASSWORD = 'plum-otter-cargo'
const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onfocus=alert(1) autofocus='",
  '</title><svg/onload=alert(1)>',
]

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** A page without the values of its attributes, which cannot end before their quote. */
const markupOf = (page: string) => page.replaceAll(/"[^"<>]*"/g, '""')

/** Tags and attributes that no page of ours has. */
const FOREIGN = /<script(?! src="")|<img|<svg|<iframe|<base|<meta http-equiv|\son\w+=|style=|javascript:/i

describe.each(MARKUP)('%s', (markup) => {
  it('is shown as text, in every field of every form', async () => {
    const client = createClient(server.url)
    for (const answer of [
      await client.post('/auth/sign-in', { form: { email: markup, password: markup, return_to: markup } }),
      await client.post('/auth/sign-up', { form: { email: markup, password: markup, return_to: `/${markup}` } }),
      await client.post('/auth/sign-up', { form: { email: `a${markup}@example.org`, password: PASSWORD } }),
      await client.post('/auth/reset', { form: { code: markup, new_password: markup } }),
      await client.get(`/${encodeURIComponent(markup)}`, { headers: { Accept: 'text/html' } }),
      await client.get(`/sign-in?return_to=${encodeURIComponent(`/${markup}`)}`),
      await client.get(`/?done=${encodeURIComponent(markup)}`),
      await client.post('/auth/sign-in', { form: { [markup]: markup, mode: markup } }),
    ]) {
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
      expect(markupOf(answer.text)).not.toMatch(FOREIGN)
    }
  })

  it('is shown as text in a list of devices', async () => {
    const client = createClient(server.url, {
      'User-Agent': `Mozilla/5.0 ${markup} ${markup}/1.0`,
      'X-Forwarded-For': '10.1.1.1',
    })
    const email = `device-${MARKUP.indexOf(markup)}@example.org`
    expect((await client.post('/auth/sign-up', { json: { email, password: PASSWORD } })).status).toBe(201)
    const { subject } = (await client.get('/auth/session')).json
    await client.ask('PUT', `/admin/subjects/${subject}/claims`, {
      json: { name: markup, roles: [markup] },
      headers: { Authorization: `Bearer ${OPERATOR_KEY}` },
    })
    const page = await client.get('/')
    expect(page.text).toContain('My devices')
    expect(markupOf(page.text)).not.toMatch(FOREIGN)
    // JSON that a browser might take for a page.
    const json = await client.get('/auth/sessions')
    expect([json.headers.get('content-type'), json.headers.get('x-content-type-options')]).toEqual([
      'application/json',
      'nosniff',
    ])
  })
})

it('every answer says that it may not be framed, sniffed, kept or read by others', async () => {
  const client = createClient(server.url)
  const page = await client.get('/')
  const style = /href="(\/assets\/[^"]+\.css)"/.exec(page.text)?.[1] ?? ''
  for (const [method, path, accept] of [
    ['GET', '/', 'text/html'],
    ['GET', '/reset', 'text/html'],
    ['GET', '/nowhere', 'text/html'],
    ['GET', '/nowhere', '*/*'],
    ['POST', '/auth/sign-in', 'text/html'],
    ['POST', '/auth/sign-in', '*/*'],
    ['PUT', '/', '*/*'],
    ['OPTIONS', '/', '*/*'],
    ['GET', '/auth/session', '*/*'],
    ['GET', '/healthz', '*/*'],
    ['GET', '/metrics', '*/*'],
    ['GET', '/.well-known/jwks.json', '*/*'],
    ['GET', style, '*/*'],
  ] as const) {
    const { headers } = await client.ask(method, path, { headers: { Accept: accept } })
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy, path).toContain("default-src 'none'")
    expect(policy, path).toContain("frame-ancestors 'none'")
    expect(policy, path).not.toContain('unsafe')
    expect(headers.get('x-frame-options'), path).toBe('DENY')
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
    expect(headers.get('x-powered-by') ?? headers.get('server'), path).toBeNull()
    const shared = path === style || path.startsWith('/.well-known')
    expect(headers.get('cache-control'), path).toMatch(shared ? /^public, max-age=\d+/ : /^no-store$/)
    expect(headers.get('access-control-allow-origin'), path).toBe(path.startsWith('/.well-known') ? '*' : null)
    if (path.startsWith('/auth')) expect(headers.get('vary'), path).toMatch(/\bCookie\b.*\bOrigin\b/)
  }
})

it('over https every answer says that there is no other way', async () => {
  const https = await startTestServer({ env: { SOJOURN_URL: 'https://login.example' } })
  try {
    for (const path of ['/healthz', '/metrics', '/readyz']) {
      const { headers } = await createClient(`http://127.0.0.1:${https.port}`).get(path)
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
    }
  } finally {
    await https.close()
  }
})
