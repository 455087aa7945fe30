/** The types of `sojourn/verifier` are those that `design.md` fixes. */
import { expectTypeOf, it } from 'vitest'
import {
  createVerifier,
  type FollowingVerifier,
  type JsonObject,
  type VerifiedClaims,
  type Verifier,
  type VerifierOptions,
} from '../../src/verifier/index.ts'

it('takes the options by their names', () => {
  expectTypeOf<keyof VerifierOptions>().toEqualTypeOf<
    | 'keys'
    | 'jwksUrl'
    | 'issuer'
    | 'audience'
    | 'algorithms'
    | 'typ'
    | 'requiredClaims'
    | 'maxLifetimeSeconds'
    | 'clockToleranceSeconds'
    | 'clock'
    | 'revocations'
  >()
  expectTypeOf<{ issuer: string; audience: string; jwksUrl: string }>().toExtend<VerifierOptions>()
  expectTypeOf<{ issuer: string; audience: string[]; keys: { keys: object[] } }>().toExtend<VerifierOptions>()
  expectTypeOf<{ audience: string }>().not.toExtend<VerifierOptions>()
  expectTypeOf<{ issuer: string; audience: string; algorithms: ['none'] }>().not.toExtend<VerifierOptions>()
  expectTypeOf<{ issuer: string; audience: string; algorithms: ['HS256', 'ES256'] }>().toExtend<VerifierOptions>()
})

it('takes revocations of one kind', () => {
  expectTypeOf<{ statusLists: string }>().toExtend<NonNullable<VerifierOptions['revocations']>>()
  expectTypeOf<{ statusLists: number }>().not.toExtend<NonNullable<VerifierOptions['revocations']>>()
  expectTypeOf<Record<never, never>>().not.toExtend<NonNullable<VerifierOptions['revocations']>>()
})

it('answers claims, later or now', () => {
  expectTypeOf<ReturnType<typeof createVerifier>>().toEqualTypeOf<Verifier>()
  expectTypeOf<Verifier['verify']>().returns.resolves.toEqualTypeOf<VerifiedClaims>()
  expectTypeOf<ReturnType<Verifier['verifyNow']>>().toEqualTypeOf<VerifiedClaims | undefined>()
  expectTypeOf<VerifiedClaims>().toExtend<JsonObject>()
  expectTypeOf<VerifiedClaims['sub']>().toEqualTypeOf<string>()
  expectTypeOf<VerifiedClaims['exp']>().toEqualTypeOf<number>()
})

it('can be closed where it follows a server', () => {
  const revocations = { url: 'https://login.example', token: 'a key' }
  const follow = () => createVerifier({ jwksUrl: 'https://login.example', issuer: 'i', audience: 'a', revocations })
  expectTypeOf(follow).returns.toEqualTypeOf<FollowingVerifier>()
  expectTypeOf<FollowingVerifier['close']>().returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf<FollowingVerifier>().toExtend<Verifier>()
})
