/** The router: host, sizes and CSRF before any handler; every error a problem. */
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import { type HttpRequest, jsonResponse } from '../../../src/http/message.ts'
import { createOriginPolicy } from '../../../src/http/origin.ts'
import { createRouter, type Route, type RouterOptions } from '../../../src/http/router.ts'

const route = (method: Route['method'], path: string, more: Partial<Route> = {}): Route => ({
  method,
  path,
  handle: ({ params, url, address }) => jsonResponse(200, { path, params, query: url.search, address }),
  ...more,
})

const ROUTES = [
  route('GET', '/things'),
  route('POST', '/things'),
  route('POST', '/things/{id}/end'),
  route('POST', '/things/all/end'),
  route('GET', '/things/{id}'),
  route('POST', '/open', { withoutCsrf: true }),
  route('GET', '/healthz', { anyHost: true }),
  route('GET', '/broken', {
    handle: () => {
      throw new Error('private')
    },
  }),
  route('GET', '/refused', {
    handle: async () => {
      throw new AuthError('session.missing', 'no')
    },
  }),
]

const build = (more: Partial<RouterOptions> = {}) =>
  createRouter({ routes: ROUTES, origins: createOriginPolicy('https://app.example'), ...more })

const ask = async (
  method: string,
  url: string,
  headers: Record<string, string> = {},
  more: Partial<RouterOptions> = {},
  address?: string,
) => {
  const request: HttpRequest = {
    method,
    url,
    headers: new Headers({ host: 'app.example', ...headers }),
    body: null,
    ...(address === undefined ? {} : { address }),
  }
  const response = await build(more).handle(request)
  return { ...response, json: response.body ? (JSON.parse(String(response.body)) as Record<string, unknown>) : null }
}

describe('createRouter', () => {
  it('finds routes; fixed segments win over braces', async () => {
    expect((await ask('GET', '/things?a=b')).json).toMatchObject({ path: '/things', query: '?a=b' })
    expect((await ask('GET', 'https://app.example/things')).json).toMatchObject({ path: '/things' })
    expect((await ask('GET', '/things/a%2Fb')).json).toMatchObject({ path: '/things/{id}', params: { id: 'a/b' } })
    expect((await ask('POST', '/things/all/end')).json).toMatchObject({ path: '/things/all/end' })
    expect((await ask('POST', '/things/x/end')).json).toMatchObject({ path: '/things/{id}/end', params: { id: 'x' } })
  })

  it.each([
    '/',
    '/nothing',
    '/things/',
    '/things//end',
    '/Things',
    '/things/%ff',
    '/things/a/b/c',
    '//evil.test/things',
    '/things/__proto__/x',
  ])('has nothing at %s', async (path) => {
    const response = await ask('GET', path)
    expect(response.status).toBe(404)
    expect(response.json?.code).toBe('request.not_found')
  })

  it('answers a wrong method with Allow', async () => {
    const response = await ask('DELETE', '/things', { origin: 'https://app.example' })
    expect([response.status, response.json?.code]).toEqual([405, 'request.method'])
    expect(response.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS')
    const options = await ask('OPTIONS', '/things')
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS'])
    for (const method of ['get', 'PROPFIND', 'constructor', 'TRACE'])
      expect((await ask(method, '/things')).status).toBe(405)
  })

  it('answers HEAD like GET, without the body', async () => {
    const [head, get] = [await ask('HEAD', '/things'), await ask('GET', '/things')]
    expect(head.status).toBe(200)
    expect(head.body).toBeNull()
    expect([...head.headers]).toEqual([...get.headers])
    const refused = await ask('HEAD', '/refused')
    expect([refused.status, refused.body]).toEqual([404, null])
    expect((await ask('HEAD', '/open')).status).toBe(405)
  })

  it.each(['evil.test', 'app.example.evil.test', 'app.example:8443', '127.0.0.1', 'app.example, evil.test', '', 'a b'])(
    'refuses the Host %j before anything else',
    async (host) => {
      for (const path of ['/things', '/nothing', '/broken']) {
        const response = await ask('GET', path, { host })
        expect([response.status, response.json?.code]).toEqual([421, 'request.host'])
      }
    },
  )

  it('takes the host from the URL only where there is no Host header', async () => {
    const handle = (url: string) => build().handle({ method: 'GET', url, headers: new Headers(), body: null })
    expect((await handle('https://app.example/things')).status).toBe(200)
    expect((await handle('https://evil.test/things')).status).toBe(421)
    expect((await handle('/things')).status).toBe(421)
    expect((await ask('GET', 'https://evil.test/things')).status).toBe(200)
  })

  it('answers health checks under any Host', async () => {
    expect((await ask('GET', '/healthz', { host: '10.0.0.1:4000' })).status).toBe(200)
    expect((await ask('HEAD', '/healthz', { host: '10.0.0.1:4000' })).status).toBe(200)
    expect((await ask('POST', '/healthz', { host: '10.0.0.1:4000' })).status).toBe(421)
  })

  it('bounds URL and headers', async () => {
    expect((await ask('GET', `/things?${'a'.repeat(9000)}`)).status).toBe(414)
    const long = await ask('GET', '/things', { cookie: 'a'.repeat(17_000) })
    expect([long.status, long.json?.code]).toEqual([431, 'request.too_large'])
    expect((await ask('GET', '/things', { authorization: `Bearer ${'a'.repeat(17_000)}` })).status).toBe(431)
  })

  it('checks CSRF before the handler, unless a route looks at nothing ambient', async () => {
    const forged = { cookie: 'a=b', 'sec-fetch-site': 'cross-site' }
    expect((await ask('POST', '/things', forged)).json?.code).toBe('csrf.cross_site')
    expect((await ask('POST', '/things', { cookie: 'a=b' })).json?.code).toBe('csrf.missing')
    expect((await ask('POST', '/open', forged)).status).toBe(200)
  })

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override'])(
    'ignores %s in both directions',
    async (name) => {
      const made = await ask('POST', '/things?_method=GET', {
        cookie: 'a=b',
        [name]: 'GET',
        'sec-fetch-site': 'cross-site',
      })
      expect([made.status, made.json?.code]).toEqual([403, 'csrf.cross_site'])
      const safe = await ask('GET', '/things?_method=DELETE', {
        cookie: 'a=b',
        [name]: 'DELETE',
        'sec-fetch-site': 'cross-site',
      })
      expect([safe.status, safe.json?.path]).toEqual([200, '/things'])
    },
  )

  it('makes a problem of every error and tells nothing private', async () => {
    const seen: unknown[] = []
    const response = await ask('GET', '/broken', {}, { onError: (error) => seen.push(error) })
    expect(response.status).toBe(500)
    expect(String(response.body)).not.toContain('private')
    expect(seen).toHaveLength(1)
    expect((await ask('GET', '/refused')).json?.code).toBe('session.missing')
  })

  it('lets forwarding headers count only through what the server trusts', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' }
    expect((await ask('GET', '/things', headers, {}, '192.0.2.1')).json?.address).toBe('192.0.2.1')
    const clientAddress = (peer?: string, forwarded?: string) => `${peer} via ${forwarded}`
    expect((await ask('GET', '/things', headers, { clientAddress }, '192.0.2.1')).json?.address).toBe(
      '192.0.2.1 via 198.51.100.7',
    )
  })

  it('knows which paths are its own', () => {
    const router = build()
    expect([router.covers('/things/x'), router.covers('/nothing')]).toEqual([true, false])
  })

  it('refuses two routes of one method and path', () => {
    expect(() => build({ routes: [route('GET', '/a'), route('GET', '/a')] })).toThrow(TypeError)
  })
})
