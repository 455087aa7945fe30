/** What a cached session needs besides its requests, and none of them waits for: last-seen, a newer row, newer claims. */
import { isAuthError } from '../errors.ts'
import { LAST_SECOND, type Loaded, type NearCache } from '../session/near-cache.ts'
import type { Session } from '../session/session.ts'
import type { SessionAndSubject } from '../session/store.ts'
import type { ClaimsAt } from './claims.ts'
import { touchEvery } from './cookie-entry.ts'
import type { Login } from './login.ts'
import type { Parts } from './parts.ts'

export interface CookieUpkeep {
  /** Last-seen, and a new read before the cached row is too old; both when the request is long gone. */
  attend(slot: number, digest: string, now: number): void
  /** Last-seen alone, of a session that need not be cached. */
  touchSoon(session: Session, now: number): void
  /** Writes a newer snapshot of the claims into the row, when there is time. */
  keepClaims(session: Session, current: ClaimsAt): void
}

/** After a failed write of last-seen, the next one waits this long. */
const TOUCH_RETRY_SECONDS = 5

/** @param through how a row is read, with claims that are not stale, and who is told that one was written */
export function createCookieUpkeep(
  parts: Parts,
  cache: NearCache<Login>,
  through: {
    readonly read: (find: () => Promise<SessionAndSubject | null>) => Promise<Loaded | null>
    readonly saved: (session: Session) => void
  },
): CookieUpkeep {
  const { options, sessions, background } = parts
  const { clock, store, touchSeconds } = options

  const attend = (slot: number, digest: string, now: number): void => {
    const session = cache.session(slot)
    const [touchAt, reloadAt] = [cache.touchAt(slot), cache.reloadAt(slot)]
    const isTouchDue = now >= touchAt
    const isReloadDue = now >= reloadAt
    cache.attend(
      slot,
      isTouchDue ? now + touchEvery(session, touchSeconds) : touchAt,
      isReloadDue ? LAST_SECOND : reloadAt,
    )
    if (isTouchDue) touchSoon(session, now)
    if (isReloadDue) reloadSoon(session, digest)
  }

  const touchSoon = (session: Session, now: number): void => {
    const { id } = session
    background.soon(`touch ${id}`, 'writing last-seen', async () => {
      let alive: boolean
      try {
        alive = await store.sessions.touch(id, now, clock.now())
      } catch (error) {
        const slot = cache.bySession(id)
        const again = now + Math.min(TOUCH_RETRY_SECONDS, touchEvery(session, touchSeconds))
        if (slot >= 0) cache.attend(slot, again, cache.reloadAt(slot))
        throw error
      }
      if (!alive) cache.drop(id)
      const slot = cache.bySession(id)
      const held = slot < 0 ? null : cache.session(slot)
      if (held && now > held.lastSeenAt) cache.update(slot, Object.freeze({ ...held, lastSeenAt: now }))
    })
  }

  const reloadSoon = ({ id, secretHash }: Session, digest: string): void => {
    background.soon(`reload ${id}`, 'reading a session again', async () => {
      const again = await cache.load(digest, id, () =>
        through.read(async () => {
          const found = await store.sessions.findWithSubject(id, clock.now())
          return found?.session.secretHash === secretHash ? found : null
        }),
      )
      if (!again) cache.drop(id)
    })
  }

  return {
    attend,
    touchSoon,

    keepClaims(session, current) {
      background.soon(`claims ${session.id}`, 'storing new claims', async () => {
        try {
          const stored = await sessions.update(session.id, (row) =>
            row.claimsGeneration >= current.generation
              ? null
              : { claims: current.claims, claimsGeneration: current.generation },
          )
          through.saved(stored)
        } catch (error) {
          // Ended meanwhile: nothing is left that could be out of date.
          if (!isAuthError(error, 'session.ended')) throw error
        }
      })
    },
  }
}
