/** Bodies over a real socket: huge, truncated, mistyped, smuggled. Always a 4xx with a code, no state changed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpParts, ORIGIN } from '../support/http-parts.ts'
import { type ListeningServer, listen, raw } from '../support/http-server.ts'

const { router, signIn, live } = await httpParts()
let server: ListeningServer
let alice: Awaited<ReturnType<typeof signIn>>

beforeAll(async () => {
  server = await listen(router.handle)
  alice = await signIn('alice')
})
afterAll(() => server.close())

const head = (path: string, ...lines: string[]) =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: app.example',
    `Origin: ${ORIGIN}`,
    `Cookie: ${alice.headers.cookie}`,
    ...lines,
    '',
    '',
  ].join('\r\n')

const JSON_LINE = 'Content-Type: application/json'

async function post(path: string, body: string | Uint8Array, ...lines: string[]) {
  const bytes = Buffer.concat([
    Buffer.from(head(path, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', ...lines)),
    Buffer.from(body),
  ])
  return raw(server.port, bytes, 1500)
}

const codeOf = (body: string): unknown =>
  (JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as { code: unknown }).code

describe('over a real socket', () => {
  it.each([
    ['a mistyped body', '{}', 'Content-Type: text/plain', 415, 'request.media_type'],
    ['a multipart body', '--x--', 'Content-Type: multipart/form-data; boundary=x', 415, 'request.media_type'],
    ['a body without a type', '{}', 'X: y', 415, 'request.media_type'],
    ['two types', '{}', 'Content-Type: application/json\r\nContent-Type: text/plain', 415, 'request.media_type'],
    ['truncated JSON', '{"scope":', JSON_LINE, 400, 'request.malformed'],
    ['a repeated member', '{"scope":"account","scope":"browser"}', JSON_LINE, 400, 'request.malformed'],
    ['a bracket bomb', '['.repeat(60_000), JSON_LINE, 400, 'request.malformed'],
    ['a member bomb', `{${'"a":{'.repeat(9000)}`, JSON_LINE, 400, 'request.malformed'],
    ['the wrong shape', '[]', JSON_LINE, 400, 'request.malformed'],
    ['the wrong type inside', '{"scope":{}}', JSON_LINE, 400, 'request.malformed'],
    ['a compressed body', '{}', `${JSON_LINE}\r\nContent-Encoding: gzip`, 415, 'request.media_type'],
    ['a huge body', 'x'.repeat(70_000), JSON_LINE, 413, 'request.too_large'],
  ])('refuses %s', async (_what, body, line, status, code) => {
    const answer = await post('/auth/sign-out', body, line)
    expect([answer.status, codeOf(answer.body)]).toEqual([status, code])
    expect(answer.head).toMatch(/content-type: application\/problem\+json/i)
    expect(answer.body).not.toMatch(/\bat .+\.(ts|js):|node_modules/)
    expect(await live()).toContain(alice.id)
  })

  it('refuses what is not UTF-8', async () => {
    const answer = await post('/auth/sign-out', new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), JSON_LINE)
    expect([answer.status, codeOf(answer.body)]).toEqual([400, 'request.malformed'])
  })

  it('refuses an endless chunked body without reading it all', async () => {
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const answer = await raw(
      server.port,
      head('/auth/sign-out', JSON_LINE, 'Transfer-Encoding: chunked') + chunk.repeat(6),
      1500,
    )
    expect([answer.status, codeOf(answer.body)]).toEqual([413, 'request.too_large'])
  })

  it.each([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5'],
    ['a negative length', 'Content-Length: -1'],
    ['a length in hex', 'Content-Length: 0x4'],
    ['a disguised encoding', 'Transfer-Encoding: xchunked'],
    ['an encoding before chunked', 'Transfer-Encoding: chunked, identity'],
    ['a tab in the encoding name', 'Transfer-Encoding\t: chunked'],
  ])('lets nothing be smuggled behind %s', async (_what, lines) => {
    const inner = `GET /auth/session HTTP/1.1\r\nHost: app.example\r\nCookie: ${alice.headers.cookie}\r\n\r\n`
    const answer = await raw(server.port, `${head('/auth/sign-out', JSON_LINE, lines)}0\r\n\r\n${inner}`)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.body).not.toContain('alice')
    expect(await live()).toContain(alice.id)
  })

  it('changes nothing when the client goes away in the middle', async () => {
    await raw(server.port, `${head('/auth/sign-out', JSON_LINE, 'Content-Length: 100')}{"sco`, 200)
    expect(await live()).toContain(alice.id)
    expect((await post('/auth/sign-out', '{"scope":"nobody"}', JSON_LINE)).status).toBe(400)
  })

  it('signs out when all is well (positive control)', async () => {
    expect((await post('/auth/sign-out', '{}', JSON_LINE)).status).toBe(200)
    expect(await live()).not.toContain(alice.id)
  })
})
