/** The CSRF check, row by row. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuthErrorCode, isAuthError } from '../../../src/errors.ts'
import { type CsrfRequest, checkCsrf } from '../../../src/http/csrf.ts'
import { createOriginPolicy } from '../../../src/http/origin.ts'

const OURS = 'https://app.example'
const TRUSTED = 'https://admin.example'
const policy = createOriginPolicy(OURS, [TRUSTED])
const NOTHING: CsrfRequest = {
  method: 'POST',
  secFetchSite: null,
  origin: null,
  upgrade: null,
  authorization: null,
  cookie: 'a=b',
}

const outcome = (change: Partial<CsrfRequest>): AuthErrorCode | 'passes' => {
  try {
    checkCsrf({ ...NOTHING, ...change }, policy)
    return 'passes'
  } catch (error) {
    if (!isAuthError(error)) throw error
    return error.code
  }
}

describe('checkCsrf', () => {
  it.each<[string, Partial<CsrfRequest>, AuthErrorCode | 'passes']>([
    ['a safe method', { method: 'GET', secFetchSite: 'cross-site', origin: 'https://evil.test' }, 'passes'],
    ['HEAD', { method: 'HEAD', secFetchSite: 'cross-site' }, 'passes'],
    ['OPTIONS', { method: 'OPTIONS', secFetchSite: 'cross-site' }, 'passes'],
    ['a method that only looks safe', { method: 'get', secFetchSite: 'cross-site' }, 'csrf.cross_site'],
    ['TRACE', { method: 'TRACE', secFetchSite: 'cross-site' }, 'csrf.cross_site'],
    ['same-origin', { secFetchSite: 'same-origin' }, 'passes'],
    ['the address bar', { secFetchSite: 'none' }, 'passes'],
    ['same-site', { secFetchSite: 'same-site' }, 'csrf.cross_site'],
    ['cross-site', { secFetchSite: 'cross-site' }, 'csrf.cross_site'],
    ['cross-site that claims our origin', { secFetchSite: 'cross-site', origin: OURS }, 'csrf.cross_site'],
    ['same-site from a trusted origin', { secFetchSite: 'same-site', origin: TRUSTED }, 'passes'],
    ['cross-site from a trusted origin', { secFetchSite: 'cross-site', origin: TRUSTED }, 'passes'],
    ['an empty Sec-Fetch-Site', { secFetchSite: '' }, 'csrf.cross_site'],
    ['two Sec-Fetch-Site', { secFetchSite: 'same-origin, cross-site' }, 'csrf.cross_site'],
    ['another case', { secFetchSite: 'Same-Origin' }, 'csrf.cross_site'],
    ['our Origin', { origin: OURS }, 'passes'],
    ['our Origin with its port', { origin: `${OURS}:443` }, 'passes'],
    ['a trusted Origin', { origin: TRUSTED }, 'passes'],
    ['a foreign Origin', { origin: 'https://evil.test' }, 'csrf.origin'],
    ['our Origin over http', { origin: 'http://app.example' }, 'csrf.origin'],
    ['our Origin on another port', { origin: `${OURS}:8443` }, 'csrf.origin'],
    ['a sibling', { origin: 'https://x.app.example' }, 'csrf.origin'],
    ['Origin null', { origin: 'null' }, 'csrf.origin'],
    ['an empty Origin', { origin: '' }, 'csrf.origin'],
    ['neither header, with a cookie', {}, 'csrf.missing'],
    ['neither header, without a cookie', { cookie: null }, 'passes'],
    ['a foreign Origin without a cookie (login CSRF)', { cookie: null, origin: 'https://evil.test' }, 'csrf.origin'],
    ['cross-site without a cookie (login CSRF)', { cookie: null, secFetchSite: 'cross-site' }, 'csrf.cross_site'],
    ['a bearer token', { authorization: 'Bearer t', cookie: null }, 'passes'],
    ['a bearer token from another site', { authorization: 'bearer t', secFetchSite: 'cross-site' }, 'passes'],
    ['Basic, which browsers attach by themselves', { authorization: 'Basic dTpw' }, 'csrf.missing'],
    ['a WebSocket handshake', { method: 'GET', upgrade: 'websocket' }, 'csrf.missing'],
    ['a WebSocket handshake of ours', { method: 'GET', upgrade: 'WebSocket', origin: OURS }, 'passes'],
    ['a trusted WebSocket handshake', { method: 'GET', upgrade: 'websocket', origin: TRUSTED }, 'passes'],
    [
      'a foreign WebSocket handshake',
      { method: 'GET', upgrade: 'websocket', origin: 'https://evil.test' },
      'csrf.origin',
    ],
    ['a sandboxed WebSocket handshake', { method: 'GET', upgrade: 'websocket', origin: 'null' }, 'csrf.origin'],
    [
      'a handshake that claims to be same-origin',
      { method: 'GET', upgrade: 'websocket', origin: 'https://evil.test', secFetchSite: 'same-origin' },
      'csrf.origin',
    ],
    [
      'a handshake with Fetch Metadata and no Origin',
      { method: 'GET', upgrade: 'websocket', secFetchSite: 'same-origin' },
      'csrf.missing',
    ],
    ['a handshake by a native client', { method: 'GET', upgrade: 'websocket', authorization: 'Bearer t' }, 'passes'],
    ['a handshake without any credential', { method: 'GET', upgrade: 'websocket', cookie: null }, 'passes'],
    ['extended CONNECT', { method: 'CONNECT', secFetchSite: 'same-origin' }, 'csrf.missing'],
    ['extended CONNECT of ours', { method: 'CONNECT', origin: OURS }, 'passes'],
    ['foreign extended CONNECT', { method: 'CONNECT', origin: 'https://evil.test' }, 'csrf.origin'],
  ])('%s', (_what, change, expected) => {
    expect(outcome(change)).toBe(expected)
  })

  it('names the header that is missing', () => {
    expect(() => checkCsrf(NOTHING, policy)).toThrow(/Sec-Fetch-Site or Origin.*Origin: https:\/\/app\.example/)
  })

  it('lets no cookie-bearing unsafe request pass that does not name an origin of ours', () => {
    const text = fc.oneof(
      fc.constantFrom('null', 'https://app.example.evil.test', 'https://evil.test', 'same-site', 'cross-site', ''),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE', 'X'),
        fc.option(text),
        fc.option(text),
        (method, origin, secFetchSite) => {
          fc.pre(secFetchSite !== 'same-origin' && secFetchSite !== 'none')
          expect(outcome({ method, origin, secFetchSite })).toMatch(/^csrf\./)
        },
      ),
    )
  })
})
