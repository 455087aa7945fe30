/** The cookie of another library: how it is found and how it is removed. */
import { parseCookie } from '../http/cookie.ts'

export interface FormerCookieOptions {
  readonly name: string
  /** As it was set: a browser removes no other. Default `/`. */
  readonly path?: string
  /** As it was set; default: the host alone. */
  readonly domain?: string
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const ATTRIBUTE = /^[!-:<-~]+$/

/** @throws TypeError for what cannot be the name, path or domain of a cookie */
export function checkCookie({ name, path = '/', domain }: FormerCookieOptions): Required<FormerCookieOptions> {
  if (!NAME.test(name)) throw new TypeError('the cookie needs a name')
  if (!ATTRIBUTE.test(path) || !path.startsWith('/')) throw new TypeError('the path of a cookie begins with /')
  if (domain !== undefined && !ATTRIBUTE.test(domain)) throw new TypeError('this is no domain of a cookie')
  return { name, path, domain: domain ?? '' }
}

/** @throws TypeError for what is no instant */
export function checkUntil(until: number | undefined): number | null {
  if (until === undefined) return null
  if (!Number.isSafeInteger(until) || until < 0) throw new TypeError('until is in whole seconds since 1970')
  return until
}

/** The first cookie of a name, as those libraries read it, percent-decoded; null: there is none. @throws AuthError `request.too_large` */
export function readFormer(header: string, name: string): string | null {
  const value = parseCookie(header).find((pair) => pair[0] === name)?.[1]
  if (value === undefined || value === '') return null
  const bare = value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value
  if (!bare.includes('%')) return bare
  try {
    return decodeURIComponent(bare)
  } catch (cause) {
    if (cause instanceof URIError) return null
    throw cause
  }
}

/** `Set-Cookie` that removes it. */
export function expireFormer(
  name: string,
  { path, domain }: Pick<Required<FormerCookieOptions>, 'path' | 'domain'>,
): string {
  const secure = /^__/.test(name) ? '; Secure' : ''
  return `${name}=; Path=${path}${domain === '' ? '' : `; Domain=${domain}`}; Max-Age=0${secure}; HttpOnly`
}
