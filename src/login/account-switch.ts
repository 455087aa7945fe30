/**
 * Listing the accounts of a browser, switching between them, leaving one (docs/decisions/0004).
 *
 * A switch makes the new cookie first and then kills the one it came from, by parking that session under an id that no
 * cookie names. A failure in between leaves one usable cookie: the old one, for nobody was handed the new one. Of several
 * switches at once from one cookie only one can park it; the others find it gone and hand out nothing.
 */
import type { Receipt } from '../revocation/revoke.ts'
import type { Session } from '../session/session.ts'
import { sessionEnded } from '../session/sessions.ts'
import type { BrowserAccounts } from './browser-accounts.ts'
import type { BrowserAccount, LoggedIn } from './login.ts'
import { idsOf, type Parts, receiptDetail } from './parts.ts'
import type { Renew, Renewed } from './renew-session.ts'
import type { SessionCookies } from './session-cookie.ts'

export interface AccountSwitch {
  accountsOf(cookie: string): Promise<readonly BrowserAccount[]>
  switchAccount(cookie: string, sessionId: string): Promise<LoggedIn>
  leaveAccount(cookie: string): Promise<(LoggedIn & { readonly receipt: Receipt | null }) | null>
}

export function createAccountSwitch(
  parts: Parts,
  through: { readonly cookies: SessionCookies; readonly accounts: BrowserAccounts; readonly renew: Renew },
): AccountSwitch {
  const { sessions, settled, emit } = parts
  const { cookies, accounts, renew } = through

  /** Gives the target a cookie; null: it has ended. */
  const activate = ({ id: activeId, browserId }: Session, target: Session): Promise<Renewed | null> =>
    renew(target, { browserId }, { announce: (id) => accounts.expect(browserId, [activeId, target.id, id]) })

  /** Takes its cookie away. @throws AuthError `session.ended` */
  const park = async (active: Session): Promise<Renewed> => {
    const announce = (id: string) => accounts.expect(active.browserId, [id])
    const parked = await renew(active, {}, { parked: true, announce })
    // Ended, or another switch was faster: either way what was presented no longer speaks for this browser.
    if (!parked) throw sessionEnded()
    return parked
  }

  const handOut = async ({ session, cookie }: Renewed, active: Session, target: Session): Promise<LoggedIn> => {
    for (const { id } of [active, target]) cookies.forget(id)
    accounts.forget(active.browserId, [active.id, target.id])
    await emit('session.rotated', idsOf(session), { from: target.id, reason: 'switch' })
    return { session, cookie, tokens: null }
  }

  return {
    async accountsOf(cookie) {
      const active = (await sessions.resume(cookie))?.session
      if (active?.subject == null) return []
      const found = await accounts.list(active)
      return found.flatMap(({ id, subject }) =>
        subject === null ? [] : [{ sessionId: id, subject, active: id === active.id }],
      )
    },

    async switchAccount(cookie, sessionId) {
      const active = (await sessions.resume(cookie))?.session
      const target = active && (await accounts.list(active)).find(({ id }) => id === sessionId)
      const renewed = target && (await activate(active, target))
      if (!renewed) throw sessionEnded()
      const { appended } = target.id === active.id ? renewed : await park(active)
      await settled(appended)
      return handOut(renewed, active, target)
    },

    async leaveAccount(cookie) {
      const active = (await sessions.resume(cookie))?.session
      if (!active) return null
      for (const target of await accounts.list(active)) {
        const renewed = target.id === active.id ? null : await activate(active, target)
        if (!renewed) continue
        // Parked first, which only one of several callers can; then the cookie is dead and the new one must get out.
        const { session: parked } = await park(active)
        const end = () => sessions.end(parked.id)
        const receipt = await settled(await end(), end)
        await emit('session.sign_out', idsOf(active), receiptDetail(receipt))
        return { ...(await handOut(renewed, active, target)), receipt }
      }
      return null
    },
  }
}
