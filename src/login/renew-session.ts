/** A new id and secret for a session that goes on: at a rise of privilege, a switch of accounts, or when it is parked. */
import { AuthError } from '../errors.ts'
import type { Appended } from '../revocation/engine.ts'
import type { Session } from '../session/session.ts'
import type { Parts } from './parts.ts'

/** What goes on, the cookie that names it now, and the end of the old id. */
export interface Renewed {
  readonly session: Session
  readonly cookie: string | null
  readonly appended: Appended
}

/**
 * Replaces a live session by one with a new id; null: it is not alive.
 *
 * @param options.parked no cookie names the new session
 * @param options.announce awaited before each attempt with the id that is about to exist
 */
export type Renew = (
  session: Session,
  change: Partial<Session>,
  options?: { readonly parked?: boolean; readonly announce?: (id: string) => Promise<void> },
) => Promise<Renewed | null>

const ATTEMPTS = 20

/** The whole step is compare-and-set on what was read; when somebody else was faster, it is read and tried again. */
export function createRenew({ options, sessions, claims }: Parts): Renew {
  const { clock, store } = options
  return async (session, change, { parked = false, announce } = {}) => {
    if (session.subject === null) return null
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await store.sessions.findWithSubject(session.id, clock.now())
      if (!found) return null
      const { session: current, subject: state } = found
      const floor = await store.revocations.floor()
      const snapshot = await claims.ofSession(current, session.subject, state)
      const next = sessions.prepare(
        {
          ...current,
          claims: snapshot.claims,
          claimsGeneration: snapshot.generation,
          generation: state.generation,
          floor,
          lastSeenAt: Math.max(current.lastSeenAt, clock.now()),
          ...change,
        },
        parked ? 'parked' : undefined,
      )
      await announce?.(next.session.id)
      await options.onSuccessor(current.id, next.session.id)
      const result = await sessions.rotate(current, next.session)
      if (result.outcome === 'rotated') return { ...next, appended: result.appended }
      if (result.outcome === 'missing') return null
    }
    throw new AuthError('session.conflict', 'the session is changing too often', { retryAfterSeconds: 1 })
  }
}
