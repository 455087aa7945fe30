/** The one cookie of a login: its name, how it is set, read and expired. */
import { MAX_AGE_LIMIT_SECONDS, readCookie, type SameSite, writeCookie } from './cookie.ts'
import { isLoopbackHttp } from './origin.ts'

export interface SessionCookieOptions {
  /** Default `__Host-Http-sid` (with `allowInsecureCookie`: `sojourn-sid`). Must begin with `__Host-`. */
  readonly name?: string
  /** Default `lax`. `none` sends the cookie across sites: the CSRF check is then all there is. */
  readonly sameSite?: SameSite
  /** CHIPS, for applications inside another site's frame; needs `sameSite: 'none'`. */
  readonly partitioned?: boolean
  /** For browsers that keep no Secure cookie on `http://localhost`: works on loopback http only, under an unprefixed name. */
  readonly allowInsecureCookie?: boolean
}

export interface SessionCookie {
  readonly name: string
  /** The value in a `Cookie` header, or null. @throws AuthError `credentials.ambiguous`, `request.too_large` */
  read(header: string): string | null
  /** `Set-Cookie` for a session that lives at most this long. */
  set(value: string, maxAgeSeconds: number): string
  /** `Set-Cookie` that removes it: the same name and attributes. */
  expire(): string
}

/** @throws TypeError for a combination that a browser would refuse, or that loosens without saying so */
export function createSessionCookie(origin: string, options: SessionCookieOptions = {}): SessionCookie {
  const insecure = options.allowInsecureCookie === true
  const name = options.name ?? (insecure ? 'sojourn-sid' : '__Host-Http-sid')
  if (insecure) {
    if (!isLoopbackHttp(origin)) throw new TypeError('allowInsecureCookie works on http://localhost only: use https')
    if (name.startsWith('__')) throw new TypeError('allowInsecureCookie needs a name without a prefix')
  } else if (!name.startsWith('__Host-')) {
    throw new TypeError('the session cookie must be a __Host- cookie, such as __Host-Http-sid')
  }
  const attributes = {
    path: '/',
    secure: !insecure,
    httpOnly: true,
    sameSite: options.sameSite ?? 'lax',
    partitioned: options.partitioned ?? false,
  } as const
  const write = (value: string, maxAgeSeconds: number): string =>
    writeCookie(name, value, { ...attributes, maxAgeSeconds })
  const expired = write('', 0)
  return {
    name,
    read: (header) => readCookie(header, name),
    set: (value, maxAgeSeconds) => write(value, Math.min(Math.max(Math.ceil(maxAgeSeconds), 1), MAX_AGE_LIMIT_SECONDS)),
    expire: () => expired,
  }
}
