/** JWKs (RFC 7517) into keys that sign or verify: one key, one algorithm. */
import { decodeBase64url, encodeBase64url } from '../crypto/base64url.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { type NodeCrypto, nodeCrypto } from '../crypto/node-crypto.ts'
import { randomBytes } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import type { SignatureAlgorithm } from './algorithms.ts'
import { ALGORITHMS, isSameAlgorithm, isSignatureAlgorithm, RSA_BITS } from './algorithms.ts'
import { isEd25519Point, isWeierstrassPoint } from './curves.ts'
import { checkHmacSecret } from './hmac-secrets.ts'
import { hmacSigner, hmacVerifier, nodeSigner, nodeVerifier, webSigner, webVerifier } from './signatures.ts'

/** A private (or symmetric) key, bound to one algorithm. */
export interface SigningKey {
  readonly keyId: string
  readonly algorithm: SignatureAlgorithm
  /** The JWS signature of `input` (ASCII), base64url. */
  sign(input: string): string | Promise<string>
}

/** A public (or symmetric) key, bound to one algorithm: the key decides, never the token (RFC 8725 §3.1). */
export interface VerifyKey {
  readonly keyId: string | null
  readonly algorithm: SignatureAlgorithm
  /** Whether `verify` answers at once: HMAC everywhere, all others on Node. */
  readonly isSynchronous: boolean
  /**
   * `input`: ASCII text, or bytes as they are. `signature`: bytes, or the base64url text of a token; text that is not
   * canonical is never a good signature.
   */
  verify(input: string | Uint8Array, signature: string | Uint8Array): boolean | Promise<boolean>
}

/** A JWK as it came from outside. */
export type Jwk = Readonly<Record<string, unknown>>

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const CURVES: Readonly<Record<string, SignatureAlgorithm>> = { 'P-256': 'ES256', 'P-384': 'ES384', Ed25519: 'Ed25519' }

/**
 * The one algorithm of a key: its `alg`, or what its type and curve leave; an RSA key without `alg` is RS256 unless the
 * list has only PS256. null: the key is for something else (`use`, `key_ops`, another algorithm) or not in the list.
 */
export function algorithmOf(
  jwk: Jwk,
  allowed: readonly SignatureAlgorithm[],
  operation: 'verify' | 'sign' = 'verify',
): SignatureAlgorithm | null {
  if (jwk.use !== undefined && jwk.use !== 'sig') return null
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes(operation))) return null
  const named = jwk.alg === undefined ? impliedAlgorithm(jwk, allowed) : jwk.alg
  if (!isSignatureAlgorithm(named)) return null
  return allowed.find((name) => name === named) ?? allowed.find((name) => isSameAlgorithm(name, named)) ?? null
}

function impliedAlgorithm(jwk: Jwk, allowed: readonly SignatureAlgorithm[]): unknown {
  switch (jwk.kty) {
    case 'EC':
    case 'OKP':
      return typeof jwk.crv === 'string' && Object.hasOwn(CURVES, jwk.crv) ? CURVES[jwk.crv] : null
    case 'RSA':
      return allowed.includes('PS256') && !allowed.includes('RS256') ? 'PS256' : 'RS256'
    case 'oct':
      return 'HS256'
    default:
      return null
  }
}

/**
 * A key that verifies. A private key is refused: whoever published it, or handed it to a verifier, has lost it.
 *
 * @param allowed the caller's closed list of algorithms
 * @param node null to use Web Crypto even where node:crypto is there
 * @throws AuthError `key.invalid` when the key is malformed or not for a listed algorithm, `key.weak` for an HMAC secret
 */
export function importVerifyKey(
  jwk: unknown,
  allowed: readonly SignatureAlgorithm[],
  node: NodeCrypto | null = nodeCrypto,
): VerifyKey {
  const { key, algorithm, keyId } = open(jwk, allowed, 'verify')
  if (key.kty === 'oct') {
    return { keyId, algorithm, isSynchronous: true, verify: hmacVerifier(secretOf(key), node) }
  }
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member))) {
    throw invalid('a key that verifies must not hold private members')
  }
  const members = publicMembers(key)
  const verify = node ? nodeVerifier(algorithm, members, node) : webVerifier(algorithm, members)
  return { keyId, algorithm, isSynchronous: node !== null, verify }
}

/**
 * A key that signs. `kid` is the JWK's own, or derived from its thumbprint.
 *
 * @throws AuthError `key.invalid`, `key.weak`
 */
export function importSigningKey(jwk: unknown, node: NodeCrypto | null = nodeCrypto): SigningKey {
  const { key, algorithm, keyId } = open(jwk, Object.keys(ALGORITHMS).filter(isSignatureAlgorithm), 'sign')
  if (key.kty === 'oct') {
    const secret = secretOf(key)
    return { keyId: keyId ?? keyIdOf(key), algorithm, sign: hmacSigner(secret, node) }
  }
  const members: Record<string, string> = publicMembers(key)
  for (const member of PRIVATE_MEMBERS) {
    if (key[member] === undefined) continue
    if (member === 'oth' || member === 'k') throw invalid(`${member} does not belong into this key`)
    bytesOf(key, member)
    members[member] = key[member] as string
  }
  if (members.d === undefined) throw invalid('a key that signs needs its private members')
  const sign = node ? nodeSigner(algorithm, members, node) : webSigner(algorithm, members)
  return { keyId: keyId ?? keyIdOf(key), algorithm, sign }
}

