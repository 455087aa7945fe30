/** Whether our code accepts a compact JWS under one key, whatever its payload is. */
import { decodeBase64url } from '../../src/crypto/base64url.ts'
import { nodeCrypto } from '../../src/crypto/node-crypto.ts'
import { AuthError, isAuthError } from '../../src/errors.ts'
import {
  ALGORITHMS,
  DEFAULT_ALGORITHMS,
  HMAC_MIN_BYTES,
  isSameAlgorithm,
  isSignatureAlgorithm,
  type SignatureAlgorithm,
} from '../../src/token/algorithms.ts'
import { importVerifyKey, type Jwk, type VerifyKey } from '../../src/token/jwk.ts'
import { decodeSegment, parseCompact } from '../../src/token/jws.ts'
import { createStaticKeySource } from '../../src/token/key-set.ts'
import { hmacVerifier } from '../../src/token/signatures.ts'

export const ALL: readonly SignatureAlgorithm[] = Object.keys(ALGORITHMS).filter(isSignatureAlgorithm)

/** @throws AuthError for every refusal but a wrong signature */
export function acceptsCompact(token: string, jwk: Jwk): boolean | Promise<boolean> {
  const key = importForVectors(verifyingHalf(jwk))
  const { header, input, signature } = parseCompact(token, new Map(), Number.POSITIVE_INFINITY, readPayload)
  if (!isSignatureAlgorithm(header.algorithm) || !isSameAlgorithm(header.algorithm, key.algorithm))
    throw new AuthError('token.algorithm', 'the key is for another algorithm')
  if (header.keyId !== null && key.keyId !== null && header.keyId !== key.keyId)
    throw new AuthError('token.key_unknown', 'the token names another key')
  return key.verify(input, signature)
}

/**
 * The same with a key of a JWK set, found as the verifier finds it. HS256 is allowed only where all keys are secrets: a
 * verifier has to name it.
 */
export function acceptsFromSet(token: string, keys: readonly Jwk[]): boolean | Promise<boolean> {
  const allowed = keys.every(({ kty }) => kty === 'oct') ? (['HS256'] as const) : DEFAULT_ALGORITHMS
  const source = createStaticKeySource({ keys: keys.map(verifyingHalf) }, allowed)
  const { header, input, signature } = parseCompact(token, new Map(), Number.POSITIVE_INFINITY, readPayload)
  const key = isSignatureAlgorithm(header.algorithm) ? source.find(header.keyId, header.algorithm) : null
  if (!key) throw new AuthError('token.key_unknown', 'no key of the set fits the token')
  return key.verify(input, signature)
}

/**
 * As the verifier imports keys, but for secrets that are refused only because anybody could guess them (all zeros): some
 * files sign with them, and what they have to say about tokens would be lost.
 */
function importForVectors(jwk: Jwk): VerifyKey {
  try {
    return importVerifyKey(jwk, ALL)
  } catch (error) {
    const secret = typeof jwk.k === 'string' ? decodeBase64url(jwk.k) : null
    if (!isAuthError(error, 'key.weak') || !secret || secret.length < HMAC_MIN_BYTES) throw error
    return {
      keyId: typeof jwk.kid === 'string' ? jwk.kid : null,
      algorithm: 'HS256',
      isSynchronous: true,
      verify: hmacVerifier(secret, nodeCrypto),
    }
  }
}

/** A payload of ours is text, and read as such; one that is no UTF-8 is read as bytes. */
function readPayload(segment: string): string | Uint8Array | null {
  const text = decodeSegment(segment)
  if (text !== null) return text
  const bytes = decodeBase64url(segment)
  return bytes && isUtf8(bytes) ? null : bytes
}

function isUtf8(bytes: Uint8Array): boolean {
  return Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes)
}

/** The files give private keys where we take none. */
export function verifyingHalf(jwk: Jwk): Jwk {
  const { d: _, p: __, q: ___, dp: ____, dq: _____, qi: ______, ...rest } = jwk
  return rest
}

/** Why a key, or the algorithm that its token names, is none of ours; null when it is. */
export function foreign(jwk: Jwk, algorithm: unknown = jwk.alg): string | null {
  if (algorithm !== undefined && !isSignatureAlgorithm(algorithm))
    return `${String(algorithm)}: an algorithm that we do not make`
  return jwk.crv === 'P-521' ? 'P-521: a curve that we do not use' : null
}
