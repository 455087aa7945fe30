/** What a token costs on the wire, and by which algorithm. Computed, not measured. */

/** Name and value of one cookie, as browsers cap them together. */
export const COOKIE_BYTES = 4096
/** All headers of a request, as many servers and proxies cap them. */
export const HEADER_BYTES = 8192

export type SizedAlgorithm =
  | 'HS256'
  | 'ES256'
  | 'EdDSA'
  | 'RS256'
  | 'PS256'
  | 'ES384'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'

/** Bytes of a signature; RSA with 2048 bits (RFC 7518 §3, RFC 8037, FIPS 204 §4). */
export const SIGNATURE_BYTES: Readonly<Record<SizedAlgorithm, number>> = {
  HS256: 32,
  ES256: 64,
  EdDSA: 64,
  RS256: 256,
  PS256: 256,
  ES384: 96,
  'ML-DSA-44': 2420,
  'ML-DSA-65': 3309,
  'ML-DSA-87': 4627,
}

const encoder = new TextEncoder()
/** Characters of base64url without padding. */
export const encodedLength = (bytes: number): number => Math.ceil((bytes * 4) / 3)

export interface SizeOfToken {
  readonly algorithm: SizedAlgorithm
  readonly bytes: number
  readonly signatureBytes: number
  readonly fitsCookie: boolean
  /** Of an 8 kB header budget, 0 to 1 and above. */
  readonly headerShare: number
}

/** The same header and payload under every algorithm; only `alg` and the signature differ. */
export function sizesByAlgorithm(header: object, payload: string): readonly SizeOfToken[] {
  const payloadChars = encodedLength(encoder.encode(payload).length)
  return (Object.keys(SIGNATURE_BYTES) as SizedAlgorithm[]).map((algorithm) => {
    const head = encoder.encode(JSON.stringify({ ...header, alg: algorithm })).length
    const signatureBytes = SIGNATURE_BYTES[algorithm]
    const bytes = encodedLength(head) + 1 + payloadChars + 1 + encodedLength(signatureBytes)
    return { algorithm, bytes, signatureBytes, fitsCookie: bytes < COOKIE_BYTES, headerShare: bytes / HEADER_BYTES }
  })
}

/** `12% of a 4096 B cookie` */
export const share = (bytes: number, of: number): string => `${Math.round((bytes / of) * 100)}%`
