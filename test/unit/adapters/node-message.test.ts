/** Headers as they came, and answers, on Node's messages. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { presentedBy, send, setCookie, toMessage } from '../../../src/adapters/node-message.ts'
import { presentedBy as presentedByHeaders } from '../../../src/http/identify.ts'

const request = (rawHeaders: string[], method = 'GET'): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { method, url: '/x?y=1', rawHeaders, httpVersionMajor: 1 })

const NAMES = [
  'cookie',
  'authorization',
  'origin',
  'sec-fetch-site',
  'upgrade',
  'host',
  'accept',
  'x-test',
  'sec-fetch-mode',
]
const name = fc.constantFrom(
  ...NAMES,
  ...NAMES.map((one) => one.toUpperCase()),
  'Sec-Fetch-Site',
  'Authorization',
  'cOOkie',
)
const value = fc.string({ unit: fc.constantFrom('a', 'b', '=', ';', '.', '-'), minLength: 1, maxLength: 8 })

describe('presentedBy', () => {
  it('sees what a `Headers` of the same fields would show', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (fields) => {
        const headers = new Headers()
        for (const [field, text] of fields) headers.append(field, text)
        expect(presentedBy(request(fields.flat()))).toEqual(presentedByHeaders({ method: 'GET', headers }))
      }),
    )
  })

  it('sees a second Authorization that Node itself would drop', () => {
    const { authorization } = presentedBy(request(['Authorization', 'Bearer a', 'authorization', 'Bearer b']))
    expect(authorization).toBe('Bearer a, Bearer b')
  })
})

describe('toMessage', () => {
  it('has headers in any case, cookies joined, and no host that is not told twice alike', () => {
    const { headers, url, body } = toMessage(request(['Cookie', 'a=b', 'COOKIE', 'c=d', 'X-Y', '1', 'x-y', '2']))
    expect([headers.get('cookie'), headers.get('X-Y'), headers.get('none')]).toEqual(['a=b; c=d', '1, 2', null])
    expect([url, body]).toEqual(['/x?y=1', null])
    const hosts = (...fields: string[]) => toMessage(request(fields)).headers.get('Host')
    expect(hosts('Host', 'a', 'Host', 'b')).toBe('a, b')
    expect(hosts(':authority', 'a', 'host', 'a')).toBe('a')
    expect(hosts(':authority', 'a', 'host', 'b')).toBe('a, b')
  })

  it('has a body that can be left without losing the connection', async () => {
    const incoming = request([], 'POST')
    incoming.push('first')
    for await (const part of toMessage(incoming).body as AsyncIterable<Uint8Array>) {
      expect(Buffer.from(part).toString()).toBe('first')
      break
    }
    expect(incoming.destroyed).toBe(false)
  })
})

describe('an answer', () => {
  const responseTo = (fields: Record<string, string> = {}) => {
    const incoming = request(Object.entries(fields).flat(), 'POST')
    Object.assign(incoming.headers, fields)
    return { incoming, response: new ServerResponse(incoming) }
  }
  const answer = (headers: [string, string][] = [], body: string | null = 'x') => ({
    status: 401,
    headers: new Headers(headers),
    body,
  })

  it('keeps what the application has set, and adds to Vary', () => {
    const { incoming, response } = responseTo()
    response.setHeader('Vary', 'Accept-Encoding')
    response.setHeader('X-App', '1')
    response.setHeader('Set-Cookie', 'theme=dark')
    send(
      incoming,
      response,
      answer([
        ['Vary', 'Cookie'],
        ['Set-Cookie', 'sid=1'],
        ['Set-Cookie', 'other=2'],
      ]),
    )
    expect(response.statusCode).toBe(401)
    expect(response.getHeaders()).toMatchObject({
      vary: ['Accept-Encoding', 'Cookie'],
      'x-app': '1',
      'set-cookie': ['theme=dark', 'sid=1', 'other=2'],
    })
  })

  it('ends the connection when much of a body was not read, and not otherwise', () => {
    const closes = (fields: Record<string, string>): boolean => {
      const { incoming, response } = responseTo(fields)
      send(incoming, response, answer())
      return response.getHeader('connection') === 'close'
    }
    expect([
      closes({}),
      closes({ 'content-length': '100' }),
      closes({ 'content-length': '1000000' }),
      closes({ 'content-length': 'x' }),
      closes({ 'transfer-encoding': 'chunked' }),
    ]).toEqual([false, false, true, true, true])
  })

  it('that has begun is cut off', () => {
    const { incoming, response } = responseTo()
    response.flushHeaders()
    send(incoming, response, answer())
    expect([response.destroyed, response.statusCode]).toEqual([true, 200])
  })

  it('holds one cookie of a name, and is not stored by caches', () => {
    const { response } = responseTo()
    response.setHeader('set-cookie', 'sid-theme=1')
    setCookie(response, 'sid=1; Path=/')
    setCookie(response, 'sid=2; Path=/')
    expect(response.getHeaders()).toMatchObject({
      'set-cookie': ['sid-theme=1', 'sid=2; Path=/'],
      'cache-control': 'no-store',
    })
    response.flushHeaders()
    expect(() => setCookie(response, 'sid=3')).toThrow(TypeError)
  })

  it('keeps a Cache-Control of the application', () => {
    const { response } = responseTo()
    response.setHeader('Cache-Control', 'private')
    setCookie(response, 'sid=1')
    expect(response.getHeader('cache-control')).toBe('private')
  })
})
