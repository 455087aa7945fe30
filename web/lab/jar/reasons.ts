/** Why a cookie was not stored, and why a stored one is not sent, in words. */

export type RejectionCode =
  | 'empty'
  | 'nameless-equals'
  | 'too-big'
  | 'control-character'
  | 'domain-foreign'
  | 'domain-non-ascii'
  | 'prefix-secure'
  | 'prefix-https'
  | 'prefix-path'
  | 'prefix-domain'
  | 'prefix-http-only'
  | 'prefix-script'
  | 'prefix-in-value'
  | 'partitioned-secure'
  | 'secure-over-http'
  | 'http-only-script'
  | 'none-needs-secure'
  | 'same-site-cross'
  | 'third-party'
  | 'would-hide-secure'
  | 'would-replace-http-only'

export interface Rejection {
  readonly rejected: RejectionCode
}

export type WithheldCode =
  | 'domain'
  | 'path'
  | 'expired'
  | 'secure'
  | 'http-only'
  | 'strict'
  | 'lax'
  | 'unset'
  | 'third-party'
  | 'partition'

const REJECTIONS: Readonly<Record<RejectionCode, string>> = {
  empty: 'the line holds neither a name nor a value',
  'nameless-equals': 'it has no name, and its value holds =, so a server would take it for another cookie',
  'too-big': 'name and value together are more than 4096 bytes',
  'control-character': 'it holds a control character (a tab inside, a line break, NUL or the like)',
  'domain-foreign': 'Domain must be this host or a parent of it, and not a public suffix',
  'domain-non-ascii': 'Domain must be ASCII (write international names as xn--…)',
  'prefix-secure': 'this prefix needs Secure',
  'prefix-https': 'this prefix can only be set over https',
  'prefix-path': 'a __Host- prefix needs Path=/, written out',
  'prefix-domain': 'a __Host- prefix allows no Domain',
  'prefix-http-only': 'an __Http- prefix needs HttpOnly',
  'prefix-script': 'an __Http- prefix can only be set by a server, not by script',
  'prefix-in-value': 'a cookie without a name whose value looks like a protected name',
  'partitioned-secure': 'Partitioned needs Secure',
  'secure-over-http': 'Secure can only be set over https',
  'http-only-script': 'a script cannot set HttpOnly',
  'none-needs-secure': 'SameSite=None needs Secure',
  'same-site-cross': 'only SameSite=None can be set from a cross-site request',
  'third-party': 'third-party cookies are blocked, and this one is not Partitioned',
  'would-hide-secure': 'it would replace or hide a Secure cookie, and this address is http',
  'would-replace-http-only': 'a script cannot replace an HttpOnly cookie',
}

export function rejectionText(code: RejectionCode): string {
  return REJECTIONS[code]
}

const WITHHELD: Readonly<Record<WithheldCode, string>> = {
  domain: 'it belongs to another host',
  path: 'its Path does not cover this address',
  expired: 'it has expired',
  secure: 'Secure, and this address is http',
  'http-only': 'HttpOnly, and this is a script',
  strict: 'SameSite=Strict, and this is a cross-site',
  lax: 'SameSite=Lax, and this is a cross-site',
  unset: 'no SameSite, so it counts as Lax, and this is a cross-site',
  'third-party': 'third-party cookies are blocked, and it is not Partitioned',
  partition: 'Partitioned, and this request uses the jar of another top-level site',
}

/** @param what the request, in words: "POST", "fetch" */
export function withheldText(code: WithheldCode, what: string): string {
  const text = WITHHELD[code]
  return text.endsWith('cross-site') ? `${text} ${what}` : text
}
