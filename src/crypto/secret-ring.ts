/** The ring of application secrets: the newest makes, every one of them checks. Purposes are separated by HKDF (RFC 5869). */
import { AuthError } from '../errors.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { equalBytes, hmacSha256 } from './digest.ts'
import { randomBytes } from './random.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Keys derived from a ring of secrets. */
export interface SecretRing {
  /** HMAC-SHA-256 over `data` under the newest secret's key for `purpose`, base64url, cut to 22 characters (128 bits). */
  tag(purpose: string, data: string): string
  /** Whether any secret of the ring made this tag. */
  checkTag(purpose: string, data: string, tag: string): boolean
  /** AES-256-GCM under the newest secret; `context` is bound as additional data. */
  seal(purpose: string, text: string, context: string): Promise<string>
  /** @throws AuthError `store.corrupt` when no secret of the ring opens it */
  open(purpose: string, sealed: string, context: string): Promise<string>
}

/**
 * @param secrets newest first, each at least 32 characters
 * @throws TypeError for an empty ring or a short secret
 */
export function createSecretRing(secrets: readonly string[]): SecretRing {
  if (secrets.length === 0) throw new TypeError('the secret ring is empty')
  for (const secret of secrets) {
    if (secret.length < 32)
      throw new TypeError('each secret needs at least 32 characters: make one with `sojourn secret`')
    if (new Set(secret).size < 10)
      throw new TypeError('a secret repeats too few characters: make one with `sojourn secret`')
  }
  const roots = secrets.map((secret) => hmacSha256(encoder.encode('sojourn/1'), secret))
  const derived = new Map<string, readonly Uint8Array[]>()
  const keysFor = (purpose: string): readonly Uint8Array[] => {
    let keys = derived.get(purpose)
    if (!keys) {
      keys = roots.map((root) => expand(root, purpose))
      derived.set(purpose, keys)
    }
    return keys
  }
  return {
    tag: (purpose, data) => makeTag(keysFor(purpose)[0] as Uint8Array, data),
    checkTag: (purpose, data, tag) => {
      const given = encoder.encode(tag)
      let good = false
      for (const key of keysFor(purpose)) if (equalBytes(encoder.encode(makeTag(key, data)), given)) good = true
      return good
    },
    seal: (purpose, text, context) => sealText(keysFor(purpose)[0] as Uint8Array, text, context),
    async open(purpose, sealed, context) {
      for (const key of keysFor(purpose)) {
        const text = await openText(key, sealed, context)
        if (text !== null) return text
      }
      throw new AuthError('store.corrupt', 'a sealed value opens with none of the configured secrets')
    },
  }
}

/** A ring as options name it: one secret, several, or a ring that was made already. @throws TypeError as `createSecretRing` */
export function toSecretRing(secrets: string | readonly string[] | SecretRing): SecretRing {
  if (typeof secrets === 'string') return createSecretRing([secrets])
  return 'seal' in secrets ? secrets : createSecretRing(secrets)
}

/** HKDF-Expand with one block (RFC 5869 §2.3): 32 bytes. */
export function expand(key: Uint8Array, purpose: string): Uint8Array {
  return hmacSha256(key, `${purpose}\u0001`)
}

/** AES-256-GCM; nonce and ciphertext as `<nonce>.<ciphertext>`, base64url. */
export async function sealText(key: Uint8Array, text: string, context: string): Promise<string> {
  const iv = randomBytes(12)
  const cipher = await crypto.subtle.encrypt(gcm(iv, context), await aesKey(key), encoder.encode(text))
  return `${encodeBase64url(iv)}.${encodeBase64url(new Uint8Array(cipher))}`
}

/** The text, or null when key, context or sealed value do not fit. */
export async function openText(key: Uint8Array, sealed: string, context: string): Promise<string | null> {
  const dot = sealed.indexOf('.')
  const iv = dot < 0 ? null : decodeBase64url(sealed.slice(0, dot))
  const cipher = dot < 0 ? null : decodeBase64url(sealed.slice(dot + 1))
  if (iv?.length !== 12 || !cipher || cipher.length < 16) return null
  const imported = await aesKey(key)
  try {
    return decoder.decode(await crypto.subtle.decrypt(gcm(iv, context), imported, cipher))
  } catch (cause) {
    // Web Crypto says `OperationError` for a wrong key or an altered text and for nothing else.
    if (cause instanceof Error && cause.name === 'OperationError') return null
    throw cause
  }
}

function makeTag(key: Uint8Array, data: string): string {
  return encodeBase64url(hmacSha256(key, data).subarray(0, 16))
}

function gcm(iv: Uint8Array<ArrayBuffer>, context: string) {
  return { name: 'AES-GCM', iv, additionalData: encoder.encode(context) }
}

function aesKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new Uint8Array(key), 'AES-GCM', false, ['encrypt', 'decrypt'])
}
