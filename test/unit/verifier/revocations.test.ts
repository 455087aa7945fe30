import { beforeEach, describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { RevocationEvent, Verdict } from '../../../src/revocation/engine.ts'
import { createRevocationView, type FollowedView } from '../../../src/revocation/view.ts'
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts'
import { createStaticKeySource } from '../../../src/token/key-set.ts'
import { createVerifierOver, type VerifiedClaims, type Verifier } from '../../../src/verifier/verifier.ts'
import { codeOf, codeOfAsync } from '../../support/codes.ts'
import { AUDIENCE, goodClaims, ISSUER, makeKey, NOW } from '../../support/tokens.ts'

const key = await makeKey('EdDSA')
const { sid, sub, jti } = goodClaims() as { sid: string; sub: string; jti: string }
const until = NOW + 5000
let clock: TestClock
let view: FollowedView
let verifier: Verifier
let offset = 0
let judge: () => Promise<Verdict>
let asked = 0
let load: ((claims: VerifiedClaims) => Promise<JsonObject | null>) | null

const apply = (event: RevocationEvent) => view.apply({ offset: ++offset, event })
const hold = (seconds = 12) => view.lease.extend(clock.monoMs(), clock.wallMs(), seconds * 1000)
const open = () =>
  createVerifierOver(
    createStaticKeySource({ keys: [key.verifyJwk] }, ['EdDSA']),
    { issuer: ISSUER, audience: AUDIENCE, clock: clock.now, revocations: view },
    load ? { onStaleClaims: (claims) => (load as NonNullable<typeof load>)(claims) } : {},
  )
const stale = (generation = 4, patch: JsonObject | null = null) =>
  apply({ kind: 'claims', subject: sub, generation, patch, until })

beforeEach(() => {
  clock = createTestClock({ now: NOW })
  judge = async () => 'alive'
  asked = 0
  load = null
  view = createRevocationView({
    clock,
    judge: async () => {
      asked++
      return judge()
    },
  })
  hold()
  verifier = open()
})

describe('with revocations', () => {
  it('decides from memory within the lease', async () => {
    const token = await key.token()
    expect(verifier.revocation).toBe('lease')
    expect(verifier.verifyNow(token)).toEqual(goodClaims())
    expect((await verifier.verifyDetailed(token)).freshness).toBe('lease')
    expect(asked).toBe(0)
  })

  it.each(['sid', 'sub', 'jti', 'gen'])('refuses a token without %s', async (name) => {
    const token = await key.token(goodClaims({ [name]: undefined }))
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.claim_missing')
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.claim_missing')
  })

  it.each([
    ['sid', 1],
    ['sid', ''],
    ['sub', []],
    ['jti', null],
    ['gen', '3'],
    ['gen', -1],
    ['gen', 0.5],
    ['gen', null],
  ])('refuses %s as %j', async (name, value) => {
    const token = await key.token(goodClaims({ [name]: value }))
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.claim_invalid')
  })

  it.each<[string, RevocationEvent]>([
    ['its session', { kind: 'session', sessionId: sid, subject: sub, until }],
    ['the token itself', { kind: 'token', tokenId: jti, until }],
    ['its subject', { kind: 'subject', subject: sub, generation: 4, until }],
    ['its key', { kind: 'floor', floor: 1, keyIds: [key.signing.keyId], until }],
  ])('refuses a token once %s is revoked: one it knows and one it has never seen', async (_, event) => {
    const token = await key.token()
    const other = await key.token(goodClaims({ extra: 1 }))
    expect(verifier.verifyNow(token)).toBeDefined()
    apply(event)
    for (const text of [token, other, token]) {
      expect(codeOf(() => verifier.verifyNow(text))).toBe('token.revoked')
      expect(await codeOfAsync(() => verifier.verify(text))).toBe('token.revoked')
      expect(await codeOfAsync(() => verifier.verify(text, { staleOkSeconds: 60 }))).toBe('token.revoked')
    }
  })

  it('learns of a retired key also when the floor was known before', async () => {
    const token = await key.token()
    verifier.verifyNow(token)
    view.raiseFloor(1)
    expect(verifier.verifyNow(token)).toBeDefined()
    apply({ kind: 'floor', floor: 1, keyIds: [key.signing.keyId], until })
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.revoked')
  })

  it('leaves others alone', async () => {
    const token = await key.token()
    apply({ kind: 'session', sessionId: 'other', subject: sub, until })
    apply({ kind: 'subject', subject: sub, generation: 3, until })
    apply({ kind: 'floor', floor: 1, keyIds: ['other'], until })
    expect(verifier.verifyNow(token)).toBeDefined()
  })
})

describe('claims that have changed', () => {
  it('lays a patch over the token’s claims at the next check', async () => {
    const token = await key.token(goodClaims({ plan: 'free' }))
    expect(verifier.verifyNow(token)).toMatchObject({ roles: ['reader'], plan: 'free' })
    stale(4, { roles: ['admin'], added: true, aud: 'evil', scope: 'all' })
    const expected = goodClaims({ roles: ['admin'] })
    expect(verifier.verifyNow(token)).toEqual(expected)
    expect(await verifier.verify(token)).toEqual(expected)
    expect((await verifier.verifyDetailed(token)).freshness).toBe('lease')
  })

  it('makes the patched claims once, frozen, and again for the next patch', async () => {
    const token = await key.token()
    stale(4, { roles: ['a'] })
    const patched = verifier.verifyNow(token) as VerifiedClaims
    expect(verifier.verifyNow(token)).toBe(patched)
    expect(Object.isFrozen(patched) && Object.isFrozen(patched.roles)).toBe(true)
    stale(5, { roles: ['b'] })
    expect(verifier.verifyNow(token)).toMatchObject({ roles: ['b'] })
  })

  it('leaves a newer token as it is', async () => {
    stale(4, { roles: ['admin'] })
    expect(verifier.verifyNow(await key.token(goodClaims({ gen: 4 })))).toMatchObject({ roles: ['reader'] })
  })

  it('refuses while no patch is known', async () => {
    const token = await key.token()
    stale()
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.claims_stale')
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.claims_stale')
  })

  it('asks for the claims where it is told how', async () => {
    const seen: unknown[] = []
    load = async (claims) => {
      seen.push(claims)
      return { roles: ['loaded'] }
    }
    verifier = open()
    const token = await key.token()
    stale()
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(await verifier.verify(token)).toMatchObject({ roles: ['loaded'] })
    expect(seen).toEqual([goodClaims()])
    load = async () => null
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.claims_stale')
  })

  it('sees a revocation, an end of the lease and an expiry that came while it asked', async () => {
    verifier = open()
    const token = await key.token()
    stale()
    const during = async (change: () => void) => {
      load = async () => {
        change()
        return { roles: ['loaded'] }
      }
      return codeOfAsync(() => open().verify(token, 'deny'))
    }
    expect(await during(() => {})).toBeNull()
    expect(await during(() => view.lease.drop())).toBe('revocation.stale')
    hold()
    expect(await during(() => apply({ kind: 'token', tokenId: jti, until }))).toBe('token.revoked')
    const other = await key.token(goodClaims({ jti: 'other' }))
    load = async () => {
      clock.advance(600)
      return {}
    }
    expect(await codeOfAsync(() => open().verify(other))).toBe('token.expired')
  })
})

describe('when the lease has run out', () => {
  beforeEach(() => clock.advance(12))

  it('does not decide at once', async () => {
    expect(verifier.verifyNow(await key.token())).toBeUndefined()
  })

  it('asks the store once', async () => {
    const token = await key.token()
    expect(await verifier.verifyDetailed(token)).toEqual({ claims: goodClaims(), freshness: 'lookup' })
    expect(asked).toBe(1)
    judge = async () => 'dead'
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.revoked')
    judge = async () => 'stale'
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.claims_stale')
    load = async () => ({ roles: ['now'] })
    expect(await open().verify(token)).toMatchObject({ roles: ['now'] })
  })

  it('answers 503 when the store does not answer', async () => {
    judge = async () => {
      throw new AuthError('store.unavailable', 'down')
    }
    const error = await verifier.verify(await key.token()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'revocation.stale', retryAfterSeconds: 2 })
    expect((error as Error).cause).toMatchObject({ code: 'store.unavailable' })
  })

  it('denies where the route says so', async () => {
    expect(await codeOfAsync(async () => verifier.verify(await key.token(), 'deny'))).toBe('revocation.stale')
    expect(asked).toBe(0)
  })

  it('accepts for so long where the route says so', async () => {
    const token = await key.token()
    expect(await verifier.verifyDetailed(token, { staleOkSeconds: 5 })).toMatchObject({ freshness: 'stale' })
    clock.advance(5)
    expect(await codeOfAsync(() => verifier.verify(token, { staleOkSeconds: 5 }))).toBe('revocation.stale')
    expect(await codeOfAsync(() => verifier.verify(token, { staleOkSeconds: Number.NaN }))).toBe('revocation.stale')
  })

  it('sees what came in while it asked', async () => {
    const token = await key.token()
    judge = async () => {
      apply({ kind: 'session', sessionId: sid, subject: sub, until })
      return 'alive'
    }
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.revoked')
    judge = async () => {
      clock.advance(600)
      return 'alive'
    }
    const other = await key.token(goodClaims({ sid: 'other', jti: 'other' }))
    expect(await codeOfAsync(() => verifier.verify(other))).toBe('token.expired')
  })

  it('ends with either clock, and comes back with the next renewal', async () => {
    const token = await key.token()
    hold()
    expect(verifier.verifyNow(token)).toBeDefined()
    clock.stepWall(12)
    expect(verifier.verifyNow(token)).toBeUndefined()
    clock.advanceMs(1)
    hold()
    expect(verifier.verifyNow(token)).toBeDefined()
  })

  it('still refuses what it knows to be dead', async () => {
    apply({ kind: 'token', tokenId: jti, until })
    expect(await codeOfAsync(async () => verifier.verify(await key.token()))).toBe('token.revoked')
    expect(asked).toBe(0)
  })
})
