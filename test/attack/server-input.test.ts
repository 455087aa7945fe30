/** Hostile input for every route of the server: a 4xx that says little, and nothing changed. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const CREDENTIALS = { email: 'ada@example.org', password: 'plum-otter-cargo' }
const JSON_TYPE = { 'Content-Type': 'application/json' }
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' }
const KEY = { Authorization: `Bearer ${OPERATOR_KEY}` }

let server: TestServer
let owner: Client
let subject: string
beforeAll(async () => {
  server = await startTestServer()
  owner = createClient(server.url)
  await owner.post('/auth/sign-up', { json: CREDENTIALS })
  subject = (await owner.get('/auth/session')).json.subject
})
afterAll(() => server.close())

/** Everything that a request could have changed, but for throttle counters and the audit log. */
async function state(): Promise<string> {
  const { store, clock } = server.instance
  const accounts = await store.accounts.list(null, 100)
  const { sessions } = await store.sessions.list(null, 100, clock.now())
  const resets = await store.records('password-reset').list(null, 100, clock.now())
  const log = await store.revocations.readAfter(0, 1000)
  return JSON.stringify({ accounts, sessions: sessions.map(({ lastSeenAt: _, ...rest }) => rest), resets, log })
}

const ROUTES: readonly (readonly [method: string, path: string, as: 'owner' | 'operator' | 'nobody'])[] = [
  ['POST', '/auth/sign-up', 'nobody'],
  ['POST', '/auth/sign-in', 'nobody'],
  ['POST', '/auth/password', 'owner'],
  ['POST', '/auth/reset', 'nobody'],
  ['POST', '/auth/refresh', 'nobody'],
  ['POST', '/auth/token', 'owner'],
  ['POST', '/auth/accounts/switch', 'owner'],
  ['POST', '/auth/sessions/end', 'owner'],
  ['POST', '/admin/revoke', 'operator'],
  ['PUT', '/admin/subjects/SUBJECT/claims', 'operator'],
  ['POST', '/oauth/introspect', 'operator'],
  ['POST', '/oauth/revoke', 'nobody'],
]

