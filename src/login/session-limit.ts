/** At most so many sessions per subject: refused by the store in one step, or the oldest ended afterwards. */
import type { Appended } from '../revocation/engine.ts'
import type { Session } from '../session/session.ts'
import { idsOf, type Parts } from './parts.ts'

export interface SessionLimit {
  /** What the store checks when it creates; null: nothing. */
  readonly atCreation: number | null
  /** `createdAt` of a session to come. */
  createdAt(subject: string): Promise<number>
  /** Ends those beyond the newest. null: there was nothing to end. */
  endOldest(started: Session): Promise<Appended | null>
}

const PAGE = 100
/** How far ahead of the clock the order of sign-ins may push `createdAt`. */
const MOST_AHEAD_SECONDS = 60

export function createSessionLimit({ options, sessions, emit }: Parts): SessionLimit {
  const { clock, store, maxSessionsPerSubject: max, onLimit } = options
  if (max === null || onLimit === 'refuse') {
    return { atCreation: max, createdAt: async () => clock.now(), endOldest: async () => null }
  }
  return {
    atCreation: null,

    // Seconds cannot order two sign-ins, and the younger must not end itself: it is dated after those it can see. Two at
    // the same time get the same date, and everybody who cleans up breaks the tie alike.
    async createdAt(subject) {
      const now = clock.now()
      const newest = (await store.sessions.listBySubject(subject, null, 1, now)).sessions[0]
      return newest ? Math.max(now, Math.min(newest.createdAt + 1, now + MOST_AHEAD_SECONDS)) : now
    },

    async endOldest(started) {
      if (started.subject === null) return null
      const beyond: Session[] = []
      let seen = 0
      let cursor: string | null = null
      do {
        const page = await store.sessions.listBySubject(started.subject, cursor, PAGE, clock.now())
        for (const session of page.sessions) if (++seen > max) beyond.push(session)
        cursor = page.cursor
      } while (cursor !== null)
      let last: Appended | null = null
      for (const session of beyond) {
        last = await sessions.end(session.id)
        await emit('session.revoked', idsOf(session), { reason: 'limit' })
      }
      return last
    },
  }
}
