import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../../src/crypto/base64url.ts'
import { AuthError } from '../../../src/errors.ts'
import { MAX_TOKEN_CHARS, parseJws } from '../../../src/token/jws.ts'
import { codeOf } from '../../support/codes.ts'
import { goodClaims, segment } from '../../support/tokens.ts'

const header = (change: object = {}): string => segment({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...change })
const token = (head: string, payload = segment(goodClaims()), signature = 'AAAA') => `${head}.${payload}.${signature}`
const bytes = (...codes: number[]) => encodeBase64url(Uint8Array.from(codes))

describe('parseJws', () => {
  it('takes a token apart', () => {
    const text = token(header())
    expect(parseJws(text)).toEqual({
      header: { algorithm: 'ES256', keyId: 'k1', type: 'application/at+jwt' },
      headerText: header(),
      payload: goodClaims(),
      input: text.slice(0, text.lastIndexOf('.')),
      signature: 'AAAA',
    })
  })

  it('treats typ with and without application/ alike, in any case', () => {
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt']) {
      expect(parseJws(token(header({ typ }))).header.type).toBe('application/at+jwt')
    }
    expect(parseJws(token(segment({ alg: 'ES256' }))).header).toEqual({ algorithm: 'ES256', keyId: null, type: null })
  })

  it('uses nothing of a key or an address in the header', () => {
    const lure = {
      jwk: { kty: 'oct', k: 'AAAA' },
      jku: 'https://evil.example',
      x5u: 'https://evil.example',
      x5c: ['AA'],
    }
    expect(parseJws(token(header(lure))).header).toEqual(parseJws(token(header())).header)
  })

  it.each([
    ['no text', 1],
    ['undefined', undefined],
    ['an object that prints as a token', { toString: () => token(header()) }],
    ['nothing', ''],
    ['one segment', header()],
    ['two segments', `${header()}.${segment({})}`],
    ['four segments', `${token(header())}.AAAA`],
    ['five segments, as a JWE', `${token(header())}.AAAA.AAAA`],
    ['an empty header', token('')],
    ['an empty payload', token(header(), '')],
    ['an empty signature', token(header(), undefined, '')],
    ['padding', token(`${segment('{"alg":"ES256"}')}=`)],
    ['white space in front', ` ${token(header())}`],
    [
      'a new line in a segment',
      token(header(), `${segment(goodClaims()).slice(0, 8)}\n${segment(goodClaims()).slice(8)}`),
    ],
    ['the alphabet of plain base64', token(header(), 'e30+'.replace('+', '/'))],
    ['letters that are no ASCII', token(header(), segment({}).replace(/^./, '\u0165'))],
    ['a header that is a list', token(segment([]))],
    ['a header that is no JSON', token(segment('{'))],
    ['a duplicate in the header', token(segment('{"alg":"ES256","alg":"none"}'))],
    ['a duplicate in the payload', token(header(), segment('{"sub":"a","sub":"b"}'))],
    ['a payload that is a text', token(header(), segment('"x"'))],
    ['bytes that are no UTF-8', token(header(), bytes(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))],
    ['an overlong encoding', token(header(), bytes(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d))],
    ['an encoded surrogate', token(header(), bytes(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d))],
    ['a byte order mark', token(header(), bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d))],
    ['an infinite number', token(header(), segment('{"exp":1e999}'))],
    ['no alg', token(segment({ typ: 'at+jwt' }))],
    ['an empty alg', token(header({ alg: '' }))],
    ['alg that is no text', token(header({ alg: ['ES256'] }))],
    ['kid that is no text', token(header({ kid: 1 }))],
    ['kid that is null', token(header({ kid: null }))],
    ['an empty kid', token(header({ kid: '' }))],
    ['typ that is no text', token(header({ typ: 1 }))],
  ])('refuses %s', (_, text) => expect(codeOf(() => parseJws(text))).toBe('token.malformed'))

  it('refuses bits that are not used but set', () => {
    const payload = segment('{"a":1}')
    expect(payload.length % 4).toBe(2)
    const last = payload.at(-1) as string
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const changed = payload.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]
    expect(codeOf(() => parseJws(token(header(), payload)))).toBeNull()
    expect(codeOf(() => parseJws(token(header(), changed)))).toBe('token.malformed')
  })

  it.each(['crit', 'zip', 'b64'])('refuses %s, whatever it holds', (name) => {
    for (const value of [null, false, true, [], ['exp'], 'DEF']) {
      expect(codeOf(() => parseJws(token(header({ [name]: value }))))).toBe('token.critical')
    }
  })

  it('refuses size before it looks at anything', () => {
    expect(codeOf(() => parseJws('.'.repeat(MAX_TOKEN_CHARS)))).toBe('token.malformed')
    expect(codeOf(() => parseJws('.'.repeat(MAX_TOKEN_CHARS + 1)))).toBe('token.too_large')
    expect(codeOf(() => parseJws(token(header()), undefined, 10))).toBe('token.too_large')
  })

  it('throws nothing but AuthError, whatever it is given, and takes nothing but canonical text', () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.string({ unit: 'binary' }),
      fc.json().map(segment),
      fc.uint8Array().map(encodeBase64url),
      fc.constant(header()),
      fc.constant(segment(goodClaims())),
    )
    const text = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
    )
    fc.assert(
      fc.property(text, (given) => {
        try {
          const { input } = parseJws(given)
          for (const piece of input.split('.')) {
            expect(encodeBase64url(decodeBase64url(piece) as Uint8Array)).toBe(piece)
          }
        } catch (error) {
          if (!(error instanceof AuthError)) throw error
          expect(error.code).toMatch(/^token\.(malformed|critical|too_large)$/)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('base64url', () => {
  it('decodes exactly what it encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (given) => {
        const text = encodeBase64url(given)
        expect(text).toBe(Buffer.from(given).toString('base64url'))
        expect([...(decodeBase64url(text) as Uint8Array)]).toEqual([...given])
      }),
    )
  })

  it('refuses every text but the one that encodes the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        const decoded = decodeBase64url(text)
        expect(decoded === null || encodeBase64url(decoded) === text).toBe(true)
        expect(decoded !== null).toBe(Buffer.from(text, 'base64url').toString('base64url') === text)
      }),
      { numRuns: 3000 },
    )
  })
})
