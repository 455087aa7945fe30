/** Whether a signature is good, and nothing else: the product's keys and parser, without the claims. */
import { decodeBase64url } from '../../../../src/crypto/base64url.ts'
import { type NodeCrypto, nodeCrypto } from '../../../../src/crypto/node-crypto.ts'
import { AuthError, isAuthError } from '../../../../src/errors.ts'
import { isSameAlgorithm, isSignatureAlgorithm, type SignatureAlgorithm } from '../../../../src/token/algorithms.ts'
import { importVerifyKey, type Jwk, type VerifyKey } from '../../../../src/token/jwk.ts'
import { decodeSegment, parseCompact } from '../../../../src/token/jws.ts'
import { createStaticKeySource } from '../../../../src/token/key-set.ts'
import { hmacVerifier } from '../../../../src/token/signatures.ts'

export interface SignatureRequest {
  readonly token: string
  readonly keys: readonly Jwk[]
  readonly isSet: boolean
  readonly algorithms: readonly SignatureAlgorithm[]
}
export interface SignatureAnswer {
  readonly matches: boolean
  /** The product refuses the key although it fits: a secret that can be guessed. */
  readonly weak: string | null
}

/** @throws AuthError why the signature cannot be judged: the token is malformed, no key fits, the key is refused */
export async function checkSignature(request: SignatureRequest, node = nodeCrypto): Promise<SignatureAnswer> {
  const { token, keys, isSet, algorithms } = request
  const one = isSet ? null : importKey(keys[0], algorithms, node)
  const { header, input, signature } = parseCompact(token, new Map(), Number.POSITIVE_INFINITY, anyPayload)
  const { algorithm, keyId } = header
  if (!isSignatureAlgorithm(algorithm)) throw new AuthError('token.algorithm', "the token's algorithm is not accepted")
  if (one) {
    if (!isSameAlgorithm(algorithm, one.key.algorithm))
      throw new AuthError('token.algorithm', "the token's algorithm is not accepted")
    if (keyId !== null && one.key.keyId !== null && keyId !== one.key.keyId) throw unknownKey()
    return { matches: await one.key.verify(input, signature), weak: one.weak }
  }
  const key = createStaticKeySource({ keys }, algorithms, node).find(keyId, algorithm)
  if (!key) throw unknownKey()
  return { matches: await key.verify(input, signature), weak: null }
}

/** As the product imports it; a secret that it only finds too easy to guess serves to say whether the signature is its. */
function importKey(
  jwk: unknown,
  algorithms: readonly SignatureAlgorithm[],
  node: NodeCrypto | null,
): { readonly key: VerifyKey; readonly weak: string | null } {
  try {
    return { key: importVerifyKey(jwk, algorithms, node), weak: null }
  } catch (error) {
    const { k, kid } = jwk as Jwk
    const secret = typeof k === 'string' ? decodeBase64url(k) : null
    if (!isAuthError(error, 'key.weak') || !secret) throw error
    const keyId = typeof kid === 'string' ? kid : null
    const key = { keyId, algorithm: 'HS256', isSynchronous: true, verify: hmacVerifier(secret, node) } as const
    return { key, weak: error.message }
  }
}

/** A JWS need not hold JSON: text, or bytes where it is none. */
function anyPayload(segment: string): string | Uint8Array | null {
  const text = decodeSegment(segment)
  if (text !== null) return text
  const bytes = decodeBase64url(segment)
  return bytes && isUtf8(bytes) ? null : bytes
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

const unknownKey = () => new AuthError('token.key_unknown', 'no key of the issuer fits the token')

export interface BytesRequest {
  readonly jwk: Jwk
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly input: string | Uint8Array
  readonly signature: string | Uint8Array
}

/** A signature over any bytes, by a verify key of the product. @throws AuthError `key.invalid`, `key.weak` */
export async function checkBytes({ jwk, algorithms, input, signature }: BytesRequest): Promise<boolean> {
  return importVerifyKey(jwk, algorithms).verify(input, signature)
}
