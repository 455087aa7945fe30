/** SHA-256, HMAC-SHA-256 and comparison; synchronous on every platform. */
import { encodeBase64url } from './base64url.ts'
import { nodeCrypto } from './node-crypto.ts'
import { portableHmacSha256, portableSha256 } from './portable-sha256.ts'

const node = nodeCrypto

const encoder = new TextEncoder()

/** SHA-256 of a string's UTF-8 bytes (or of bytes), base64url, 43 characters. */
export const sha256Base64url: (value: string | Uint8Array) => string = node
  ? (value) => node.hash('sha256', value, 'base64url')
  : (value) => encodeBase64url(portableSha256(typeof value === 'string' ? encoder.encode(value) : value))

/** SHA-256 as a text of 32 characters, one for each byte: the fastest form to compare or to take words from. */
export const sha256Latin1: (value: string) => string = node
  ? (value) => node.hash('sha256', value, 'latin1')
  : (value) => String.fromCharCode(...portableSha256(encoder.encode(value)))

/** SHA-256, 32 bytes. */
export const sha256: (value: string | Uint8Array) => Uint8Array = node
  ? (value) => node.hash('sha256', value, 'buffer')
  : (value) => portableSha256(typeof value === 'string' ? encoder.encode(value) : value)

/** HMAC-SHA-256 (RFC 2104), 32 bytes. */
export const hmacSha256: (key: Uint8Array, data: string | Uint8Array) => Uint8Array = node
  ? (key, data) => node.createHmac('sha256', key).update(data).digest()
  : (key, data) => portableHmacSha256(key, typeof data === 'string' ? encoder.encode(data) : data)

/** Compares in a time that depends on the lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  if (node) return node.timingSafeEqual(a, b)
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

/** Compares two texts (digests, tags) in a time that depends on their lengths only. */
export function equalTexts(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
