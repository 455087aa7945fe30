/** A verifier as its users see it. */
import type { Consistency, Freshness } from '../revocation/check.ts'
import type { VerifiedClaims } from './verified-claims.ts'

export interface Verifier {
  /** What this verifier knows of revocations. */
  readonly revocation: 'none' | 'lease' | 'status-list'
  /**
   * @param consistency how sure the answer must be; default `lease`, and when it has run out: ask the store once
   * @throws AuthError `token.*`, `keys.unavailable`, `revocation.stale`
   */
  verify(token: string, consistency?: Consistency): Promise<VerifiedClaims>
  /** Claims, or undefined when I/O is needed (a key to fetch, Web Crypto, a lease that ran out). @throws AuthError `token.*` */
  verifyNow(token: string): VerifiedClaims | undefined
  /**
   * Once more, from memory, just before the effect of a request; the claims are the very object that this verifier gave.
   * @param freshness `stale`: what is known counts, however old; default `lease`
   * @throws AuthError `token.revoked`, `token.expired`; `revocation.stale` when the lease does not hold
   * @throws TypeError for claims of another verifier, or one without revocations
   */
  guard(claims: VerifiedClaims, freshness?: Freshness): void
  /** As `verify`, with how sure the answer is; `stale` where nothing is known of revocations. */
  verifyDetailed(
    token: string,
    consistency?: Consistency,
  ): Promise<{ readonly claims: VerifiedClaims; readonly freshness: Freshness }>
}
