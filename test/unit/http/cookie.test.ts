/** Cookies: strict writing, lenient reading. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../../src/errors.ts'
import { type CookieAttributes, parseCookie, readCookie, writeCookie } from '../../../src/http/cookie.ts'
import { createSessionCookie } from '../../../src/http/session-cookie.ts'

const NAME = '__Host-Http-sid'
const SAFE: CookieAttributes = { path: '/', secure: true, httpOnly: true, sameSite: 'lax' }

describe('writeCookie', () => {
  it('writes every attribute that it was given', () => {
    expect(writeCookie(NAME, 'a.b', { ...SAFE, maxAgeSeconds: 60 })).toBe(
      '__Host-Http-sid=a.b; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax',
    )
    expect(writeCookie('x', '', { path: '/a', secure: false, httpOnly: false, sameSite: 'strict' })).toBe(
      'x=; Path=/a; SameSite=Strict',
    )
    expect(writeCookie(NAME, 'v', { ...SAFE, sameSite: 'none', partitioned: true })).toBe(
      '__Host-Http-sid=v; Path=/; Secure; HttpOnly; SameSite=None; Partitioned',
    )
  })

  it.each<[string, string, string, Partial<CookieAttributes>]>([
    ['an empty name', '', 'v', {}],
    ['a space in the name', 'a b', 'v', {}],
    ['an equals sign in the name', 'a=b', 'v', {}],
    ['a semicolon in the name', 'a;b', 'v', {}],
    ['a line end in the name', 'a\r\nX: y', 'v', {}],
    ['a name beyond ASCII', 'sid\u00a0', 'v', {}],
    ['a semicolon in the value', 'a', 'v; Domain=evil.test', {}],
    ['a comma in the value', 'a', 'v,w', {}],
    ['a quote in the value', 'a', '"v"', {}],
    ['a backslash in the value', 'a', 'v\\w', {}],
    ['a space in the value', 'a', 'v w', {}],
    ['a line end in the value', 'a', 'v\nSet-Cookie: b=c', {}],
    ['a value beyond ASCII', 'a', '\u00fc', {}],
    ['a pair that browsers drop', 'a', 'v'.repeat(4096), {}],
    ['a relative path', 'a', 'v', { path: 'x' }],
    ['an attribute inside the path', 'a', 'v', { path: '/; Domain=evil.test' }],
    ['SameSite=None without Secure', 'a', 'v', { secure: false, sameSite: 'none' }],
    ['an unknown SameSite', 'a', 'v', { sameSite: 'constructor' as 'lax' }],
    ['Partitioned without SameSite=None', 'a', 'v', { partitioned: true }],
    ['more than 400 days', 'a', 'v', { maxAgeSeconds: 400 * 86_400 + 1 }],
    ['a negative age', 'a', 'v', { maxAgeSeconds: -1 }],
    ['a broken age', 'a', 'v', { maxAgeSeconds: 1.5 }],
    ['no age at all', 'a', 'v', { maxAgeSeconds: Number.NaN }],
    ['__Host- without Secure', '__Host-a', 'v', { secure: false }],
    ['__Host- under a path', '__Host-a', 'v', { path: '/x' }],
    ['__host- in lower case without Secure', '__host-a', 'v', { secure: false }],
    ['__Secure- without Secure', '__Secure-a', 'v', { secure: false }],
    ['__Http- without HttpOnly', '__Http-a', 'v', { httpOnly: false }],
    ['__Host-Http- without HttpOnly', NAME, 'v', { httpOnly: false }],
    ['a name that is only a prefix', '__Host-', 'v', {}],
  ])('refuses %s', (_what, name, value, change) => {
    expect(() => writeCookie(name, value, { ...SAFE, ...change })).toThrow(TypeError)
  })

  it('never writes a header that says more than it was asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        let written: string
        try {
          written = writeCookie(name, value, SAFE)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          return
        }
        expect(written).toBe(`${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`)
        expect(written).toMatch(/^[\x21-\x7e ]+$/)
        expect(readCookie(`${name}=${value}`, name)).toBe(value)
      }),
    )
  })
})

describe('readCookie', () => {
  it.each([
    ['alone', `${NAME}=v`, 'v'],
    ['in the middle', `a=b; ${NAME}=v; c=d`, 'v'],
    ['without spaces', `a=b;${NAME}=v;c=d`, 'v'],
    ['with spaces and tabs', `a=b;\t ${NAME}\t = v\t;c=d`, 'v'],
    ['with an equals sign in the value', `${NAME}=v=w==`, 'v=w=='],
    ['empty', `${NAME}=`, ''],
    ['after a value that quotes its name', `a=${NAME}; ${NAME}=v`, 'v'],
  ])('finds the cookie %s', (_where, header, value) => {
    expect(readCookie(header, NAME)).toBe(value)
  })

  it.each([
    ['nothing', ''],
    ['another', 'a=b'],
    ['a longer name', `x${NAME}=v; ${NAME}x=v`],
    ['its name without a value', NAME],
    ['its name as a value', `a=${NAME}=v`],
    ['another case', '__HOST-Http-sid=v; __Host-http-sid=v; __host-http-sid=v'],
    ['a prototype member', '__proto__=v; constructor=v'],
  ])('finds none in %s', (_what, header) => {
    expect(readCookie(header, NAME)).toBeNull()
  })

  it('refuses two of the name', () => {
    for (const header of [`${NAME}=a; ${NAME}=b`, `${NAME}=a; x=y;${NAME}=a`, `${NAME}=; ${NAME}=a`]) {
      expect(() => readCookie(header, NAME)).toThrow(expect.objectContaining({ code: 'credentials.ambiguous' }))
    }
  })

  it('refuses a header that is too long', () => {
    expect(() => readCookie('a'.repeat(16_385), NAME)).toThrow(expect.objectContaining({ code: 'request.too_large' }))
    expect(() => parseCookie('a'.repeat(16_385))).toThrow(expect.objectContaining({ code: 'request.too_large' }))
  })

  it('agrees with parseCookie whatever the header', () => {
    const part = fc.oneof(
      fc.constantFrom(NAME, `${NAME}=`, '=', ';', '; ', ' ', '\t', '\u00a0', '\ufeff', `${NAME}=v`, 'x', '"', ','),
      fc.string({ unit: 'binary', maxLength: 8 }),
    )
    const header = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(header, (text) => {
        const ours = parseCookie(text).filter(([name]) => name === NAME)
        if (ours.length > 1) {
          expect(() => readCookie(text, NAME)).toThrow(expect.objectContaining({ code: 'credentials.ambiguous' }))
        } else {
          expect(readCookie(text, NAME)).toBe(ours[0]?.[1] ?? null)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parseCookie', () => {
  it('gives pairs in order, nameless ones included', () => {
    expect(parseCookie('a=b; c = d ;e;; =f; g=h=i')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['', 'e'],
      ['', 'f'],
      ['g', 'h=i'],
    ])
  })

  it('drops no white space but space and tab', () => {
    expect(parseCookie('\u00a0a=b\u00a0; \ufeffc=d; \ve=f')).toEqual([
      ['\u00a0a', 'b\u00a0'],
      ['\ufeffc', 'd'],
      ['\ve', 'f'],
    ])
  })

  it('never throws but AuthError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (header) => {
        try {
          parseCookie(header)
        } catch (error) {
          expect(isAuthError(error)).toBe(true)
        }
      }),
    )
  })
})

describe('createSessionCookie', () => {
  const https = 'https://app.example'

  it('is strict by default', () => {
    const cookie = createSessionCookie(https)
    expect(cookie.set('id.secret', 60)).toBe(
      '__Host-Http-sid=id.secret; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax',
    )
  })

  it('leaves 46 of a 70-byte header to the value: an id and a secret of 128 bits each', () => {
    const header = `Cookie: ${createSessionCookie(https).name}=${'i'.repeat(22)}.${'s'.repeat(22)}`
    expect(header.length).toBeLessThanOrEqual(70)
  })

  it('expires the cookie with exactly the attributes that set it', () => {
    for (const options of [
      {},
      { sameSite: 'none', partitioned: true },
      { name: '__Host-x', sameSite: 'strict' },
    ] as const) {
      const cookie = createSessionCookie(https, options)
      expect(cookie.expire()).toBe(cookie.set('v', 60).replace('=v;', '=;').replace('Max-Age=60', 'Max-Age=0'))
    }
  })

  it('bounds the age to what browsers keep', () => {
    const cookie = createSessionCookie(https)
    expect(cookie.set('v', 999 * 86_400)).toContain('; Max-Age=34560000;')
    expect(cookie.set('v', -5)).toContain('; Max-Age=1;')
  })

  it('loosens nothing silently', () => {
    expect(() => createSessionCookie(https, { name: 'sid' })).toThrow(TypeError)
    expect(() => createSessionCookie(https, { name: '__host-sid' })).toThrow(TypeError)
    expect(() => createSessionCookie(https, { name: '__Secure-sid' })).toThrow(TypeError)
    expect(() => createSessionCookie(https, { allowInsecureCookie: true })).toThrow(TypeError)
    expect(() => createSessionCookie('http://192.168.1.2:4000', { allowInsecureCookie: true })).toThrow(TypeError)
    expect(() => createSessionCookie('http://localhost.evil.test', { allowInsecureCookie: true })).toThrow(TypeError)
    expect(() => createSessionCookie('http://localhost', { allowInsecureCookie: true, name: '__Host-sid' })).toThrow(
      TypeError,
    )
    expect(() => createSessionCookie('http://localhost', { allowInsecureCookie: true, sameSite: 'none' })).toThrow(
      TypeError,
    )
  })

  it('allows an insecure cookie on loopback http, unprefixed', () => {
    for (const origin of ['http://localhost:4000', 'http://127.0.0.1:1', 'http://[::1]:4000', 'http://app.localhost']) {
      expect(createSessionCookie(origin, { allowInsecureCookie: true }).set('v', 9)).toBe(
        'sojourn-sid=v; Path=/; Max-Age=9; HttpOnly; SameSite=Lax',
      )
    }
  })
})