const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
const BODIES: readonly (readonly [name: string, headers: Record<string, string>, body: string | Uint8Array])[] = [
  ['no JSON', JSON_TYPE, '{'],
  ['truncated JSON', JSON_TYPE, '{"email":"ada@example.org","pass'],
  ['a list', JSON_TYPE, '[]'],
  ['a number', JSON_TYPE, '1e999'],
  ['null', JSON_TYPE, 'null'],
  ['a member twice', JSON_TYPE, '{"email":"a@b.c","email":"d@e.f","password":"x","roles":[],"roles":[]}'],
  ['depth', JSON_TYPE, deep],
  [
    'wrong types',
    JSON_TYPE,
    '{"email":{},"password":[1],"mode":7,"code":true,"new_password":1,"current_password":{},"refresh_token":1,"audience":[],"session_id":3,"scope":[],"session":1,"sub":"x","token":{}}',
  ],
  ['a prototype', JSON_TYPE, '{"__proto__":{"roles":["operator"]}}'],
  ['broken UTF-8', JSON_TYPE, Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', { 'Content-Type': 'application/json; charset=utf-16' }, Buffer.from('{"a":1}', 'utf16le')],
  ['half a surrogate', JSON_TYPE, '{"email":"\\ud800@b.c","password":"\\ud800aaaaaaaa","code":"\\ud800","a b":1}'],
  ['a broken form', FORM_TYPE, 'email=%zz&password=%'],
  ['a field twice', FORM_TYPE, 'email=a&email=b&scope=a&scope=b'],
  ['a thousand fields', FORM_TYPE, Array.from({ length: 1000 }, (_, i) => `f${i}=1`).join('&')],
  ['another type', { 'Content-Type': 'text/xml' }, '<a/>'],
  ['multipart', { 'Content-Type': 'multipart/form-data; boundary=x' }, '--x--'],
  ['a huge body', JSON_TYPE, `{"email":"${'x'.repeat(2_000_000)}"}`],
]

describe('a body that is wrong', () => {
  for (const [method, path, as] of ROUTES) {
    it(`is refused by ${method} ${path}`, async () => {
      const before = await state()
      const client = createClient(server.url)
      const target = path.replace('SUBJECT', subject)
      for (const [name, headers, body] of BODIES) {
        const who = as === 'operator' ? KEY : {}
        if (as === 'owner') for (const [cookie, value] of owner.cookies) client.cookies.set(cookie, value)
        const answer = await client.ask(method, target, { body, headers: { ...headers, ...who } })
        const what = `${name}: ${answer.status} ${answer.text}`
        expect(answer.status, what).toBeGreaterThanOrEqual(400)
        expect(answer.status, what).toBeLessThan(500)
        if (path.startsWith('/oauth/')) expect(answer.json.error, what).toMatch(/^[a-z_]+$/)
        else {
          expect(answer.headers.get('content-type'), what).toMatch(/^application\/problem\+json|^text\/html/)
          if (!answer.text.startsWith('<')) expect(answer.json.code, what).toMatch(/^[a-z_]+\.[a-z_]+$/)
        }
        expect(answer.text, what).not.toMatch(/\bat .*:\d+:\d+|node_modules|node:|SQLITE|\.ts\b/)
        expect(answer.headers.get('cache-control'), what).toBe('no-store')
      }
      expect(await state()).toBe(before)
    })
  }
})

describe('a path, a query, a method', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/auth/sign-in', 405],
    ['DELETE', '/', 405],
    ['PATCH', '/auth/session', 405],
    ['GET', '/%00', 404],
    ['GET', '/%zz', 404],
    ['GET', '/..%2f..%2fetc%2fpasswd', 404],
    ['GET', '/assets/../server.ts', 404],
    ['GET', `/${'a'.repeat(9000)}`, 414],
    ['GET', '/admin/sessions?subject=%00', 400],
    ['GET', `/admin/sessions?subject=${'a'.repeat(500)}`, 400],
    ['GET', '/auth/sessions?limit=-1', 400],
    ['GET', '/auth/sessions?limit=1e9', 400],
    ['PUT', '/admin/subjects/nobody/claims', 404],
    ['PUT', '/admin/subjects/%00/claims', 404],
    ['POST', '/auth/sessions/nobody/end', 404],
    ['DELETE', "/auth/sessions/'%20OR%201=1--", 404],
  ])('%s %.60s is answered with %d', async (method, path, status) => {
    const headers = path.startsWith('/admin') ? KEY : {}
    const body = method === 'PUT' ? { json: { roles: [] } } : {}
    const answer = await owner.ask(method, path, { headers, ...body })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
  })

  it('a cursor that is none changes nothing and shows nothing of others', async () => {
    for (const cursor of ['x', '0', '{}', 'a'.repeat(4000), '%00', "' OR 1=1"]) {
      const answer = await owner.get(`/auth/sessions?cursor=${encodeURIComponent(cursor)}`)
      expect(answer.status).toBeLessThan(500)
    }
  })

  it.each([
    ['garbage', 'Bearer x'],
    ['no token', 'Bearer'],
    ['another scheme', 'Basic YTpi'],
    ['two', 'Bearer a, Bearer b'],
    ['a huge one', `Bearer ${'a'.repeat(15_000)}`],
    ['alg none', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.'],
  ])('a credential that is wrong (%s) never falls back to the cookie', async (_name, authorization) => {
    const answer = await owner.get('/auth/session', { headers: { Authorization: authorization } })
    expect([400, 401]).toContain(answer.status)
  })

  it('claims that are not allowed are refused whole', async () => {
    const before = await state()
    for (const json of [
      { sub: 'root' },
      { roles: 'operator' },
      { a: { b: { c: { d: { e: { f: 1 } } } } } },
      { x: 'y'.repeat(5000) },
    ]) {
      const answer = await createClient(server.url).ask('PUT', `/admin/subjects/${subject}/claims`, {
        json,
        headers: KEY,
      })
      expect([answer.status, answer.json.code]).toEqual([400, 'account.invalid'])
    }
    expect(await state()).toBe(before)
  })
})

