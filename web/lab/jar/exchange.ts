/** One request, as far as it matters to cookies: from which page, how, and where to. */
import { isSameSite, type Place, schemefulSite } from './place.ts'

/** `typed`: by address bar or bookmark, so no page asked for it. */
export const KINDS = ['typed', 'top-get', 'top-post', 'fetch', 'iframe', 'img', 'script'] as const
export type Kind = (typeof KINDS)[number]

export interface Exchange {
  readonly url: Place
  readonly kind: Kind
  /** The page at the top of the tab; for a navigation of the tab, the page that it starts from. */
  readonly page: Place
  /** The frame that asks, if it is not the page itself. `script`: whose `document.cookie` it is, `url` then equals it. */
  readonly frame?: Place
  /** Addresses that redirected here, in order. */
  readonly redirects?: readonly Place[]
  /** Of a fetch; navigations have theirs in `kind`. */
  readonly method?: string
}

/** From `strict` (all cookies) down to `cross` (only `None`); `lax-unsafe` is a cross-site navigation by POST. */
export type Closeness = 'strict' | 'lax' | 'lax-unsafe' | 'cross'

export function isTopLevel({ kind }: Exchange): boolean {
  return kind === 'typed' || kind === 'top-get' || kind === 'top-post'
}

/** Whether the address bar shows the site that the request goes to, with no other site's frame between. */
export function isFirstParty(exchange: Exchange): boolean {
  if (isTopLevel(exchange)) return true
  const { page, frame = page, url } = exchange
  return isSameSite(page, url) && isSameSite(frame, page)
}

/**
 * How close a request is to its target (RFC 6265bis §5.2). Chromium asks who began it, not which redirects it came by.
 */
export function closenessOf(exchange: Exchange): Closeness {
  const { kind, url, page, frame = page } = exchange
  if (!isFirstParty(exchange)) return 'cross'
  if (kind === 'typed' || kind === 'script' || isSameSite(frame, url)) return 'strict'
  if (kind === 'top-post') return 'lax-unsafe'
  return kind === 'top-get' ? 'lax' : 'cross'
}

/** The jar within the jar that `Partitioned` cookies of this request live in (CHIPS). */
export function partitionOf(exchange: Exchange): string {
  if (isTopLevel(exchange)) return schemefulSite(exchange.url)
  const own = isFirstParty(exchange) ? '' : ' (third party)'
  return `${schemefulSite(exchange.page)}${own}`
}
