/** The URLs of a client: https, http on loopback, or a scheme of a native application's own (RFC 8252 §7). */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Redirect URIs, exact to the letter.
 * @param fault told of everything that is wrong
 */
export function readRedirectUris(
  name: string,
  uris: readonly string[],
  applicationType: 'web' | 'native',
  fault: (text: string) => void,
): readonly string[] {
  if (uris.length > 20) fault(`${name}: 20 at most`)
  for (const uri of uris) {
    const problem = applicationType === 'native' && !/^https?:/i.test(uri) ? schemeFault(uri) : urlFault(uri)
    if (problem) fault(`${name} ${problem}`)
  }
  return uris
}

/** What is wrong with an address that we send a browser or a message to; null: nothing. */
export function urlFault(uri: string): string | null {
  const url = parse(uri)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be https, or http on loopback'
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) return 'must be https: plain http is for loopback only'
  if (url.username || url.password) return 'must hold neither user nor password'
  if (uri.includes('#')) return 'must have no fragment'
  return null
}

/** RFC 8252 §7.1: a domain name of the developer's, in reverse; so nobody takes `javascript:` or another's short name. */
function schemeFault(uri: string): string | null {
  const url = parse(uri)
  if (!url || !/^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)) {
    return 'must be https, http on loopback, or a scheme like com.example.app:'
  }
  return uri.includes('#') ? 'must have no fragment' : null
}

/** No wildcard, no blank, nothing that a URL parser would write differently or read twice. */
function parse(uri: string): URL | null {
  return uri.length <= 512 && /^[\x21-\x7e]+$/.test(uri) && !/[*\\<>"'`{}|^]/.test(uri) && URL.canParse(uri)
    ? new URL(uri)
    : null
}
