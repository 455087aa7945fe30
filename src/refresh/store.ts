/** Port of the refresh family store. */
import type { Appended } from '../revocation/engine.ts'
import type { Family } from './family.ts'

/** What a rotation said. `replayed` hands out the sealed successor that was stored when the presented token was spent. */
export type RotateOutcome =
  | { readonly outcome: 'rotated'; readonly family: Family }
  | { readonly outcome: 'replayed'; readonly family: Family }
  /** A spent token outside the window: in this same step family and session have ended and the session's end is in the log. */
  | { readonly outcome: 'reused'; readonly family: Family; readonly appended: Appended }
  /** No family, or its session is not alive. */
  | { readonly outcome: 'missing' }
  /** Step or hash belong to no token that this family ever had (a tag of a lost secret): nothing changed. */
  | { readonly outcome: 'unknown' }

/** Each method is one atomic step. @throws AuthError `store.unavailable` from every method */
export interface FamilyStore {
  /** An id for the family of this session, as `SessionStore.newId`: 22 characters base64url. */
  newId(sessionId: string): string
  /** `missing`: its session is not alive; `exists`: the id, or a family of that session, is there already. */
  create(family: Family, now: number): Promise<'created' | 'exists' | 'missing'>
  /** The family while its session is alive. */
  find(id: string, now: number): Promise<Family | null>
  findBySession(sessionId: string, now: number): Promise<Family | null>
  /**
   * Spends the presented token (`step`, `presentedHash`).
   * Current: becomes previous, `next` becomes current, the session's `lastSeenAt` is touched: `rotated`.
   * Previous (`step` one below, hash equal) and `now < rotatedAt + windowSeconds`: `replayed`, nothing changes.
   * Previous later, or an older step: `reused`: somebody has a copy, so the session ends with the family, and its end is
   * appended to the log in this step; a crash right after it leaves nothing alive. `until` bounds the log entry.
   * `rotatedAt` is when the step is taken: a store whose callers wait (for a lock, a connection) adds what they waited to
   * `now`. Otherwise a client whose answer was lost meanwhile would come back after the window, and be taken for a thief.
   */
  rotate(
    id: string,
    presented: { readonly step: number; readonly hash: string },
    next: { readonly secretHash: string; readonly sealedSuccessor: string },
    windowSeconds: number,
    until: number,
    now: number,
  ): Promise<RotateOutcome>
  /** Removes the family only; the session stays. */
  revoke(id: string): Promise<boolean>
  deleteExpired(now: number, limit: number): Promise<number>
}
