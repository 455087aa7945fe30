/** Random values from the platform's generator. */
import { encodeBase64url } from './base64url.ts'

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

/** 128 bits, 22 characters base64url: ids of sessions, families, tokens. */
export function randomId(): string {
  return encodeBase64url(randomBytes(16))
}

/** 192 bits, 32 characters base64url: secrets that a client holds. */
export function randomSecret(): string {
  return encodeBase64url(randomBytes(24))
}
