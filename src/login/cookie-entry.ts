/** What is made of a session row: the login that is handed out, and when the row has to be looked after. */
import type { Loaded } from '../session/near-cache.ts'
import { expiresAt, type Session } from '../session/session.ts'
import type { SharedParts } from '../session/shared-parts.ts'
import { deepFreeze } from '../token/strict-json.ts'
import type { Login } from './login.ts'

export interface Keeping {
  readonly cacheSeconds: number
  readonly touchSeconds: number
  readonly shared: SharedParts
}

/** An entry is read again in the background once this part of its life is over. */
const RELOAD_AFTER = 0.8

/** @param now from before the row was read */
export function loadedAt(now: number, row: Session, { cacheSeconds, touchSeconds, shared }: Keeping): Loaded {
  // A store that keeps frozen rows in this process (memory) hands out the very row that it holds.
  const isKept = Object.isFrozen(row)
  // Handed out to every request, and so out of reach for all of them.
  const session = deepFreeze(row)
  return {
    session: isKept ? session : shared.share(session),
    readUntil: now + cacheSeconds,
    touchAt: row.lastSeenAt + touchEvery(row, touchSeconds),
    reloadAt: now + Math.ceil(cacheSeconds * RELOAD_AFTER),
  }
}

/** How often last-seen is written: an idle timeout shorter than the write interval must not end a session that is in use. */
export function touchEvery(session: Session, touchSeconds: number): number {
  return Math.max(1, Math.min(touchSeconds, Math.floor(session.idleTimeoutSeconds / 4)))
}

/** null: an anonymous session. */
export function loginOf(session: Session): Login | null {
  if (session.subject === null) return null
  return Object.freeze({
    subject: session.subject,
    claims: session.claims,
    mode: session.mode,
    credential: 'cookie',
    sessionId: session.id,
    expiresAt: expiresAt(session),
    authenticatedAt: session.authenticatedAt,
    acr: session.acr,
    amr: session.amr,
    session,
    token: null,
    freshness: 'lease',
  } satisfies Login)
}
