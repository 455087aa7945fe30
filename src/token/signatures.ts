/** Sign and verify, per platform: node:crypto synchronously, Web Crypto elsewhere, HMAC synchronously everywhere. */
import { decodeBase64url, encodeBase64url } from '../crypto/base64url.ts'
import { equalBytes, equalTexts, hmacSha256 } from '../crypto/digest.ts'
import { type NodeBuffer, type NodeCrypto, type NodeKey, nodeBuffer } from '../crypto/node-crypto.ts'
import { AuthError } from '../errors.ts'
import { ALGORITHMS, type SignatureAlgorithm } from './algorithms.ts'
import { derToRaw, rawToDer } from './ecdsa-der.ts'

export type Sign = (input: string) => string | Promise<string>
export type Verify = (input: string | Uint8Array, signature: string | Uint8Array) => boolean | Promise<boolean>
type Members = Readonly<Record<string, string>>

const encoder = new TextEncoder()

export function hmacVerifier(secret: Uint8Array, node: NodeCrypto | null): Verify {
  const digest = hmacDigest(secret, node)
  return (input, signature) =>
    typeof signature === 'string'
      ? equalTexts(digest(input), signature)
      : equalBytes(encoder.encode(digest(input)), encoder.encode(encodeBase64url(signature)))
}

export function hmacSigner(secret: Uint8Array, node: NodeCrypto | null): (input: string) => string {
  return hmacDigest(secret, node)
}

function hmacDigest(secret: Uint8Array, node: NodeCrypto | null): (input: string | Uint8Array) => string {
  if (!node || !nodeBuffer) return (input) => encodeBase64url(hmacSha256(secret, input))
  const key = node.createSecretKey(secret)
  const slow = (input: string | Uint8Array) => node.createHmac('sha256', key).update(input).digest('base64url')
  const fast = twoHashes(secret, node, nodeBuffer)
  return (input) => (typeof input === 'string' && input.length <= MAX_FAST_CHARS ? fast(input) : slow(input))
}

const MAX_FAST_CHARS = 8192
const BLOCK_BYTES = 64

/**
 * HMAC as RFC 2104 defines it, by two one-shot hashes: half the time of `createHmac`, which builds a stream for each call.
 * Only for ASCII.
 */
function twoHashes(secret: Uint8Array, node: NodeCrypto, buffer: NodeBuffer): (input: string) => string {
  const block = secret.length > BLOCK_BYTES ? node.hash('sha256', secret, 'buffer') : secret
  const inner = buffer.alloc(BLOCK_BYTES + MAX_FAST_CHARS, 0x36)
  const outer = buffer.alloc(BLOCK_BYTES + 32, 0x5c)
  block.forEach((byte, i) => {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  })
  // Tokens of one issuer have few lengths; making a view costs as much as a hash of a short text.
  const views = new Map<number, Uint8Array>()
  return (input) => {
    const end = BLOCK_BYTES + inner.write(input, BLOCK_BYTES, 'latin1')
    let view = views.get(end)
    if (!view) {
      if (views.size >= 1024) views.clear()
      view = inner.subarray(0, end)
      views.set(end, view)
    }
    outer.write(node.hash('sha256', view, 'latin1'), BLOCK_BYTES, 'latin1')
    return node.hash('sha256', outer, 'base64url')
  }
}

export function nodeVerifier(name: SignatureAlgorithm, members: Members, node: NodeCrypto): Verify {
  const { digest, nodeOptions, kty, coordinateBytes } = ALGORITHMS[name]
  const key = nodeKey(() => node.createPublicKey({ key: members, format: 'jwk' }))
  const argument = nodeOptions ? { key, ...nodeOptions } : key
  return (input, signature) => {
    const raw = typeof signature === 'string' ? signatureBytes(signature) : signature
    if (!raw) return false
    if (digest === null) return node.verify(digest, toBytes(input), argument, raw)
    if (kty === 'EC' && raw.length !== 2 * coordinateBytes) return false
    // A bare KeyObject with a DER signature is a third faster than `dsaEncoding: 'ieee-p1363'`.
    const signed = kty === 'EC' ? rawToDer(raw) : raw
    return node.createVerify(digest).update(input).verify(argument, signed)
  }
}

export function nodeSigner(name: SignatureAlgorithm, members: Members, node: NodeCrypto): Sign {
  const { digest, nodeOptions, kty, coordinateBytes } = ALGORITHMS[name]
  const key = nodeKey(() => node.createPrivateKey({ key: members, format: 'jwk' }))
  const argument = nodeOptions ? { key, ...nodeOptions } : key
  return (input) => {
    const signature = node.sign(digest, toBytes(input), argument)
    return encodeBase64url(kty === 'EC' ? derToRaw(signature, coordinateBytes) : signature)
  }
}

function nodeKey(make: () => NodeKey): NodeKey {
  try {
    return make()
  } catch {
    // The cause is left out: node:crypto may quote the key.
    throw new AuthError('key.invalid', 'the key cannot be used: node:crypto refuses it')
  }
}

export function webVerifier(name: SignatureAlgorithm, members: Members): Verify {
  const { webOperation } = ALGORITHMS[name]
  const key = webKey(name, members, 'verify')
  return async (input, signature) => {
    const raw = typeof signature === 'string' ? decodeBase64url(signature) : signature
    if (!raw) return false
    const data = typeof input === 'string' ? encoder.encode(input) : input
    return crypto.subtle.verify(webOperation, await key(), new Uint8Array(raw), new Uint8Array(data))
  }
}

export function webSigner(name: SignatureAlgorithm, members: Members): Sign {
  const { webOperation } = ALGORITHMS[name]
  const key = webKey(name, members, 'sign')
  return async (input) =>
    encodeBase64url(new Uint8Array(await crypto.subtle.sign(webOperation, await key(), encoder.encode(input))))
}

/** Imports at the first use, because Web Crypto cannot do so synchronously; once. */
function webKey(name: SignatureAlgorithm, members: Members, operation: 'verify' | 'sign'): () => Promise<CryptoKey> {
  let key: Promise<CryptoKey> | null = null
  const load = async (): Promise<CryptoKey> => {
    try {
      return await crypto.subtle.importKey('jwk', { ...members }, ALGORITHMS[name].webKey, false, [operation])
    } catch {
      throw new AuthError('key.invalid', 'the key cannot be used: Web Crypto refuses it')
    }
  }
  return () => {
    key ??= load()
    return key
  }
}

/** Strict: the bytes only if the text is their one encoding. */
function signatureBytes(text: string): Uint8Array | null {
  if (!nodeBuffer) return decodeBase64url(text)
  const bytes = nodeBuffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

function toBytes(input: string | Uint8Array): Uint8Array {
  if (typeof input !== 'string') return input
  return nodeBuffer ? nodeBuffer.from(input, 'latin1') : encoder.encode(input)
}
