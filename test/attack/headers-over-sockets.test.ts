/** Duplicate, oversized and malformed headers over a real socket: always a 4xx, never the wrong login, never a stack. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COOKIE, httpParts, ORIGIN } from '../support/http-parts.ts'
import { type ListeningServer, listen, raw } from '../support/http-server.ts'

const { router, signIn, signInWithTokens, live } = await httpParts()
let server: ListeningServer
let alice: Awaited<ReturnType<typeof signIn>>
let bob: Awaited<ReturnType<typeof signInWithTokens>>

beforeAll(async () => {
  server = await listen(router.handle)
  alice = await signIn('alice')
  bob = await signInWithTokens('bob')
})
afterAll(() => server.close())

const get = (path: string, ...headers: string[]) =>
  raw(
    server.port,
    [
      'GET ',
      path,
      ' HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n',
      ...headers.map((line) => `${line}\r\n`),
      '\r\n',
    ].join(''),
  )

const codeOf = (body: string): unknown => {
  const json = body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)
  return (JSON.parse(json) as { code: unknown }).code
}

describe('over a real socket', () => {
  it('one of each works (positive control)', async () => {
    const byCookie = await get('/auth/session', `Cookie: ${alice.headers.cookie}`)
    expect([byCookie.status, byCookie.body.includes('"alice"')]).toEqual([200, true])
    const byToken = await get('/auth/session', `Authorization: Bearer ${bob.access}`)
    expect([byToken.status, byToken.body.includes('"bob"')]).toEqual([200, true])
  })

  it('refuses two Authorization headers, which Node alone would hide', async () => {
    for (const lines of [
      [`Authorization: Bearer ${bob.access}`, `Authorization: Bearer ${bob.access}`],
      [`Authorization: Bearer ${bob.access}`, 'authorization: Bearer other'],
      ['Authorization: Basic dTpw', `Authorization: Bearer ${bob.access}`],
      [`Authorization: Bearer ${bob.access}`, 'Authorization: Basic dTpw'],
      [`Authorization: Bearer ${bob.access}`, 'Authorization:'],
      ['Authorization:', `Authorization: Bearer ${bob.access}`],
      [`Authorization: Bearer ${bob.access}, Bearer ${bob.access}`],
    ]) {
      const answer = await get('/auth/session', ...lines)
      expect([answer.status, codeOf(answer.body)], lines.join(' | ')).toEqual([400, 'credentials.ambiguous'])
    }
  })

  it('refuses two session cookies, in one header or two', async () => {
    for (const lines of [
      [`Cookie: ${alice.headers.cookie}; ${COOKIE}=x`],
      [`Cookie: ${alice.headers.cookie}`, `Cookie: ${COOKIE}=x`],
      [`Cookie: ${COOKIE}=x`, 'Cookie: a=b', `cookie:${alice.headers.cookie}`],
    ]) {
      const answer = await get('/auth/session', ...lines)
      expect([answer.status, codeOf(answer.body)], lines.join(' | ')).toEqual([400, 'credentials.ambiguous'])
    }
    const crumbs = await get('/auth/session', 'Cookie: a=b', `Cookie: ${alice.headers.cookie}`)
    expect(crumbs.status).toBe(200)
  })

  it('refuses two Host headers and a foreign one', async () => {
    for (const head of [
      'GET /auth/session HTTP/1.1\r\nHost: app.example\r\nHost: evil.test\r\n',
      'GET /auth/session HTTP/1.1\r\nHost: evil.test\r\nHost: app.example\r\n',
      'GET /auth/session HTTP/1.1\r\nHost: evil.test\r\n',
      'GET /auth/session HTTP/1.1\r\n',
      'GET https://app.example/auth/session HTTP/1.1\r\nHost: evil.test\r\n',
      'GET /auth/session HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: app.example\r\n',
    ]) {
      const answer = await raw(server.port, `${head}Cookie: ${alice.headers.cookie}\r\nConnection: close\r\n\r\n`)
      expect([400, 421], head).toContain(answer.status)
      expect(answer.body).not.toContain('alice')
    }
  })

  it('lets a second CSRF header never turn a refusal into a pass', async () => {
    for (const lines of [
      ['Origin: https://evil.test', `Origin: ${ORIGIN}`],
      [`Origin: ${ORIGIN}`, 'Origin: https://evil.test'],
      ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: same-origin'],
      ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
    ]) {
      const head = `POST /auth/sign-out HTTP/1.1\r\nHost: app.example\r\nContent-Length: 0\r\nConnection: close\r\nCookie: ${alice.headers.cookie}\r\n`
      const answer = await raw(server.port, `${head}${lines.join('\r\n')}\r\n\r\n`)
      expect(answer.status, lines.join(' | ')).toBe(403)
    }
    expect(await live()).toContain(alice.id)
  })

  it('survives header bombs', async () => {
    const bombs = [
      `Cookie: ${'a=b; '.repeat(8000)}`,
      `Authorization: Bearer ${'a'.repeat(40_000)}`,
      Array.from({ length: 4000 }, (_, i) => `X-${i}: y`).join('\r\n'),
      `X: ${'y'.repeat(40_000)}`,
    ]
    for (const bomb of bombs) {
      const answer = await get('/auth/session', bomb)
      expect([400, 413, 431]).toContain(answer.status)
      expect(answer.body).not.toMatch(/\bat .+\.(ts|js):/)
    }
    const inside = await get('/auth/session', `Cookie: ${'a=b; '.repeat(1500)}${alice.headers.cookie}`)
    expect(inside.status).toBe(200)
    const url = await get(`/auth/session?${'a'.repeat(9000)}`)
    expect([url.status, codeOf(url.body)]).toEqual([414, 'request.too_large'])
  })

  it.each([
    ['a name with a space before the colon', `Authorization : Bearer x`],
    ['a folded line', 'Authorization: Bearer\r\n x'],
    ['a bare line feed', 'X: y\nAuthorization: Bearer x'],
    ['a null byte', 'Cookie: a=\u0000b'],
    ['a bare carriage return', 'Cookie: a=b\rSet-Cookie: c=d'],
  ])('refuses %s', async (_what, line) => {
    const answer = await get('/auth/session', line)
    expect([400, 401]).toContain(answer.status)
  })

  it('answers HEAD without a body', async () => {
    const answer = await raw(
      server.port,
      `HEAD /auth/session HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nCookie: ${alice.headers.cookie}\r\n\r\n`,
    )
    expect([answer.status, answer.body]).toEqual([200, ''])
    const nobody = await raw(
      server.port,
      'HEAD /auth/session HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n',
    )
    expect([nobody.status, nobody.body]).toEqual([401, ''])
    expect(nobody.head).toMatch(/www-authenticate: Bearer/i)
  })

  it('forwards several Set-Cookie as several headers', async () => {
    const two = await listen(async () => {
      const headers = new Headers()
      headers.append('Set-Cookie', 'a=b; Path=/')
      headers.append('Set-Cookie', 'c=d; Path=/')
      return { status: 204, headers, body: null }
    })
    const answer = await raw(two.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await two.close()
    expect(answer.head.match(/^set-cookie: /gim)).toHaveLength(2)
  })
})
