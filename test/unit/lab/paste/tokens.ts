/** Small tokens for the tests of the Lab; their signatures mean nothing. */

const encoder = new TextEncoder()
export const base64url = (content: string | Uint8Array): string =>
  Buffer.from(typeof content === 'string' ? encoder.encode(content) : content).toString('base64url')

/** @param header and @param payload as values, or as the very text */
export function compact(header: unknown, payload: unknown, signature = 'c2lnbmF0dXJl'): string {
  const text = (part: unknown) => (typeof part === 'string' ? part : JSON.stringify(part))
  return `${base64url(text(header))}.${base64url(text(payload))}.${signature}`
}

export const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' }
export const CLAIMS = {
  iss: 'https://issuer.example',
  sub: 'ana',
  aud: 'https://api.example',
  exp: 1_700_000_600,
  iat: 1_700_000_000,
  jti: 't1',
}
export const TOKEN = compact(HEADER, CLAIMS)
