/** Which credential decides. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../../src/errors.ts'
import { bearerToken, chooseCredential } from '../../../src/http/credentials.ts'

const NAME = '__Host-Http-sid'

describe('chooseCredential', () => {
  it('takes the cookie when there is no Authorization', () => {
    expect(chooseCredential(null, `${NAME}=v`, NAME)).toEqual({ kind: 'cookie', value: 'v' })
    expect(chooseCredential(null, 'a=b', NAME)).toEqual({ kind: 'none' })
    expect(chooseCredential(null, null, NAME)).toEqual({ kind: 'none' })
  })

  it('lets Authorization alone decide', () => {
    expect(chooseCredential('Bearer t', `${NAME}=v`, NAME)).toEqual({ kind: 'bearer', token: 't' })
    // Even two session cookies do not matter then: none of them is looked at.
    expect(chooseCredential('Bearer t', `${NAME}=v; ${NAME}=w`, NAME)).toEqual({ kind: 'bearer', token: 't' })
  })

  it.each(['', 'Basic dTpw', 'Bearer', 'Bearer ', 'Bearer \t', 'Bearert', 'Token t', ' Bearer t', 'DPoP t'])(
    'never falls back to the cookie: %j',
    (authorization) => {
      expect(() => chooseCredential(authorization, `${NAME}=v`, NAME)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(credentials\.scheme|token\.malformed)$/) }),
      )
    },
  )
})

describe('bearerToken', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER  abc ', 'abc'],
    ['bEaReR abc\t', 'abc'],
  ])('reads %j', (header, token) => {
    expect(bearerToken(header)).toBe(token)
  })

  it.each([
    'Bearer a, Bearer b',
    'Bearer a,Bearer b',
    'Bearer a, ',
    ', Bearer a',
    'Basic dTpw, Bearer a',
    'Bearer a, Basic dTpw',
    'Bearer a, b',
    'Basic dTpw,\tBearer a',
  ])('sees the second header in %j', (header) => {
    expect(() => bearerToken(header)).toThrow(expect.objectContaining({ code: 'credentials.ambiguous' }))
  })

  it('takes the commas of another scheme for what they are', () => {
    expect(() => bearerToken('Digest username="u", realm="r"')).toThrow(
      expect.objectContaining({ code: 'credentials.scheme' }),
    )
  })

  it('never throws but AuthError, and never quotes the header', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 12 }),
        fc.constantFrom('', 'Bearer ', 'bearer\t'),
        (text, scheme) => {
          try {
            const token = bearerToken(scheme + text)
            expect(scheme + text).toContain(token)
          } catch (error) {
            expect(isAuthError(error)).toBe(true)
            expect((error as Error).message).not.toContain(text)
          }
        },
      ),
    )
  })
})
