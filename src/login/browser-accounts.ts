/**
 * The accounts of one browser (docs/decisions/0004). Its cookie names one session, the active one; a browser record lists
 * the others. Whoever proves the active one may list them and switch to them, so nobody's copy of an older cookie may
 * stay usable once another account has signed in (`bringAlong` sees to that).
 */
import { AuthError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Appended } from '../revocation/engine.ts'
import type { Session } from '../session/session.ts'
import type { Parts } from './parts.ts'
import type { Renew } from './renew-session.ts'
import type { SessionCookies } from './session-cookie.ts'

export const MAX_ACCOUNTS = 5
const CHANGE_ATTEMPTS = 20

export interface BrowserAccounts {
  /** Live sessions of the browser that proved `active`; that one is always among them, first. */
  list(active: Session): Promise<readonly Session[]>
  /**
   * Every other account of the browser moves to the new browser record and loses its cookie: the presented one last, for
   * until then the browser can go back to it with all its accounts.
   */
  bringAlong(others: readonly Session[], presented: Session, browserId: string): Promise<Appended | null>
  /** Lists ids that are about to exist, so that no failure between two steps can lose an account. Ids without a session do not count. */
  expect(browserId: string | null, sessionIds: readonly string[]): Promise<void>
  /** Takes ids out that are gone for good, when there is time: they do not count anyway. */
  forget(browserId: string | null, sessionIds: readonly string[]): void
}

export function createBrowserAccounts(parts: Parts, cookies: SessionCookies, renew: Renew): BrowserAccounts {
  const { clock, store, lifetimes } = parts.options
  const records = store.records('browser')
  const lifeSeconds = Math.max(lifetimes.cookie.absoluteSeconds, lifetimes.hybrid.absoluteSeconds)

  const change = async (browserId: string, next: (ids: readonly string[]) => readonly string[]): Promise<void> => {
    for (let attempt = 0; attempt < CHANGE_ATTEMPTS; attempt++) {
      const now = clock.now()
      const held = await records.find(browserId, now)
      const ids = held ? readIds(held.value) : []
      const changed = next(ids)
      if (changed.length === ids.length && changed.every((id, i) => id === ids[i])) return
      const value = { sessions: [...changed] }
      if (await records.compareAndSet(browserId, held?.version ?? null, value, now + lifeSeconds, now)) return
    }
    throw new AuthError('session.conflict', 'the accounts of this browser are changing too often', {
      retryAfterSeconds: 1,
    })
  }

  const expectIds: BrowserAccounts['expect'] = async (browserId, sessionIds) => {
    if (browserId === null) return
    await change(browserId, (ids) => [...new Set([...ids, ...sessionIds])])
  }

  const forget: BrowserAccounts['forget'] = (browserId, sessionIds) => {
    if (browserId === null) return
    parts.background.soon(`browser ${browserId} ${sessionIds.join(' ')}`, 'tidying a browser record', () =>
      change(browserId, (ids) => ids.filter((id) => !sessionIds.includes(id))),
    )
  }

  return {
    async list(active) {
      if (active.subject === null || active.browserId === null) return [active]
      const held = await records.find(active.browserId, clock.now())
      const found: Session[] = [active]
      for (const id of held ? readIds(held.value) : []) {
        if (found.some((session) => session.id === id)) continue
        const session = await store.sessions.find(id, clock.now())
        if (session && session.subject !== null) found.push(session)
      }
      return found
    },

    expect: expectIds,
    forget,

    async bringAlong(others, presented, browserId) {
      let last: Appended | null = null
      await change(browserId, () => others.map(({ id }) => id))
      const movedIds: string[] = []
      for (const other of [...others].sort((a, b) => Number(a === presented) - Number(b === presented))) {
        // Parked before: no cookie names it, so its place in the record is all it needs.
        if (other.secretHash === null) continue
        const announce = async (id: string): Promise<void> => {
          await expectIds(browserId, [id])
          if (other !== presented) await expectIds(presented.browserId, [id])
        }
        const parked = await renew(other, { browserId }, { parked: true, announce })
        cookies.forget(other.id)
        movedIds.push(other.id)
        last = parked?.appended ?? last
      }
      forget(browserId, movedIds)
      return last
    },
  }
}

function readIds(value: Json): readonly string[] {
  const ids = typeof value === 'object' && value !== null && 'sessions' in value ? value.sessions : null
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
    throw new AuthError('store.corrupt', 'a browser record has the wrong shape')
  }
  return ids
}
