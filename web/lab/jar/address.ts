/** The address that cookies come from, as typed. */
import type { Place } from './place.ts'

/**
 * @param site the registrable domain; empty: the last two labels, for there is no list of public suffixes here
 * @returns null when it is no http or https address
 */
export function readPlace(text: string, site: string): Place | null {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text.trim()) ? text.trim() : `https://${text.trim()}`)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') return null
  const host = url.hostname
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    host,
    site: siteOf(host, site.trim().toLowerCase()),
    path: url.pathname,
  }
}

function siteOf(host: string, given: string): string | null {
  if (given !== '' && (host === given || host.endsWith(`.${given}`))) return given
  const labels = host.split('.')
  const isAddress = host.startsWith('[') || /^\d+$/.test(labels.at(-1) ?? '')
  return isAddress || labels.length < 2 ? null : labels.slice(-2).join('.')
}
