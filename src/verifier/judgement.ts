/** CHECK for one verified token: is it alive, and what are its claims now? (docs/guarantee.md) */
import { AuthError, isAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import {
  applyPatch,
  type CheckKey,
  type Consistency,
  type Freshness,
  type RevocationView,
} from '../revocation/check.ts'
import type { Verdict } from '../revocation/engine.ts'
import type { VerifyKey } from '../token/jwk.ts'
import { deepFreeze } from '../token/strict-json.ts'
import type { VerifiedClaims } from './verified-claims.ts'

/** A token whose signature and claims are good. */
export interface Judged {
  readonly claims: VerifiedClaims
  readonly key: VerifyKey
  readonly check: CheckKey
  /** The last patch and what it made of the claims. */
  patch: JsonObject | null
  patched: VerifiedClaims | null
}

/** Loads all current application claims of a token; null: they cannot be had. */
export type LoadClaims = (claims: VerifiedClaims) => Promise<JsonObject | null>

export interface Judgement {
  /** From the tables alone: the claims of a token that is alive; null: they are stale and no patch is known. @throws AuthError `token.revoked` */
  claimsNow(token: Judged): VerifiedClaims | null
  /** These claims were handed out for this token. */
  remember(token: Judged, claims: VerifiedClaims): void
  /** @throws AuthError `token.revoked`, `token.expired`, `revocation.stale`; TypeError for claims that were not handed out here */
  guard(claims: VerifiedClaims, freshness: Freshness): void
  /** @throws AuthError `token.revoked`, `token.expired`, `token.claims_stale`, `revocation.stale` */
  judge(
    token: Judged,
    consistency: Consistency,
  ): Promise<{ readonly claims: VerifiedClaims; readonly freshness: Freshness }>
}

/** After how long a verifier whose lease has run out can hold one again: a heartbeat. */
const RETRY_SECONDS = 2

export function createJudgement(view: RevocationView, clock: () => number, loadClaims: LoadClaims | null): Judgement {
  const tokens = new WeakMap<VerifiedClaims, Judged>()

  /** @throws AuthError `token.revoked` */
  const look = ({ key: { keyId }, check }: Judged): Verdict => {
    if (keyId !== null && view.isKeyRetired(keyId)) throw revoked()
    const verdict = view.look(check)
    if (verdict === 'dead') throw revoked()
    return verdict
  }

  const overlay = (token: Judged, patch: JsonObject): VerifiedClaims => {
    if (token.patch === patch && token.patched) return token.patched
    const patched = deepFreeze(applyPatch(token.claims, patch))
    token.patch = patch
    token.patched = patched
    tokens.set(patched, token)
    return patched
  }

  const claimsNow = (token: Judged): VerifiedClaims | null => {
    if (look(token) !== 'stale') return token.claims
    const patch = view.patchFor(token.check)
    return patch === null ? null : overlay(token, patch)
  }

  /** @throws AuthError `token.claims_stale` */
  const load = async ({ claims }: Judged): Promise<JsonObject> => {
    const loaded = loadClaims && (await loadClaims(claims))
    if (!loaded) throw claimsStale()
    return loaded
  }

  /** @throws AuthError `token.expired` */
  const checkExpiry = ({ claims }: Judged): void => {
    if (!(clock() < claims.exp)) throw new AuthError('token.expired', 'the token has expired')
  }

  /** What was loaded, unless a patch came in meanwhile: that one is newer, or somebody still waits for the newer one. */
  const claimsAfter = (token: Judged, loaded: JsonObject): VerifiedClaims => {
    checkExpiry(token)
    return claimsNow(token) ?? overlay(token, loaded)
  }

  /** One linearizable read. What this verifier remembers of claims may be as old as its lease. */
  const lookUp = async (token: Judged): Promise<VerifiedClaims> => {
    const verdict = await askStore(view, token.check)
    if (verdict === 'dead') throw revoked()
    const claims = verdict === 'stale' ? overlay(token, await load(token)) : token.claims
    checkExpiry(token)
    look(token)
    return claims
  }

  return {
    claimsNow,
    remember: (token, claims) => void tokens.set(claims, token),
    guard(claims, freshness) {
      const token = tokens.get(claims)
      if (!token) throw new TypeError('these claims are not from this verifier')
      checkExpiry(token)
      look(token)
      if (freshness !== 'stale' && !view.leaseHolds()) throw stale()
    },
    async judge(token, consistency) {
      if (consistency === 'strict') {
        look(token)
        return { claims: await lookUp(token), freshness: 'lookup' }
      }
      // Whatever is awaited is awaited here; from the tables on to the clocks nothing is.
      const claims = claimsNow(token) ?? claimsAfter(token, await load(token))
      if (view.leaseHolds()) return { claims, freshness: 'lease' }
      if (consistency === 'lookup' || consistency === 'lease') {
        return { claims: await lookUp(token), freshness: 'lookup' }
      }
      if (consistency === 'deny' || !view.leaseHeldWithin(consistency.staleOkSeconds)) throw stale()
      return { claims, freshness: 'stale' }
    },
  }
}

/** @throws AuthError `revocation.stale` when the store does not answer */
async function askStore(view: RevocationView, check: CheckKey): Promise<Verdict> {
  try {
    return await view.strict(check.ref)
  } catch (cause) {
    if (!isAuthError(cause, 'store.unavailable')) throw cause
    throw stale(cause)
  }
}

export function claimsStale(): AuthError {
  return new AuthError('token.claims_stale', "the token's claims have changed: get a new one")
}

function revoked(): AuthError {
  return new AuthError('token.revoked', 'the token or its session has been revoked')
}

function stale(cause?: unknown): AuthError {
  return new AuthError('revocation.stale', 'revocations cannot be checked now', {
    retryAfterSeconds: RETRY_SECONDS,
    cause,
  })
}
