/** What a route may demand of a login, and how it is refused. */
import { describe, expect, it } from 'vitest'
import { problemResponse } from '../../../src/http/problem.ts'
import { createDemand, type Requirement } from '../../../src/http/require-auth.ts'
import { StepUpRequired, stepUpOf } from '../../../src/http/step-up.ts'
import { AuthError } from '../../../src/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

interface Claims {
  readonly roles?: readonly string[]
  readonly plan?: string
  readonly seats?: number
}

const clock = createTestClock()
const NOW = clock.now()
const login = (claims: Claims = {}, acr: string | null = null, age = 0) => ({ claims, acr, authenticatedAt: NOW - age })

const codeOf = (requirement: Requirement<Claims>, given = login()): string => {
  try {
    createDemand(requirement, clock)(given)
    return 'passes'
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error)
  }
}

describe('a demand', () => {
  it('for nothing lets every login pass', () => {
    expect(codeOf({})).toBe('passes')
    expect(codeOf({ claims: {} })).toBe('passes')
  })

  it.each<[Requirement<Claims>['claims'], Claims, string]>([
    [{ roles: 'admin' }, { roles: ['reader', 'admin'] }, 'passes'],
    [{ roles: 'admin' }, { roles: ['reader'] }, 'policy.denied'],
    [{ roles: 'admin' }, {}, 'policy.denied'],
    [{ roles: ['admin', 'reader'] }, { roles: ['reader', 'admin'] }, 'passes'],
    [{ roles: ['admin', 'owner'] }, { roles: ['reader', 'admin'] }, 'policy.denied'],
    [{ plan: 'pro' }, { plan: 'pro' }, 'passes'],
    [{ plan: 'pro' }, { plan: 'free' }, 'policy.denied'],
    [{ seats: 3 }, { seats: 3 }, 'passes'],
    [{ seats: 3, plan: 'pro' }, { seats: 3 }, 'policy.denied'],
    [(claims: Claims) => (claims.seats ?? 0) > 2, { seats: 3 }, 'passes'],
    [(claims: Claims) => (claims.seats ?? 0) > 2, {}, 'policy.denied'],
  ])('for the claims %j of %j: %s', (claims, held, expected) => {
    expect(codeOf(claims === undefined ? {} : { claims }, login(held))).toBe(expected)
  })

  it('is met by own claims only, and by no likeness of a value', () => {
    const inherited = Object.create({ plan: 'pro' }) as Claims
    expect(codeOf({ claims: { plan: 'pro' } }, login(inherited))).toBe('policy.denied')
    expect(codeOf({ claims: { toString: 'x' } as never })).toBe('policy.denied')
    expect(codeOf({ claims: { seats: 3 } }, login({ seats: '3' } as never))).toBe('policy.denied')
    expect(codeOf({ claims: { roles: 'admin' } }, login({ roles: 'administrator' } as never))).toBe('policy.denied')
    // A test that answers a promise by mistake lets nobody in.
    expect(codeOf({ claims: (async () => true) as never })).toBe('policy.denied')
  })

  it.each<[Requirement<Claims>, string | null, number, string]>([
    [{ maxAge: 60 }, null, 60, 'passes'],
    [{ maxAge: 60 }, null, 61, 'credentials.insufficient'],
    [{ maxAge: 0 }, null, 0, 'passes'],
    [{ maxAge: 0 }, null, 1, 'credentials.insufficient'],
    [{ acr: 'mfa' }, 'mfa', 9999, 'passes'],
    [{ acr: 'mfa' }, null, 0, 'credentials.insufficient'],
    [{ acr: 'mfa' }, 'pwd', 0, 'credentials.insufficient'],
    [{ acr: ['mfa', 'passkey'] }, 'passkey', 0, 'passes'],
    [{ acr: ['mfa', 'passkey'], maxAge: 5 }, 'passkey', 6, 'credentials.insufficient'],
  ])('%j of acr %s, %s s old: %s', (requirement, acr, age, expected) => {
    expect(codeOf(requirement, login({}, acr, age))).toBe(expected)
  })

  it('fails closed when the login does not tell when it was authenticated', () => {
    expect(codeOf({ maxAge: 60 }, { ...login(), authenticatedAt: Number.NaN })).toBe('credentials.insufficient')
  })

  it('tells nobody to sign in again for what they may not do anyway', () => {
    expect(codeOf({ claims: { plan: 'pro' }, acr: 'mfa' })).toBe('policy.denied')
  })

  it.each([
    { maxAge: -1 },
    { maxAge: 1.5 },
    { maxAge: '60' },
    { maxAge: null },
    { acr: null },
    { acr: '' },
    { acr: [] },
    { acr: ['a b'] },
    { acr: ['a"'] },
    { acr: 'a\\' },
    { acr: 'ü' },
    { claims: null },
    { claims: { roles: [] } },
    { claims: { roles: undefined } },
    { claims: { roles: { a: 1 } } },
  ])('that makes no sense is a TypeError: %j', (requirement) => {
    expect(() => createDemand(requirement as never, clock)).toThrow(TypeError)
  })
})

describe('the answer', () => {
  const request = { headers: new Headers() }

  it('is the challenge of RFC 9470', () => {
    const { status, headers, body } = problemResponse(
      new StepUpRequired({ acrValues: ['phr', 'mfa'], maxAge: 5 }),
      request,
    )
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="insufficient_user_authentication", error_description="a different authentication is required", acr_values="phr mfa", max_age="5"',
    ])
    expect(JSON.parse(String(body))).toMatchObject({
      code: 'credentials.insufficient',
      acr_values: ['phr', 'mfa'],
      max_age: 5,
    })
  })

  it('names only what was asked for', () => {
    const byAge = problemResponse(new StepUpRequired({ acrValues: [], maxAge: 0 }), request)
    expect(byAge.headers.get('www-authenticate')).toMatch(/required", max_age="0"$/)
    const byAcr = problemResponse(new StepUpRequired({ acrValues: ['mfa'], maxAge: null }), request)
    expect(byAcr.headers.get('www-authenticate')).toMatch(/required", acr_values="mfa"$/)
    expect(JSON.parse(String(byAcr.body))).not.toHaveProperty('max_age')
  })

  it('is known across copies of the package, and for no other error', () => {
    const other = Object.assign(new Error('x'), {
      name: 'AuthError',
      code: 'credentials.insufficient',
      acrValues: ['a', 1],
    })
    expect(stepUpOf(other)).toEqual({ acrValues: ['a'], maxAge: null })
    expect(stepUpOf(new AuthError('policy.denied', 'x'))).toBeNull()
    expect(stepUpOf(null)).toBeNull()
  })
})