/** Writes bytes to a socket and answers everything that comes back until the other side closes. */
function raw(text: string, options: { readonly everyMs?: number } = {}): Promise<{ answer: string; ms: number }> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let answer = ''
    let timer: NodeJS.Timeout | undefined
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on(
      'error',
      (error: NodeJS.ErrnoException) => error.code !== 'ECONNRESET' && error.code !== 'EPIPE' && reject(error),
    )
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ answer, ms: performance.now() - started })
    })
    if (options.everyMs === undefined) socket.write(text)
    else {
      let at = 0
      timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), options.everyMs)
    }
  })
}

const host = () => `Host: localhost:${server.port}`

describe('bytes that are no request', () => {
  it.each([
    ['garbage', () => 'hello\r\n\r\n', 400],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a header without end', () => `GET / HTTP/1.1\r\n${host()}\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      () => `POST /auth/sign-in HTTP/1.1\r\n${host()}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
    ],
    [
      'length and chunks',
      () =>
        `POST /auth/sign-in HTTP/1.1\r\n${host()}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a space before the colon', () => `GET / HTTP/1.1\r\n${host()}\r\nCookie : a=b\r\n\r\n`, 400],
    ['a bare line feed in a header', () => `GET / HTTP/1.1\r\n${host()}\r\nX: a\nb\r\n\r\n`, 400],
  ])('%s', async (_name, text, status) => {
    const { answer } = await raw(text())
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain('application/problem+json')
  })

  it.each([
    ['no Host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a foreign Host', () => 'GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 421],
    ['two Hosts', () => `GET / HTTP/1.1\r\n${host()}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`, 4],
    ['a Host with a path', () => `GET / HTTP/1.1\r\n${host()}/x\r\nConnection: close\r\n\r\n`, 4],
    [
      'a foreign absolute target',
      () => `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      421,
    ],
    [
      'a foreign absolute target under our Host',
      () => `GET http://evil.example/ HTTP/1.1\r\n${host()}\r\nConnection: close\r\n\r\n`,
      4,
    ],
    ['HTTP/1.0 without a Host', () => 'GET / HTTP/1.0\r\n\r\n', 421],
    ['an asterisk', () => `OPTIONS * HTTP/1.1\r\n${host()}\r\nConnection: close\r\n\r\n`, 4],
    ['TRACE', () => `TRACE / HTTP/1.1\r\n${host()}\r\nConnection: close\r\n\r\n`, 4],
    [
      'two session cookies',
      () => `GET / HTTP/1.1\r\n${host()}\r\nCookie: __Host-Http-sid=a; __Host-Http-sid=b\r\nConnection: close\r\n\r\n`,
      400,
    ],
    [
      'two Authorization headers',
      () =>
        `GET /auth/session HTTP/1.1\r\n${host()}\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n`,
      400,
    ],
    [
      'an upgrade from elsewhere',
      () =>
        `GET / HTTP/1.1\r\n${host()}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nOrigin: https://evil.example\r\n\r\n`,
      403,
    ],
  ])('%s', async (_name, text, status) => {
    const { answer } = await raw(text())
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`))
    expect(answer).not.toMatch(/My devices|stack/)
  })

  it('a health check knows an address only, and is answered', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await raw(`GET ${path} HTTP/1.1\r\nHost: 10.1.2.3\r\nConnection: close\r\n\r\n`)).answer).toMatch(
        /^HTTP\/1\.1 200 /,
      )
    // HTTP/1.0 has no Host at all.
    expect((await raw('GET /healthz HTTP/1.0\r\n\r\n')).answer).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('a client that sends its headers one by one is cut off, while others are answered', async () => {
    const slow = Array.from({ length: 50 }, () =>
      raw(`GET / HTTP/1.1\r\n${host()}\r\n${'X: y\r\n'.repeat(1000)}`, { everyMs: 300 }),
    )
    const started = performance.now()
    expect((await owner.get('/auth/session')).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(1000)
    for (const { answer, ms } of await Promise.all(slow)) {
      expect(ms).toBeLessThan(16_000)
      expect(answer).toMatch(/^HTTP\/1\.1 408 |^$/)
    }
  }, 30_000)
})
