/** The end of a change of mode, loaded with the first session that has one before it. */
import { once, onDemand } from '../on-demand.ts'
import type { Parts } from './parts.ts'
import type { SessionCookies } from './session-cookie.ts'
import type { SettleMode } from './settle-mode.ts'

/** @param cookiesOf the cookies of this process: they are made after this */
export function settleModeOnDemand(
  parts: Parts,
  cookiesOf: () => Pick<SessionCookies, 'forget' | 'saved'>,
): SettleMode {
  const { modes, background } = parts
  const load = once(async () => {
    const { createSettleMode } = await import('./settle-mode.ts')
    return createSettleMode(parts, cookiesOf)
  })
  const then = (step: (settleMode: SettleMode) => void): void => {
    load().then(step, (error: unknown) => background.failed(error, 'changing the mode of a session'))
  }
  return {
    cookieRead(session) {
      const { mode, clientId } = session
      // Every session that is read comes by here, and hardly any has anything to change.
      if (mode === 'token' || modes.convertTo(mode, clientId) !== null) {
        then((settleMode) => settleMode.cookieRead(session))
      }
    },
    refreshed: (session) => then((settleMode) => settleMode.refreshed(session)),
    ...onDemand<Omit<SettleMode, 'cookieRead' | 'refreshed'>>({ cookieArrived: true, toCookieMode: true }, load),
  }
}
