/** Ends what a request presented. */
import type { Login, Logins } from '../login/login.ts'
import type { Receipt } from '../revocation/revoke.ts'

/**
 * A token: its session. A cookie: every account of the browser, for they share it, or the anonymous session behind it.
 *
 * @param login what the credential was resolved to
 * @param cookieValue of the session cookie, or null
 * @returns null: there was nothing alive to end
 */
export async function endPresented(
  logins: Pick<Logins, 'accountsOf' | 'findAnonymous' | 'logOut'>,
  login: Pick<Login, 'credential' | 'sessionId'> | null,
  cookieValue: string | null,
): Promise<Receipt | null> {
  if (login?.credential === 'token') return logins.logOut(login.sessionId)
  if (cookieValue === null) return null
  if (!login) {
    const anonymous = await logins.findAnonymous(cookieValue)
    return anonymous && logins.logOut(anonymous.id)
  }
  // The active one last: when a step fails, the cookie still works and the sign-out can be repeated.
  for (const { sessionId } of await logins.accountsOf(cookieValue)) {
    if (sessionId !== login.sessionId) await logins.logOut(sessionId)
  }
  return logins.logOut(login.sessionId)
}
