/**
 * Refresh tokens over their store. Each is spent by its use; family and session end when one comes back that should not.
 *
 *   presented          within the window        later
 *   current            rotated                  rotated
 *   the previous one   replayed (same answer)   reused: session ends
 *   any older one      reused: session ends     reused: session ends
 *   a bad tag          unknown                  unknown
 */
import type { Clock } from '../clock.ts'
import { equalTexts } from '../crypto/digest.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'
import { AuthError } from '../errors.ts'
import { insist, type Patience } from '../insist.ts'
import type { Appended } from '../revocation/engine.ts'
import type { Family } from './family.ts'
import {
  formatRefreshToken,
  newRefreshToken,
  openSuccessor,
  parseRefreshToken,
  type RefreshToken,
  sealForServer,
  sealSuccessor,
  secretHashOf,
} from './refresh-token.ts'
import type { FamilyStore } from './store.ts'

export interface RefreshTokensOptions {
  readonly store: FamilyStore
  readonly secrets: SecretRing
  readonly clock: Clock
  readonly windowSeconds: number
  /** How long log entries are kept (`RevocationEvent.until`). */
  readonly keepSeconds: number
  /** Default: the machine's. */
  readonly patience?: Patience | undefined
}

/** What a family is issued for. */
export type FamilyTerms = Pick<Family, 'sessionId' | 'subject' | 'clientId' | 'audience' | 'scope' | 'floor'>

/** A refresh token to hand out, and its family. */
export interface IssuedRefresh {
  readonly token: string
  readonly family: Family
}

export type Exchange =
  | ({ readonly outcome: 'rotated' | 'replayed' } & IssuedRefresh)
  /** Family and session are gone; the caller waits until no verifier accepts the session any more. */
  | { readonly outcome: 'reused'; readonly family: Family; readonly appended: Appended }
  | { readonly outcome: 'missing' }

export interface RefreshTokens {
  /**
   * Starts the family of a session. null: the session is not alive.
   * @param first the token to begin with; who asks again with the same one gets the same family
   */
  issue(terms: FamilyTerms, first?: RefreshToken): Promise<IssuedRefresh | null>
  /**
   * Exchanges a refresh token for its successor. The presented token is spent by this call; presenting it again after the
   * window ends the whole family and its session (RFC 9700 §4.14).
   *
   * @param text `<family id>.<step>.<secret>.<tag>`, base64url; never logged
   * @throws AuthError `refresh.unknown`, `store.unavailable`, `store.corrupt`
   */
  exchange(text: string): Promise<Exchange>
  /** Spends a session's current token on the server's own behalf; its holder gets the same successor within the window. */
  advance(sessionId: string): Promise<IssuedRefresh | null>
  /** The family of a genuine token, current or spent; spends nothing. */
  find(text: string): Promise<Family | null>
  /** Whether a genuine token is the family's current one. */
  isCurrent(text: string, family: Family): boolean
}

export function createRefreshTokens(options: RefreshTokensOptions): RefreshTokens {
  const { store, secrets, clock, windowSeconds, keepSeconds, patience } = options
  return {
    async issue(terms, token = newRefreshToken(store.newId(terms.sessionId), 0)) {
      const family: Family = {
        ...terms,
        id: token.familyId,
        step: 0,
        secretHash: '',
        previousHash: null,
        rotatedAt: null,
        sealedSuccessor: null,
        createdAt: clock.now(),
      }
      const first = { ...family, secretHash: secretHashOf(token) }
      const outcome = await insist(() => store.create(first, clock.now()), patience)
      if (outcome === 'missing') return null
      if (outcome === 'exists') {
        const held = await store.find(first.id, clock.now())
        if (held?.secretHash !== first.secretHash) {
          throw new AuthError('session.conflict', 'the session has a refresh token already')
        }
      }
      return { token: formatRefreshToken(token, secrets), family: first }
    },

    async exchange(text) {
      const presented = parseRefreshToken(text, secrets)
      if (!presented) throw unknownToken()
      const next = newRefreshToken(presented.familyId, presented.step + 1)
      const sealedSuccessor = await sealSuccessor(presented, next)
      // Taken again after a lost answer, the step is answered as a replay: each try goes by its own time, for the one before
      // may have waited longer than the window.
      const result = await insist(() => {
        const now = clock.now()
        return store.rotate(
          presented.familyId,
          { step: presented.step, hash: secretHashOf(presented) },
          { secretHash: secretHashOf(next), sealedSuccessor },
          windowSeconds,
          now + keepSeconds,
          now,
        )
      }, patience)
      switch (result.outcome) {
        case 'rotated':
          return { outcome: 'rotated', token: formatRefreshToken(next, secrets), family: result.family }
        case 'replayed': {
          const sealed = result.family.sealedSuccessor
          const successor = sealed === null ? null : await openSuccessor(presented, sealed, secrets)
          if (!successor) throw new AuthError('store.corrupt', 'the refresh token cannot be replayed')
          return { outcome: 'replayed', token: formatRefreshToken(successor, secrets), family: result.family }
        }
        case 'unknown':
          throw unknownToken()
        default:
          return result
      }
    },

    async advance(sessionId) {
      const family = await store.findBySession(sessionId, clock.now())
      if (!family) return null
      const next = newRefreshToken(family.id, family.step + 1)
      const sealedSuccessor = await sealForServer(next, secrets)
      const result = await insist(() => {
        const now = clock.now()
        return store.rotate(
          family.id,
          { step: family.step, hash: family.secretHash },
          { secretHash: secretHashOf(next), sealedSuccessor },
          windowSeconds,
          now + keepSeconds,
          now,
        )
      }, patience)
      if (result.outcome !== 'rotated' && result.outcome !== 'replayed') return null
      // Somebody else may have been first: then theirs is the current one, and only its holder can know it.
      if (result.family.secretHash !== secretHashOf(next)) return null
      return { token: formatRefreshToken(next, secrets), family: result.family }
    },

    async find(text) {
      const presented = parseRefreshToken(text, secrets)
      return presented && store.find(presented.familyId, clock.now())
    },

    isCurrent(text, family) {
      const presented = parseRefreshToken(text, secrets)
      return (
        presented?.familyId === family.id &&
        presented.step === family.step &&
        equalTexts(secretHashOf(presented), family.secretHash)
      )
    },
  }
}

function unknownToken(): AuthError {
  return new AuthError('refresh.unknown', 'the refresh token is not known')
}
