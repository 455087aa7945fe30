/** Logins that tell relying parties: whatever ends a session here returns when each of them was told, or has failed once. */
import type { Logins } from '../login/login.ts'
import type { Logouts } from './logouts.ts'

export function tellingLogins(
  logins: Logins,
  logouts: Pick<Logouts, 'ended' | 'endedOf'>,
  onError: (error: unknown) => void,
): Logins {
  /** The session is over whatever becomes of this: what is not told now is found by the sweep. */
  const telling = async <T>(result: T, told: Promise<void>): Promise<T> => {
    await told.catch(onError)
    return result
  }
  return {
    ...logins,
    async logOut(sessionId) {
      const receipt = await logins.logOut(sessionId)
      return telling(receipt, logouts.ended(sessionId))
    },
    async revoke(target, options) {
      const receipt = await logins.revoke(target, options)
      if ('session' in target) return telling(receipt, logouts.ended(target.session))
      return 'subject' in target ? telling(receipt, logouts.endedOf(target.subject)) : receipt
    },
    async revokeOthers(login) {
      const kept = await logins.revokeOthers(login)
      return telling(kept, logouts.endedOf(login.subject))
    },
  }
}