/** A new private (or symmetric) JWK with `alg`, `use` and `kid`. */
export async function generateKey(algorithm: SignatureAlgorithm): Promise<Jwk> {
  const { kty, webKey } = ALGORITHMS[algorithm]
  if (kty === 'oct') {
    // A digest of the secret does not belong into every token's header: this kid is random.
    const keyId = encodeBase64url(randomBytes(6))
    return { kty, k: encodeBase64url(randomBytes(32)), alg: algorithm, use: 'sig', kid: keyId }
  }
  const size = { modulusLength: RSA_BITS.min, publicExponent: Uint8Array.of(1, 0, 1) }
  const parameters = kty === 'RSA' ? { ...webKey, ...size } : webKey
  const pair = (await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])) as CryptoKeyPair
  const exported = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const { key_ops: _, ext: __, ...members } = exported
  return { ...members, alg: algorithm, use: 'sig', kid: keyIdOf(members as Jwk) }
}

/** The public half of an asymmetric JWK, as it goes into a JWK set. @throws AuthError `key.invalid` for a symmetric key */
export function publicJwk(jwk: Jwk): Jwk {
  const { kid, alg, use } = jwk
  return { ...publicMembers(jwk), kid, alg, use }
}

/** RFC 7638: SHA-256 over the required members in lexical order, base64url. @throws AuthError `key.invalid` */
export function jwkThumbprint(jwk: Jwk): string {
  const members: Readonly<Record<string, unknown>> = jwk.kty === 'oct' ? { kty: 'oct', k: jwk.k } : publicMembers(jwk)
  const sorted = Object.keys(members)
    .sort()
    .map((name) => [name, members[name]])
  return sha256Base64url(JSON.stringify(Object.fromEntries(sorted)))
}

/** Eight characters: enough to tell an issuer's keys apart, and short in every token. */
function keyIdOf(jwk: Jwk): string {
  return jwkThumbprint(jwk).slice(0, 8)
}

function open(jwk: unknown, allowed: readonly SignatureAlgorithm[], operation: 'verify' | 'sign') {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw invalid('a JWK is an object')
  const key = jwk as Jwk
  if (key.kid !== undefined && (typeof key.kid !== 'string' || key.kid === '')) throw invalid('kid is no text')
  const algorithm = algorithmOf(key, allowed, operation)
  if (algorithm === null) throw invalid('the key is not for any of the allowed signature algorithms')
  const { kty, crv } = ALGORITHMS[algorithm]
  if (key.kty !== kty || (crv !== null && key.crv !== crv)) throw invalid('kty or crv does not fit alg')
  return { key, algorithm, keyId: key.kid ?? null }
}

/** The required public members, checked, and nothing else. */
function publicMembers(key: Jwk): Record<string, string> {
  if (key.kty === 'RSA') {
    checkModulus(bytesOf(key, 'n'))
    checkExponent(bytesOf(key, 'e'))
    return { kty: 'RSA', n: key.n as string, e: key.e as string }
  }
  const crv = key.crv
  if (key.kty === 'EC' && (crv === 'P-256' || crv === 'P-384')) {
    const [x, y] = [bytesOf(key, 'x'), bytesOf(key, 'y')]
    const { coordinateBytes } = ALGORITHMS[crv === 'P-256' ? 'ES256' : 'ES384']
    if (x.length !== coordinateBytes || y.length !== coordinateBytes) throw invalid('x or y has the wrong length')
    if (!isWeierstrassPoint(crv, x, y)) throw invalid('x and y are no point of the curve')
    return { kty: 'EC', crv, x: key.x as string, y: key.y as string }
  }
  if (key.kty === 'OKP' && crv === 'Ed25519') {
    const x = bytesOf(key, 'x')
    if (x.length !== 32 || !isEd25519Point(x)) throw invalid('x is no point of the curve, or one of low order')
    return { kty: 'OKP', crv, x: key.x as string }
  }
  throw invalid('kty or crv is not supported')
}

function checkModulus(n: Uint8Array): void {
  if (n[0] === 0) throw invalid('n begins with a zero byte')
  const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24
  if (bits < RSA_BITS.min) throw invalid(`the RSA modulus has fewer than ${RSA_BITS.min} bits`)
  if (bits > RSA_BITS.max) throw invalid(`the RSA modulus has more than ${RSA_BITS.max} bits`)
  if (((n[n.length - 1] as number) & 1) === 0) throw invalid('the RSA modulus is even')
}

/** Odd, above 2^16 and below 2^256 (FIPS 186-5 §5.4). */
function checkExponent(e: Uint8Array): void {
  if (e[0] === 0) throw invalid('e begins with a zero byte')
  if (e.length < 3 || e.length > 32 || ((e[e.length - 1] as number) & 1) === 0) {
    throw invalid('the RSA exponent is even, small or too large')
  }
}

function secretOf(key: Jwk): Uint8Array<ArrayBuffer> {
  const secret = typeof key.k === 'string' ? decodeBase64url(key.k) : null
  if (!secret) throw invalid('k is no base64url')
  checkHmacSecret(secret)
  return secret
}

function bytesOf(key: Jwk, member: string): Uint8Array {
  const text = key[member]
  const bytes = typeof text === 'string' && text !== '' ? decodeBase64url(text) : null
  if (!bytes) throw invalid(`${member} is no base64url`)
  return bytes
}

function invalid(why: string): AuthError {
  return new AuthError('key.invalid', `the key cannot be used: ${why}`)
}
