/** A request that carries the cookie of another library: its login becomes one of ours before the application sees it. */
import type { LoggedIn, Logins } from '../login/login.ts'
import type { FormerLogin } from '../login/move-in-shape.ts'
import { parseCookie } from './cookie.ts'
import { checkCsrf } from './csrf.ts'
import { presentedBy } from './identify.ts'
import type { HttpRequest } from './message.ts'
import type { OriginPolicy } from './origin.ts'
import type { SessionCookie } from './session-cookie.ts'

/** Logins that another library began, as their cookies tell. */
export interface FormerLogins {
  /** Letters, digits and `-`: keeps the logins of two libraries apart. */
  readonly kind: string
  /** From then on (seconds since 1970) none of them moves any more; null: no end. */
  readonly until: number | null
  /** What a `Cookie` header proves, without I/O; null: nothing of this library's that is genuine. */
  read(cookieHeader: string): FormerCookie | null
}

export interface FormerCookie {
  /** Names the login: the same for all its requests, never the same for two. Not logged. */
  readonly key: string
  /** null: there is no such login any more. @throws AuthError `store.unavailable` */
  load(): Promise<FormerLogin | null>
  /** Ends it where it came from, so that it lives in one place only. */
  end(): Promise<void>
  /** Names of the cookies that carry it. */
  readonly names: readonly string[]
  /** `Set-Cookie` lines that remove them; none: they stay. */
  readonly expired: readonly string[]
}

/** A login that has just moved in. */
export interface MovedLogin extends LoggedIn {
  /** Lines for the answer: our cookie, and what removes the former one. */
  readonly setCookies: readonly string[]
  /** The request's `Cookie` header as it will be from now on: for whatever identifies this very request. */
  readonly cookieHeader: string
}

export type AskingToMove = Pick<HttpRequest, 'method' | 'headers' | 'address'>

export function createMoveIn(parts: {
  readonly logins: Pick<Logins, 'moveIn' | 'resume'>
  readonly cookie: SessionCookie
  readonly origins: OriginPolicy
  readonly now: () => number
  readonly addressOf: (request: AskingToMove) => string | null
  readonly onBackgroundError: (error: unknown, work: string) => void
}): (request: AskingToMove, former: readonly FormerLogins[]) => Promise<MovedLogin | null> {
  const { logins, cookie, origins, onBackgroundError } = parts
  return async (request, former) => {
    const presented = presentedBy(request)
    const header = presented.cookie
    // A token decides alone, as everywhere.
    if (presented.authorization !== null || header === null) return null
    for (const { kind, until, read } of former) {
      const found = until !== null && parts.now() >= until ? null : read(header)
      if (!found) continue
      const own = cookie.read(header)
      if (own !== null && (await logins.resume(own))) return null
      checkCsrf(presented, origins)
      const moved = await logins.moveIn({
        key: `${kind}:${found.key}`,
        from: kind,
        device: { userAgent: request.headers.get('user-agent'), address: parts.addressOf(request) },
        load: found.load,
      })
      if (!moved) continue
      // The move stands: the former login will not move again, whether or not it can be ended now.
      await found.end().catch((error: unknown) => onBackgroundError(error, 'ending a login that has moved in'))
      const kept = parseCookie(header).filter(([name]) => name !== cookie.name && !found.names.includes(name))
      return {
        ...moved,
        tokens: null,
        setCookies: [cookie.set(moved.cookie, moved.session.absoluteExpiresAt - parts.now()), ...found.expired],
        cookieHeader: [...kept.map(([name, value]) => `${name}=${value}`), `${cookie.name}=${moved.cookie}`].join('; '),
      }
    }
    return null
  }
}
