/** Names that begin with a promise: `__Secure-`, `__Host-`, `__Http-`, `__Host-Http-`, in any case. */
import { lowerAscii, trimBlank } from './bytes.ts'
import type { Place } from './place.ts'
import type { RejectionCode } from './reasons.ts'
import type { SetCookie } from './set-cookie.ts'

export interface Prefix {
  readonly text: string
  readonly host: boolean
  readonly http: boolean
}

/** The longest first. */
export const PREFIXES: readonly Prefix[] = [
  { text: '__Host-Http-', host: true, http: true },
  { text: '__Host-', host: true, http: false },
  { text: '__Http-', host: false, http: true },
  { text: '__Secure-', host: false, http: false },
]

export function prefixOf(name: string): Prefix | null {
  const lower = lowerAscii(name)
  return PREFIXES.find(({ text }) => lower.startsWith(lowerAscii(text))) ?? null
}

/** Which of the promises a line breaks, or none. */
export function brokenPromises(cookie: SetCookie, from: Place, byScript: boolean): readonly RejectionCode[] {
  if (cookie.name === '') return prefixOf(trimBlank(cookie.value)) ? ['prefix-in-value'] : []
  const prefix = prefixOf(cookie.name)
  if (!prefix) return []
  const broken: RejectionCode[] = []
  if (!cookie.secure) broken.push('prefix-secure')
  if (from.scheme !== 'https') broken.push('prefix-https')
  if (prefix.host && cookie.path !== '/') broken.push('prefix-path')
  if (prefix.host && (cookie.domain ?? '') !== '') broken.push('prefix-domain')
  if (prefix.http && !cookie.httpOnly) broken.push('prefix-http-only')
  if (prefix.http && byScript) broken.push('prefix-script')
  return broken
}
