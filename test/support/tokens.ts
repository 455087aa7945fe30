/** Tokens made by hand, good and bad, for tests of what checks them. */
import { encodeBase64url } from '../../src/crypto/base64url.ts'
import type { SignatureAlgorithm } from '../../src/token/algorithms.ts'
import { generateKey, importSigningKey, type Jwk, publicJwk, type SigningKey } from '../../src/token/jwk.ts'

const encoder = new TextEncoder()

export const NOW = 1_750_000_000
export const ISSUER = 'https://app.example'
export const AUDIENCE = 'https://api.example'

/** base64url of a text, or of a value's JSON. */
export function segment(value: unknown): string {
  return encodeBase64url(encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)))
}

/** Claims that a verifier of `ISSUER` and `AUDIENCE` accepts at `NOW`. */
export function goodClaims(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: ISSUER,
    sub: 'subject-0123456789abcd',
    aud: AUDIENCE,
    exp: NOW + 600,
    iat: NOW,
    jti: 'token-id-0123456789abc',
    client_id: 'app',
    sid: 'session-0123456789abcd',
    gen: 3,
    roles: ['reader'],
    ...change,
  }
}

export interface TestKey {
  readonly jwk: Jwk
  /** What a verifier is given: the public half, or the secret of HS256. */
  readonly verifyJwk: Jwk
  readonly signing: SigningKey
  /** Signs these segments, whatever they are. */
  sign(header: string, payload: string): Promise<string>
  /** A token with the header of ours, changed. */
  token(claims?: unknown, header?: Readonly<Record<string, unknown>>): Promise<string>
}

export async function makeKey(algorithm: SignatureAlgorithm, given?: Jwk): Promise<TestKey> {
  const jwk = given ?? (await generateKey(algorithm))
  const signing = importSigningKey(jwk)
  const sign = async (header: string, payload: string) =>
    `${header}.${payload}.${await signing.sign(`${header}.${payload}`)}`
  return {
    jwk,
    verifyJwk: jwk.kty === 'oct' ? jwk : publicJwk(jwk),
    signing,
    sign,
    token: (claims = goodClaims(), header = {}) =>
      sign(segment({ alg: algorithm, typ: 'at+jwt', kid: jwk.kid, ...header }), segment(claims)),
  }
}
