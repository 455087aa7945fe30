/** Who is asking: from the headers of a request, as plain strings, to a login. */
import { AuthError } from '../errors.ts'
import type { Login, Logins } from '../login/login.ts'
import type { Consistency } from '../revocation/check.ts'
import { type Credential, chooseCredential } from './credentials.ts'
import { checkCsrf } from './csrf.ts'
import type { HttpRequest } from './message.ts'
import type { OriginPolicy } from './origin.ts'
import { credentialsMissing } from './problem.ts'
import type { SessionCookie } from './session-cookie.ts'

/** What a request presents; headers as they came, null when absent. */
export interface Presented {
  readonly method: string
  readonly cookie: string | null
  readonly authorization: string | null
  readonly origin: string | null
  readonly secFetchSite: string | null
  readonly upgrade: string | null
}

/**
 * `null`: nothing was presented, or a cookie whose session has ended. A bad bearer token, a forged or an ambiguous request
 * throws, and so does a store that fails: none of that is "not logged in".
 */
export interface Identify {
  /**
   * From memory; undefined when the store must be asked. Never writes.
   * @throws AuthError `credentials.*`, `csrf.*`, `token.*`, `request.too_large`
   */
  identifyNow(presented: Presented): Login | null | undefined
  /** @throws AuthError as `identifyNow`; `store.unavailable`, `revocation.stale`, `keys.unavailable` */
  identify(presented: Presented, consistency?: Consistency): Promise<Login | null>
  /**
   * A login, or the error that says which kind of "no".
   * @throws AuthError `credentials.missing`, `session.ended` and those of `identify`
   */
  require(presented: Presented, consistency?: Consistency): Promise<Login>
  /** Why these headers gave no login: nothing was presented, or its session has ended. */
  absence(presented: Presented): AuthError
}

/** Identifies logins by the one credential that decides; where a cookie does, the CSRF check comes first. */
export function createIdentify(logins: Logins, cookie: SessionCookie, origins: OriginPolicy): Identify {
  const decide = (presented: Presented): Credential => {
    const credential = chooseCredential(presented.authorization, presented.cookie, cookie.name)
    if (credential.kind === 'cookie') checkCsrf(presented, origins)
    return credential
  }
  const resolve = (credential: Credential, consistency?: Consistency): Promise<Login | null> => {
    if (credential.kind === 'bearer') return logins.verify(credential.token, consistency)
    if (credential.kind === 'cookie') return logins.resume(credential.value, consistency)
    return Promise.resolve(null)
  }
  return {
    identifyNow(presented) {
      const credential = decide(presented)
      if (credential.kind === 'bearer') return logins.verifyNow(credential.token)
      return credential.kind === 'cookie' ? logins.resumeNow(credential.value) : null
    },
    identify: async (presented, consistency) => resolve(decide(presented), consistency),
    async require(presented, consistency) {
      const credential = decide(presented)
      const login = await resolve(credential, consistency)
      if (login) return login
      throw absence(logins, credential)
    },
    absence: (presented) => absence(logins, decide(presented)),
  }
}

function absence(logins: Pick<Logins, 'refusalOf'>, credential: Credential): AuthError {
  if (credential.kind === 'none') return credentialsMissing()
  const refusal = credential.kind === 'cookie' ? logins.refusalOf(credential.value) : null
  return refusal ?? new AuthError('session.ended', 'the session has ended; sign in again')
}

/** The strings that decide, from a request. */
export function presentedBy(request: Pick<HttpRequest, 'method' | 'headers'>): Presented {
  const { method, headers } = request
  return {
    method,
    cookie: headers.get('cookie'),
    authorization: headers.get('authorization'),
    origin: headers.get('origin'),
    secFetchSite: headers.get('sec-fetch-site'),
    upgrade: headers.get('upgrade'),
  }
}

/**
 * Whether script in a browser may read the answer: browsers send Fetch Metadata and no script can forge or drop it.
 * `Sec-Fetch-Mode` alone says nothing, for Node's own `fetch` sends that one (and none of the others).
 */
export function isBrowser(request: Pick<HttpRequest, 'headers'>): boolean {
  return request.headers.get('sec-fetch-site') !== null || request.headers.get('sec-fetch-dest') !== null
}
