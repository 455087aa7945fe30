/** Origins: the public one, those trusted besides, and how an `Origin` or `Host` header is compared with them. */

/** Which origins may act with a cookie. Scheme, host and port count; `Host` is never asked. */
export interface OriginPolicy {
  /** The public origin, as browsers write it: `https://app.example`. */
  readonly origin: string
  /** Others that are trusted as much; empty by default. */
  readonly trusted: ReadonlySet<string>
}

/**
 * @param origin the public origin, or a URL that lies in it (an issuer)
 * @throws TypeError for anything but http or https origins; `null` and wildcards are no origins
 */
export function createOriginPolicy(origin: string, trustedOrigins: readonly string[] = []): OriginPolicy {
  const url = URL.canParse(origin) ? new URL(origin) : null
  const own = url && parseOrigin(url.origin)
  if (!own) throw new TypeError('the public origin must be an http or https address')
  const trusted = new Set<string>()
  for (const given of trustedOrigins) {
    const other = parseOrigin(given)
    if (other === null)
      throw new TypeError('each trusted origin must be scheme, host and port, such as https://app.example')
    trusted.add(other)
  }
  return { origin: own, trusted }
}

/** Nothing that a URL parser would drop or read as something else than the host and port that stand there. */
const SERIALISED = /^https?:\/\/[A-Za-z0-9._~:[\]-]+$/i

/** The origin in its one serialised form (lower case, default port left out), or null for `null` and everything else. */
export function parseOrigin(text: string): string | null {
  if (text.length > 512 || !SERIALISED.test(text) || !URL.canParse(text)) return null
  return new URL(text).origin
}

/** Whether an `Origin` header names the public origin. */
export function isOwnOrigin(policy: OriginPolicy, header: string): boolean {
  return header === policy.origin || parseOrigin(header) === policy.origin
}

/** Whether an `Origin` header names a trusted origin other than our own. */
export function isTrustedOrigin(policy: OriginPolicy, header: string): boolean {
  if (policy.trusted.size === 0) return false
  const origin = parseOrigin(header)
  return origin !== null && policy.trusted.has(origin)
}

/** Whether a `Host` header (host, optional port) is that of the public origin. */
export function isOwnHost(policy: OriginPolicy, header: string): boolean {
  const scheme = policy.origin.slice(0, policy.origin.indexOf(':'))
  return parseOrigin(`${scheme}://${header}`) === policy.origin
}

/** Whether the origin is http on this very machine, where the network cannot listen. */
export function isLoopbackHttp(origin: string): boolean {
  const url = new URL(origin)
  const host = url.hostname
  if (url.protocol !== 'http:') return false
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
