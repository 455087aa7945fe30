/**
 * CHECK: what every verifier asks of its memory for every request, whatever credential it was handed
 * (docs/guarantee.md). Synchronous; the tables are looked at first and the clocks are read last.
 */
import type { JsonObject } from '../json.ts'
import { PROTOCOL_CLAIMS } from '../token/protocol-claims.ts'
import type { CredentialRef, Verdict } from './engine.ts'

/** A credential's fields, prepared once (digested keys, last verdict) and kept beside its cache entry. */
export interface CheckKey {
  readonly ref: CredentialRef
}

/** How sure the answer is: within the lease; or, the lease having run out, by one look-up or knowingly stale. */
export type Freshness = 'lease' | 'lookup' | 'stale'

/** A verifier's memory of the revocation log. */
export interface RevocationView {
  /**
   * Shapes a credential's fields for `look`.
   * @throws AuthError `token.claim_invalid` for an absent or ill-typed field: a comparison with undefined would accept
   */
  prepare(ref: CredentialRef): CheckKey
  /** Tables only: dead, stale (claims), or alive. Costs one comparison while no event has been applied since the last look. */
  look(key: CheckKey): Verdict
  /** All current application claims of a stale credential's subject, or null while they are not known. */
  patchFor(key: CheckKey): JsonObject | null
  /** As `prepare`, for a session's credential: into the `PACKED_WORDS` words from `at` on. @throws AuthError as `prepare` */
  pack(ref: CredentialRef, words: Int32Array, at: number): void
  /** As `look`, of what was packed there; nothing is remembered. */
  lookPacked(words: Int32Array, at: number, generation: number): Verdict
  /** As `patchFor`. */
  patchForPacked(words: Int32Array, at: number, generation: number): JsonObject | null
  /**
   * Another number, above 0 and never one before, after every change of `floor` and of what `look`, `patchFor` and
   * `isKeyRetired` answer: while it stands still, an answer may be remembered.
   */
  readonly epoch: number
  /** Whether this signing key was retired by the emergency floor. */
  isKeyRetired(keyId: string): boolean
  /** Sessions and families under a lower floor are dead. */
  readonly floor: number
  /** Reads both clocks: true while this verifier may decide from memory. The last thing a check does. */
  leaseHolds(): boolean
  /**
   * As `leaseHolds`, for a check that also needs the time: the wall time that was read, in milliseconds since 1970; NaN, which
   * is before and after nothing, when this verifier may not decide from memory.
   */
  wallMsInLease(): number
  /** Milliseconds since the send time of the last usable renewal: how stale a decision can be at most. */
  stalenessMs(): number
  /** Whether a decision may be taken `seconds` after the lease ran out (`staleOk`). */
  leaseHeldWithin(seconds: number): boolean
  /** One linearizable read, for use when the lease has run out or the route is strict. */
  strict(ref: CredentialRef): Promise<Verdict>
}

/** What a route does when the lease has run out: refuse with 503, ask the store once (then 503), or accept for so long. */
export type OnStale = 'deny' | 'lookup' | { readonly staleOkSeconds: number }

/**
 * How sure an answer must be. `lease`: from memory, and when the lease has run out as `onStale` says; `strict`: one linearizable
 * read of the store for every request, whatever is known in memory. Any `OnStale`: as `lease`, with this one in its place.
 */
export type Consistency = 'lease' | 'strict' | OnStale

/** For routes that may go on without the store: accepts for `seconds` more when the lease has run out, knowingly stale. */
export function staleOk(seconds: number): OnStale {
  return checkConsistency({ staleOkSeconds: seconds }) as OnStale
}

const LONGEST_STALE_SECONDS = 86_400

/** @throws TypeError for what is none */
export function checkConsistency(consistency: Consistency): Consistency {
  if (consistency === 'lease' || consistency === 'strict') return consistency
  if (consistency === 'deny' || consistency === 'lookup') return consistency
  const seconds = typeof consistency === 'object' && consistency !== null ? consistency.staleOkSeconds : Number.NaN
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= LONGEST_STALE_SECONDS)
    return { staleOkSeconds: seconds }
  throw new TypeError(
    `it is 'lease', 'strict', 'deny', 'lookup' or { staleOkSeconds }, a whole number from 0 to ${LONGEST_STALE_SECONDS}`,
  )
}

export { PROTOCOL_CLAIMS }

/**
 * Lays the subject's current application claims over those that a token carries: a carried one is replaced, or removed
 * when it is no longer there; none is added and no protocol claim is touched.
 */
export function applyPatch<T extends JsonObject>(carried: T, patch: JsonObject): T {
  const result: Record<string, JsonObject[string]> = {}
  for (const name of Object.keys(carried)) {
    if (PROTOCOL_CLAIMS.has(name)) result[name] = carried[name] as JsonObject[string]
    else if (Object.hasOwn(patch, name)) result[name] = patch[name] as JsonObject[string]
  }
  return result as T
}
