/** What begins, changes or ends a session. Loaded when first used (`logins.ts`): a request that is recognised needs none of it. */
import { type AccountSwitch, createAccountSwitch } from './account-switch.ts'
import { createBrowserAccounts } from './browser-accounts.ts'
import { type Conversions, createConversions } from './conversions.ts'
import { createEnding, type Ending } from './ending.ts'
import { createLogIn, type LogIn } from './log-in.ts'
import type { Logins } from './login.ts'
import { createMoveIn } from './move-in.ts'
import type { Parts } from './parts.ts'
import { createRenew } from './renew-session.ts'
import type { SessionCookies } from './session-cookie.ts'
import type { SettleMode } from './settle-mode.ts'
import type { Tokens } from './tokens.ts'

export interface SessionChanges extends LogIn, Ending, AccountSwitch, Conversions, Pick<Logins, 'moveIn'> {}

export function createSessionChanges(
  parts: Parts,
  through: { readonly cookies: SessionCookies; readonly tokens: Tokens; readonly settleMode: SettleMode },
): SessionChanges {
  const { cookies, tokens, settleMode } = through
  const { pairs: tokenPairs, logins: tokenLogins } = tokens
  const renew = createRenew(parts)
  const accounts = createBrowserAccounts(parts, cookies, renew)
  return {
    ...createLogIn(parts, { cookies, accounts, tokenPairs }),
    ...createEnding(parts, { cookies, tokenPairs, tokenLogins, renew }),
    ...createAccountSwitch(parts, { cookies, accounts, renew }),
    ...createConversions(parts, { cookies, accounts, tokenPairs, settleMode }),
    moveIn: createMoveIn(parts),
  }
}
