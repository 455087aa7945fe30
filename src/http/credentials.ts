/** Which credential decides. An `Authorization` header alone decides: when it is bad there is no fall-back to the cookie. */
import { AuthError } from '../errors.ts'
import { readCookie } from './cookie.ts'

/** What a request presents. `none`: neither header holds anything of ours. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'cookie'; readonly value: string }
  | { readonly kind: 'none' }

const NONE: Credential = { kind: 'none' }

/**
 * @param authorization the header as it came, or null. Several headers must arrive joined by a comma, not dropped.
 * @param cookie the whole `Cookie` header, or null
 * @throws AuthError `credentials.ambiguous` (400) for two of a kind, `credentials.scheme` (401) for anything but Bearer,
 *   `token.malformed` (401) for an empty token, `request.too_large`
 */
export function chooseCredential(authorization: string | null, cookie: string | null, cookieName: string): Credential {
  if (authorization !== null) return { kind: 'bearer', token: bearerToken(authorization) }
  if (cookie === null) return NONE
  const value = readCookie(cookie, cookieName)
  return value === null ? NONE : { kind: 'cookie', value }
}

/** A scheme after a comma, or a comma at either end: a second `Authorization` header that something joined to the first. */
const SECOND_HEADER = /^[ \t]*,|,[ \t]*(?:$|[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]|$))/

/**
 * The token of `Bearer <token>` (RFC 6750 §2.1), the scheme in any case.
 * @throws AuthError `credentials.ambiguous`, `credentials.scheme`, `token.malformed`
 */
export function bearerToken(authorization: string): string {
  const bearer = isBearer(authorization)
  // A token holds no comma (b64token), so for Bearer each comma means a second header.
  if (authorization.includes(',') && (bearer || SECOND_HEADER.test(authorization))) {
    throw new AuthError('credentials.ambiguous', 'the request has more than one Authorization header')
  }
  if (!bearer) throw new AuthError('credentials.scheme', 'only the Bearer scheme is accepted in Authorization')
  let start = 6
  while (authorization.charCodeAt(start) === SPACE) start++
  let end = authorization.length
  while (end > start && isBlank(authorization.charCodeAt(end - 1))) end--
  if (start >= end) throw new AuthError('token.malformed', 'the Authorization header holds no token')
  return authorization.slice(start, end)
}

/** Whether a header is of the Bearer scheme. A browser never attaches that by itself, so it is no ambient credential. */
export function isBearer(authorization: string): boolean {
  if (authorization.startsWith('Bearer ')) return true
  const after = authorization.charCodeAt(6)
  return (authorization.length === 6 || isBlank(after)) && authorization.slice(0, 6).toLowerCase() === 'bearer'
}

const SPACE = 0x20

function isBlank(code: number): boolean {
  return code === SPACE || code === 0x09
}
