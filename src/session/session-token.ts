/** What a session cookie carries: `<session id>.<secret>`. A store only ever holds the secret's SHA-256. */
import { equalTexts, sha256Base64url } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'

/** Characters of a session token: 22 for the id, a dot, 22 for the secret (128 bits each): with its name a `Cookie` header of 69 bytes. */
export const SESSION_TOKEN_LENGTH = 45

const SHAPE = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/

export interface NewSessionToken {
  readonly id: string
  /** Goes into the cookie and nowhere else. */
  readonly value: string
  /** SHA-256 of the secret, base64url. */
  readonly secretHash: string
}

/** A token for this id with a secret that nobody has had before. */
export function newSessionToken(id: string): NewSessionToken {
  const secret = randomId()
  return { id, value: `${id}.${secret}`, secretHash: sha256Base64url(secret) }
}

export function isSessionToken(value: string): boolean {
  return value.length === SESSION_TOKEN_LENGTH && SHAPE.test(value)
}

/** The secret of a well-formed token. */
export function secretOf(value: string): string {
  return value.slice(23)
}

/** The id that a well-formed token names, or null. */
export function sessionIdOf(value: string): string | null {
  return isSessionToken(value) ? value.slice(0, 22) : null
}

/** Whether the token's secret is the one whose hash is stored; false for a session without a cookie. Constant time. */
export function secretMatches(value: string, secretHash: string | null): boolean {
  return secretHash !== null && equalTexts(sha256Base64url(secretOf(value)), secretHash)
}
