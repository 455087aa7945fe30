/** Which cookies go with a request (RFC 6265bis §5.8.3). */
import { closenessOf, type Exchange, isFirstParty, partitionOf } from './exchange.ts'
import { domainMatches, mayUseSecure, pathMatches } from './place.ts'
import type { WithheldCode } from './reasons.ts'
import type { JarSettings } from './settings.ts'
import { isExpired, type StoredCookie } from './stored-cookie.ts'

export interface SendVerdict {
  readonly cookie: StoredCookie
  /** Empty: it is sent. */
  readonly withheld: readonly WithheldCode[]
  /** Sent only because it is younger than two minutes. */
  readonly byYouth: boolean
}

/** Longest path first, then the oldest. */
export function inHeaderOrder(cookies: readonly StoredCookie[]): StoredCookie[] {
  return cookies.toSorted((a, b) => b.path.length - a.path.length || a.createdAs - b.createdAs)
}

export function send(cookie: StoredCookie, exchange: Exchange, nowMs: number, settings: JarSettings): SendVerdict {
  const { url, kind } = exchange
  const withheld: WithheldCode[] = []
  if (!domainMatches(cookie.domain, cookie.hostOnly, url.host)) withheld.push('domain')
  if (!pathMatches(cookie.path, url.path)) withheld.push('path')
  if (isExpired(cookie, nowMs)) withheld.push('expired')
  if (cookie.secure && !mayUseSecure(url)) withheld.push('secure')
  if (cookie.httpOnly && kind === 'script') withheld.push('http-only')
  if (cookie.partition === null) {
    if (!settings.thirdPartyCookies && !isFirstParty(exchange)) withheld.push('third-party')
  } else if (cookie.partition !== partitionOf(exchange)) withheld.push('partition')

  const closeness = closenessOf(exchange)
  const young = cookie.sameSite === 'unset' && nowMs - cookie.createdMs <= settings.laxPostMs
  const { sameSite } = cookie
  const far = closeness === 'cross' || (closeness === 'lax-unsafe' && !young)
  if (sameSite === 'strict' && closeness !== 'strict') withheld.push('strict')
  if ((sameSite === 'lax' && (far || closeness === 'lax-unsafe')) || (sameSite === 'unset' && far)) {
    withheld.push(sameSite)
  }
  return { cookie, withheld, byYouth: withheld.length === 0 && sameSite === 'unset' && closeness === 'lax-unsafe' }
}
