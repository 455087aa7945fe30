/** Whether a line becomes a cookie (RFC 6265bis §5.7). */
import { closenessOf, type Exchange, isFirstParty, partitionOf } from './exchange.ts'
import { expiryOf } from './expiry.ts'
import { cookieDomain, cookiePath, domainMatches, mayUseSecure, pathMatches } from './place.ts'
import { brokenPromises } from './prefix.ts'
import type { RejectionCode } from './reasons.ts'
import type { SetCookie } from './set-cookie.ts'
import type { JarSettings } from './settings.ts'
import { isSameKey, type StoredCookie } from './stored-cookie.ts'

/** The cookie, or every reason against it. */
export function makeCookie(
  line: SetCookie,
  exchange: Exchange,
  nowMs: number,
  serverMs: number | undefined,
  settings: JarSettings,
): StoredCookie | readonly RejectionCode[] {
  const { url, kind } = exchange
  const byScript = kind === 'script'
  const reasons: RejectionCode[] = []
  const where = cookieDomain(url, line.domain)
  if (typeof where === 'string') reasons.push(where === 'foreign' ? 'domain-foreign' : 'domain-non-ascii')
  reasons.push(...brokenPromises(line, url, byScript))
  if (line.partitioned && !(line.secure && url.scheme === 'https')) reasons.push('partitioned-secure')
  if (line.secure && !mayUseSecure(url)) reasons.push('secure-over-http')
  if (line.httpOnly && byScript) reasons.push('http-only-script')
  if (line.sameSite === 'none' && !line.secure) reasons.push('none-needs-secure')
  if (line.sameSite !== 'none' && closenessOf(exchange) === 'cross') reasons.push('same-site-cross')
  if (!line.partitioned && !settings.thirdPartyCookies && !isFirstParty(exchange)) reasons.push('third-party')
  if (reasons.length > 0 || typeof where === 'string') return reasons
  return {
    name: line.name,
    value: line.value,
    ...where,
    path: cookiePath(url.path, line.path),
    secure: line.secure,
    httpOnly: line.httpOnly,
    sameSite: line.sameSite,
    priority: line.priority,
    partition: line.partitioned ? partitionOf(exchange) : null,
    site: url.site ?? url.host,
    createdMs: nowMs,
    expiresMs: expiryOf(line, nowMs, serverMs),
    usedMs: nowMs,
    createdAs: 0,
    usedAs: 0,
  }
}

/** What an older cookie forbids the newer one: "leave Secure cookies alone", and HttpOnly against scripts. */
export function clashes(
  cookie: StoredCookie,
  others: readonly StoredCookie[],
  { url, kind }: Exchange,
): RejectionCode[] {
  const reasons: RejectionCode[] = []
  const hidesSecure = (other: StoredCookie): boolean =>
    other.secure &&
    other.name === cookie.name &&
    other.partition === cookie.partition &&
    (domainMatches(cookie.domain, false, other.domain) || domainMatches(other.domain, false, cookie.domain)) &&
    pathMatches(other.path, cookie.path)
  if (!mayUseSecure(url) && others.some(hidesSecure)) reasons.push('would-hide-secure')
  if (kind === 'script' && others.some((other) => other.httpOnly && isSameKey(other, cookie))) {
    reasons.push('would-replace-http-only')
  }
  return reasons
}
