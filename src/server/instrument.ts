/** Logins that count what they do. */
import { isAuthError } from '../errors.ts'
import type { IssuedAccessToken, LoggedIn, Login, Logins } from '../login/login.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { Metrics } from './metrics.ts'

/** The same logins; every method does what it did, and is counted. */
export function instrument(logins: Logins, metrics: Metrics): Logins {
  const spread = <T extends Receipt>(kind: string, receipt: T): T => {
    metrics.revocation(kind, receipt.confirmedBy, receipt.ms)
    return receipt
  }
  const issued = <T extends IssuedAccessToken>(tokens: T): T => {
    metrics.token(tokens.bytes)
    return tokens
  }
  const loggedIn = <T extends LoggedIn>(result: T): T => {
    if (result.tokens) issued(result.tokens)
    return result
  }
  const accepted = <L extends Login | null | undefined>(login: L): L => {
    if (login) metrics.accepted()
    return login
  }
  return {
    ...logins,
    logIn: async (input) => loggedIn(await logins.logIn(input)),
    resumeNow(cookie) {
      const found = logins.resumeNow(cookie)
      if (found !== undefined) metrics.check('cookie', 'memory')
      return accepted(found)
    },
    async resume(cookie, consistency) {
      const now = consistency === 'strict' ? undefined : logins.resumeNow(cookie)
      metrics.check('cookie', now === undefined ? 'store' : 'memory')
      return accepted(now === undefined ? await logins.resume(cookie, consistency) : now)
    },
    verifyNow(token) {
      const found = logins.verifyNow(token)
      if (found !== undefined) metrics.check('token', 'memory')
      return accepted(found)
    },
    async verify(token, consistency) {
      const now = consistency === 'strict' ? undefined : logins.verifyNow(token)
      metrics.check('token', now === undefined ? 'store' : 'memory')
      return accepted(now ?? (await logins.verify(token, consistency)))
    },
    async refresh(token) {
      try {
        const tokens = issued(await logins.refresh(token))
        metrics.refresh('success')
        return tokens
      } catch (error) {
        metrics.refresh(isAuthError(error) ? error.code : 'error')
        throw error
      }
    },
    mint: async (login, input) => issued(await logins.mint(login, input)),
    logOut: async (sessionId) => spread('session', await logins.logOut(sessionId)),
    revoke: async (target, options) =>
      spread(Object.keys(target)[0] ?? 'unknown', await logins.revoke(target, options)),
    async revokeOthers(login) {
      const result = await logins.revokeOthers(login)
      if (result) {
        spread('subject', result.receipt)
        loggedIn(result)
      }
      return result
    },
    changeClaims: async (subject) => spread('claims', await logins.changeClaims(subject)),
    raiseFloor: async (keyIds) => spread('floor', await logins.raiseFloor(keyIds)),
  }
}
