/** Who a code or token is of: its session, read anew at each use, for it hangs on nothing else. */
import type { Account, KoaContextWithOIDC } from 'oidc-provider'
import type { JsonObject } from '../json.ts'
import type { Logins } from '../login/login.ts'
import type { Session } from '../session/session.ts'

export interface Accounts {
  /** `findAccount` of the library; undefined: the session is over, which a client hears of as `invalid_grant` or `invalid_token`. */
  find(ctx: KoaContextWithOIDC, subject: string, token?: object): Promise<Account | undefined>
  /** The session that `find` has read in this request. */
  sessionOf(ctx: object | undefined): Session | null
}

/** Claims by the scope that asks for them (OpenID Connect Core §5.4), as far as we know any. */
export const CLAIMS_OF_SCOPE: Readonly<Record<string, readonly string[]>> = {
  openid: ['sub'],
  email: ['email', 'email_verified'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username', 'picture', 'locale', 'zoneinfo', 'updated_at'],
}
const TOLD = new Set(Object.values(CLAIMS_OF_SCOPE).flat())

export function createAccounts(
  logins: Pick<Logins, 'findLive'>,
  userClaims: (subject: string) => Promise<JsonObject>,
): Accounts {
  const sessions = new WeakMap<object, Session>()
  return {
    async find(ctx, subject, token) {
      if (token !== undefined) {
        const id = 'sessionUid' in token && typeof token.sessionUid === 'string' ? token.sessionUid : null
        const session = id === null ? null : await logins.findLive(id)
        if (session?.subject !== subject) return undefined
        sessions.set(ctx, session)
      }
      return {
        accountId: subject,
        async claims() {
          const known = Object.entries(await userClaims(subject)).filter(([name]) => TOLD.has(name))
          return { ...Object.fromEntries(known), sub: subject }
        },
      }
    },
    sessionOf: (ctx) => (ctx && sessions.get(ctx)) ?? null,
  }
}
