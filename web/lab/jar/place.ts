/** Hosts, sites and paths: where a cookie belongs and where it goes. */
import { lowerAscii } from './bytes.ts'

/** An address, with the one thing about it that no rule can tell: its registrable domain. */
export interface Place {
  readonly scheme: 'https' | 'http'
  /** Lower case. */
  readonly host: string
  /** The registrable domain (`shop.example` of `a.shop.example`); null: none, as for an IP address or a public suffix. */
  readonly site: string | null
  /** Of the URL, from `/` on, without the query. */
  readonly path: string
}

/** A site as browsers compare it: the scheme counts. */
export function schemefulSite(place: Place): string {
  return `${place.scheme}://${place.site ?? place.host}`
}

export function isSameSite(a: Place, b: Place): boolean {
  return schemefulSite(a) === schemefulSite(b)
}

/** Whether the address may hold and get `Secure` cookies: https, or this very machine. */
export function mayUseSecure({ scheme, host }: Place): boolean {
  return scheme === 'https' || isLoopback(host)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

export type DomainVerdict = { readonly domain: string; readonly hostOnly: boolean } | 'non-ascii' | 'foreign'

/** @param attribute the value of `Domain`, raw; empty or null: the host alone */
export function cookieDomain({ host, site }: Place, attribute: string | null): DomainVerdict {
  if (attribute === null || attribute === '') return { domain: host, hostOnly: true }
  if (/[^\0-\x7f]/.test(attribute)) return 'non-ascii'
  const domain = lowerAscii(attribute.startsWith('.') ? attribute.slice(1) : attribute)
  if (site === null) return domain === host ? { domain: host, hostOnly: true } : 'foreign'
  const within = host === domain || host.endsWith(`.${domain}`)
  const belowSite = domain === site || domain.endsWith(`.${site}`)
  return within && belowSite ? { domain, hostOnly: false } : 'foreign'
}

export function domainMatches(domain: string, hostOnly: boolean, host: string): boolean {
  return host === domain || (!hostOnly && host.endsWith(`.${domain}`))
}

/** @param attribute the value of `Path`, raw; what does not begin with `/` counts as absent */
export function cookiePath(urlPath: string, attribute: string | null): string {
  if (attribute?.startsWith('/')) return attribute
  const slash = urlPath.lastIndexOf('/')
  return slash <= 0 ? '/' : urlPath.slice(0, slash)
}

export function pathMatches(cookie: string, url: string): boolean {
  if (!url.startsWith(cookie)) return false
  return cookie.length === url.length || cookie.endsWith('/') || url[cookie.length] === '/'
}
