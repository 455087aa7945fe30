import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { type ClaimsPolicy, checkClaims } from '../../../src/token/claims.ts'
import { codeOf } from '../../support/codes.ts'
import { AUDIENCE, goodClaims, ISSUER, NOW } from '../../support/tokens.ts'

const policy: ClaimsPolicy = {
  issuer: ISSUER,
  audience: [AUDIENCE, 'other'],
  requiredClaims: ['scope'],
  maxLifetimeSeconds: 3600,
  clockToleranceSeconds: 0,
}
const check = (change: object, now = NOW, tolerance = 0): string | null => {
  const claims: Record<string, unknown> = { ...goodClaims({ scope: '' }), ...change }
  for (const name of Object.keys(claims)) if (claims[name] === undefined) delete claims[name]
  return codeOf(() => checkClaims(claims as JsonObject, { ...policy, clockToleranceSeconds: tolerance }, now))
}

describe('checkClaims', () => {
  it.each<[string, object]>([
    ['the standard claims', {}],
    ['one audience of several', { aud: ['x', 'other'] }],
    ['a fraction of a second', { exp: NOW + 0.5, iat: NOW - 0.25, nbf: NOW - 0.1 }],
    ['claims of the application of any type', { roles: null, a: [1, { b: 2 }] }],
    [
      'all of the registered claims',
      { auth_time: 0, acr: '', amr: [], act: {}, cnf: {}, azp: 'a', nonce: 'n', status: {} },
    ],
  ])('accepts %s', (_, change) => expect(check(change)).toBeNull())

  it.each<[string, object, string]>([
    ...['iss', 'sub', 'aud', 'exp', 'iat', 'scope'].map((name): [string, object, string] => [
      `no ${name}`,
      { [name]: undefined },
      'token.claim_missing',
    ]),
    ...['iss', 'sub', 'aud', 'jti', 'sid', 'client_id', 'azp'].flatMap((name) =>
      ['', 1, null, true, {}, []].map((value): [string, object, string] => [
        `${name} as ${JSON.stringify(value)}`,
        { [name]: value },
        'token.claim_invalid',
      ]),
    ),
    ...['exp', 'nbf', 'iat', 'auth_time'].flatMap((name) =>
      ['1', `${NOW}`, -1, 2 ** 53, 1e300, null, true, [NOW]].map((value): [string, object, string] => [
        `${name} as ${JSON.stringify(value)}`,
        { [name]: value },
        'token.claim_invalid',
      ]),
    ),
    ...[-1, 0.5, '0', null, 2 ** 53, [0]].map((value): [string, object, string] => [
      `gen as ${JSON.stringify(value)}`,
      { gen: value },
      'token.claim_invalid',
    ]),
    ['scope as a list', { scope: ['a'] }, 'token.claim_invalid'],
    ['amr as a text', { amr: 'pwd' }, 'token.claim_invalid'],
    ['cnf as a list', { cnf: [] }, 'token.claim_invalid'],
    ['a number among audiences', { aud: [AUDIENCE, 1] }, 'token.claim_invalid'],
    ['a list in the list of audiences', { aud: [[AUDIENCE]] }, 'token.claim_invalid'],
    ['another issuer', { iss: `${ISSUER}/` }, 'token.issuer'],
    ['another audience', { aud: ['x', AUDIENCE.toUpperCase()] }, 'token.audience'],
    ['a life of more than an hour', { exp: NOW + 3601 }, 'token.lifetime'],
    ['an end before the beginning', { exp: NOW + 1, iat: NOW + 1 }, 'token.issued_in_future'],
  ])('refuses %s', (_, change, code) => expect(check(change)).toBe(code))

  it('ends a token at the very second that exp names, tolerance or not', () => {
    const exp = NOW + 600
    expect(check({ exp }, exp - 1)).toBeNull()
    expect(check({ exp }, exp - 0.001)).toBeNull()
    expect(check({ exp }, exp)).toBe('token.expired')
    expect(check({ exp }, exp, 60)).toBe('token.expired')
    expect(check({ exp }, Number.NaN)).toBe('token.expired')
  })

  it('is tolerant in nbf and iat', () => {
    expect(check({ nbf: NOW + 1 })).toBe('token.not_yet_valid')
    expect(check({ nbf: NOW + 5 }, NOW, 5)).toBeNull()
    expect(check({ nbf: NOW + 6 }, NOW, 5)).toBe('token.not_yet_valid')
    expect(check({ iat: NOW + 1 })).toBe('token.issued_in_future')
    expect(check({ iat: NOW + 5 }, NOW, 5)).toBeNull()
    expect(check({ iat: NOW + 6 }, NOW, 5)).toBe('token.issued_in_future')
    expect(check({ iat: NOW + 5, exp: NOW + 4 }, NOW, 5)).toBe('token.lifetime')
  })
})
