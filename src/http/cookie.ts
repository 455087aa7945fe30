/** Cookies: written strictly, read as a server must (RFC 6265bis). */
import { AuthError } from '../errors.ts'

/** A `Cookie` header longer than this is refused (431). */
export const COOKIE_HEADER_LIMIT = 16 * 1024
/** Browsers cap `Max-Age` at 400 days. */
export const MAX_AGE_LIMIT_SECONDS = 400 * 86_400
const NAME_VALUE_LIMIT = 4096
const PATH_LIMIT = 1024

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** cookie-octet: visible ASCII without `"`, comma, semicolon and backslash. */
const VALUE = /^[!#-+\--:<-[\]-~]*$/
const PATH = /^\/[!-:<-~]*$/

export type SameSite = 'lax' | 'strict' | 'none'

/** There is no `domain`: a cookie of ours never leaves its host. */
export interface CookieAttributes {
  /** 0 expires the cookie; absent: until the browser closes. At most 400 days. */
  readonly maxAgeSeconds?: number
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: SameSite
  /** CHIPS: a jar of its own for each top-level site; needs Secure and SameSite=None. */
  readonly partitioned?: boolean
}

const SAME_SITE: Readonly<Record<SameSite, string>> = { lax: 'Lax', strict: 'Strict', none: 'None' }

/** Prefixes as browsers know them: without regard to case, the longest first. */
const PREFIXES: readonly { readonly prefix: string; readonly host: boolean; readonly http: boolean }[] = [
  { prefix: '__host-http-', host: true, http: true },
  { prefix: '__host-', host: true, http: false },
  { prefix: '__http-', host: false, http: true },
  { prefix: '__secure-', host: false, http: false },
]

/**
 * The value of a `Set-Cookie` header (RFC 6265bis §4.1).
 * @throws TypeError for whatever a browser would refuse or read otherwise than it was meant
 */
export function writeCookie(name: string, value: string, attributes: CookieAttributes): string {
  if (!TOKEN.test(name)) throw new TypeError('a cookie name must be a token (RFC 9110 §5.6.2)')
  if (!VALUE.test(value)) throw new TypeError('a cookie value may hold only cookie-octets (RFC 6265bis §4.1.1)')
  if (name.length + value.length > NAME_VALUE_LIMIT) throw new TypeError('cookie name and value exceed 4096 bytes')
  const { path, secure, httpOnly, sameSite, partitioned = false, maxAgeSeconds } = attributes
  if (!PATH.test(path) || path.length > PATH_LIMIT) throw new TypeError('a cookie path must be an absolute path')
  if (!Object.hasOwn(SAME_SITE, sameSite)) throw new TypeError('sameSite must be lax, strict or none')
  if (sameSite === 'none' && !secure) throw new TypeError('SameSite=None needs Secure')
  if (partitioned && !(secure && sameSite === 'none')) throw new TypeError('Partitioned needs Secure and SameSite=None')
  checkPrefix(name, attributes)
  let text = `${name}=${value}; Path=${path}`
  if (maxAgeSeconds !== undefined) {
    if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 0 || maxAgeSeconds > MAX_AGE_LIMIT_SECONDS) {
      throw new TypeError('maxAgeSeconds must be a whole number from 0 to 34560000 (400 days)')
    }
    text += `; Max-Age=${maxAgeSeconds}`
  }
  if (secure) text += '; Secure'
  if (httpOnly) text += '; HttpOnly'
  text += `; SameSite=${SAME_SITE[sameSite]}`
  return partitioned ? `${text}; Partitioned` : text
}

function checkPrefix(name: string, { path, secure, httpOnly }: CookieAttributes): void {
  const lower = name.toLowerCase()
  const found = PREFIXES.find(({ prefix }) => lower.startsWith(prefix))
  if (!found) return
  if (lower === found.prefix) throw new TypeError('a cookie name must be more than its prefix')
  if (!secure) throw new TypeError(`a ${found.prefix} cookie needs Secure`)
  if (found.host && path !== '/') throw new TypeError(`a ${found.prefix} cookie needs Path=/`)
  if (found.http && !httpOnly) throw new TypeError(`a ${found.prefix} cookie needs HttpOnly`)
}

/**
 * The value of the one cookie called exactly `name`, or null. One pass, nothing is split.
 * @throws AuthError `credentials.ambiguous` when it is there twice, `request.too_large`
 */
export function readCookie(header: string, name: string): string | null {
  if (header.length > COOKIE_HEADER_LIMIT) throw new AuthError('request.too_large', 'the Cookie header is too long')
  let found: string | null = null
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + name.length)) {
    const equals = skipBlank(header, at + name.length)
    if (header.charCodeAt(equals) !== EQUALS || !startsPair(header, at)) continue
    if (found !== null) {
      throw new AuthError('credentials.ambiguous', 'the request has the session cookie twice')
    }
    const semicolon = header.indexOf(';', equals)
    found = trimBlank(header, equals + 1, semicolon < 0 ? header.length : semicolon)
  }
  return found
}

/**
 * All pairs of a `Cookie` header, in order. Only space and tab are white space; a part without `=` is a nameless cookie.
 * @throws AuthError `request.too_large`
 */
export function parseCookie(header: string): readonly (readonly [name: string, value: string])[] {
  if (header.length > COOKIE_HEADER_LIMIT) throw new AuthError('request.too_large', 'the Cookie header is too long')
  const pairs: [string, string][] = []
  for (let start = 0; start <= header.length; ) {
    const semicolon = header.indexOf(';', start)
    const end = semicolon < 0 ? header.length : semicolon
    const equals = header.indexOf('=', start)
    if (equals >= 0 && equals < end) {
      pairs.push([trimBlank(header, start, equals), trimBlank(header, equals + 1, end)])
    } else {
      const value = trimBlank(header, start, end)
      if (value !== '') pairs.push(['', value])
    }
    start = end + 1
  }
  return pairs
}

const SEMICOLON = 0x3b
const EQUALS = 0x3d

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Whether a pair begins at `at`: before it only blanks, then a semicolon or the start. */
function startsPair(header: string, at: number): boolean {
  let i = at - 1
  while (i >= 0 && isBlank(header.charCodeAt(i))) i--
  return i < 0 || header.charCodeAt(i) === SEMICOLON
}

function skipBlank(header: string, from: number): number {
  let i = from
  while (isBlank(header.charCodeAt(i))) i++
  return i
}

/** JavaScript's own trim would also drop U+00A0, U+FEFF and others, and so make another cookie's name ours. */
function trimBlank(header: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(header.charCodeAt(start))) start++
  while (end > start && isBlank(header.charCodeAt(end - 1))) end--
  return header.slice(start, end)
}
