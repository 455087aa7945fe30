/** Once more, just before the effect of a request: has the session behind its cookie ended meanwhile? From memory. */
import type { Clock } from '../clock.ts'
import type { CheckKey, Freshness, RevocationView } from '../revocation/check.ts'
import type { Session } from '../session/session.ts'
import { sessionEnded } from '../session/sessions.ts'
import { leaseGone } from './session-cookie.ts'

/** Idle time does not count: the request that is being answered is a use. */
export function createGuard(view: RevocationView, clock: Clock): (session: Session, freshness: Freshness) => void {
  // Many requests of a login share its session, and few of them are guarded.
  const keys = new WeakMap<Session, CheckKey>()

  const keyOf = (session: Session): CheckKey => {
    const known = keys.get(session)
    if (known) return known
    const { id: sessionId, subject, generation } = session
    const key = view.prepare({ sessionId, subject: subject ?? sessionId, tokenId: null, generation })
    keys.set(session, key)
    return key
  }

  return (session, freshness) => {
    if (clock.now() >= session.absoluteExpiresAt || session.floor < view.floor) throw sessionEnded()
    if (view.look(keyOf(session)) === 'dead') throw sessionEnded()
    if (freshness !== 'stale' && !view.leaseHolds()) throw leaseGone()
  }
}
