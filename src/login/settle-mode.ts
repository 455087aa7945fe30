/** The end of a change of mode (conversions.ts): once the new credential has been used, it is the only one. */
import { isAuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import type { Mode, Session } from '../session/session.ts'
import { readClaim } from './conversion-claim.ts'
import { idsOf, type Parts } from './parts.ts'
import type { SessionCookies } from './session-cookie.ts'

/** What makes a new credential the only one. */
export interface SettleMode {
  /** A cookie was read from the store: what it tells of its session is done when there is time. */
  cookieRead(session: Session): void
  /** A refresh token has been used. */
  refreshed(session: Session): void
  cookieArrived(session: Session): Promise<Session>
  toCookieMode(session: Session, mode: Mode): Promise<Session>
}

/** @param cookiesOf the cookies of this process: they are made after this */
export function createSettleMode(parts: Parts, cookiesOf: () => Pick<SessionCookies, 'forget' | 'saved'>): SettleMode {
  const { options, sessions, modes, background } = parts
  const { store, clock, lifetimes } = options
  const records = store.records('conversion')

  const told = (from: Mode, to: Session): Promise<void> =>
    parts.emit('session.converted', idsOf(to), { from, to: to.mode })

  const cookieMode = (session: Session): Mode => {
    const wanted = modes.issueFor(session.clientId)
    return wanted === 'token' ? 'cookie' : wanted
  }

  /**
   * The refresh token goes first: when that fails, the session still is one whose cookie has arrived, and it is tried again. A
   * family that was begun since, by the next change of mode, is not meant: its claim is written before it.
   */
  const endTokens = async (session: Session): Promise<void> => {
    const now = clock.now()
    const current = await store.sessions.find(session.id, now)
    if (current?.mode !== 'token' || current.secretHash !== session.secretHash) return
    const family = await store.families.findBySession(session.id, now)
    const claim = family && (await records.find(session.id, now))
    if (!family || (claim && readClaim(claim.value).familyId === family.id)) return
    await insist(() => store.families.revoke(family.id))
  }

  const toCookieMode: SettleMode['toCookieMode'] = async (session, mode) => {
    if (session.mode === mode) return session
    if (session.mode === 'token') await endTokens(session)
    let from: Mode | null = null
    const next = await sessions.update(session.id, (row) => {
      from = row.mode === mode || row.secretHash !== session.secretHash ? null : row.mode
      return from && { mode, idleTimeoutSeconds: lifetimes[mode].idleSeconds }
    })
    cookiesOf().saved(next)
    if (from !== null) await told(from, next)
    return next
  }

  const soon = (session: Session, step: () => Promise<unknown>): void =>
    background.soon(`convert ${session.id}`, 'changing the mode of a session', async () => {
      try {
        await step()
      } catch (error) {
        // Ended meanwhile: there is nothing left to change.
        if (!isAuthError(error, 'session.ended')) throw error
      }
    })

  return {
    cookieRead(session) {
      if (session.subject === null || session.secretHash === null) return
      if (session.mode === 'token') soon(session, () => toCookieMode(session, cookieMode(session)))
      else if (modes.current !== null) {
        const wanted = modes.convertTo(session.mode, session.clientId)
        if (wanted !== null && wanted !== 'token') soon(session, () => toCookieMode(session, wanted))
      }
    },

    refreshed(session) {
      if (session.mode === 'token' && session.secretHash === null) return
      if (session.mode === 'token' && modes.current !== null && modes.issueFor(session.clientId) !== 'token') return
      soon(session, async () => {
        const idleTimeoutSeconds = lifetimes.token.idleSeconds
        let from: Mode | null = null
        const next = await sessions.update(session.id, (row) => {
          from = row.secretHash === session.secretHash && row.secretHash !== null ? row.mode : null
          return from && { mode: 'token', secretHash: null, browserId: null, idleTimeoutSeconds }
        })
        cookiesOf().forget(session.id)
        if (from !== null) await told(from, next)
      })
    },

    cookieArrived: (session) => toCookieMode(session, cookieMode(session)),
    toCookieMode,
  }
}
