/** The session record: one login, whatever credential carries it. Pure rules; no I/O. */
import type { Json, JsonObject } from '../json.ts'

/** Where the login's state lives: our store, what the client carries, or both. */
export type Mode = 'cookie' | 'token' | 'hybrid'

/** What the user sees in "my devices". Plain text, bounded, never parsed back. */
export interface Device {
  /** The request's User-Agent, at most 256 characters. */
  readonly userAgent: string | null
  /** The address that signed in. */
  readonly address: string | null
}

/** One login. All instants are whole seconds since 1970. */
export interface Session {
  /** 22 characters base64url (128 bits), safe to log. */
  readonly id: string
  /** SHA-256 (base64url) of the cookie's secret; null in token mode, where no cookie exists. */
  readonly secretHash: string | null
  /** null: an anonymous session, which a sign-in never adopts. */
  readonly subject: string | null
  readonly mode: Mode
  /** The subject's generation when it was issued (0 for anonymous). */
  readonly generation: number
  /** The emergency floor under which it was issued. */
  readonly floor: number
  /** Rises by one with every `save`; starts at 1. */
  readonly version: number
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly idleTimeoutSeconds: number
  /** End of the absolute lifetime. */
  readonly absoluteExpiresAt: number
  /** When the user last proved who they are (`auth_time`). */
  readonly authenticatedAt: number
  readonly acr: string | null
  readonly amr: readonly string[]
  /** OAuth client, or null for the application itself. */
  readonly clientId: string | null
  /** Groups the accounts that one browser holds; null outside cookies. */
  readonly browserId: string | null
  readonly device: Device
  /** Application claims as loaded at `claimsGeneration`. */
  readonly claims: JsonObject
  readonly claimsGeneration: number
  /** The application's own data. */
  readonly data: Json
}

/** When the session ends if nobody uses it again: the earlier of idle timeout and absolute lifetime. */
export function expiresAt(session: Session): number {
  return Math.min(session.lastSeenAt + session.idleTimeoutSeconds, session.absoluteExpiresAt)
}

/** True from the very second named by `expiresAt` on. */
export function isExpired(session: Session, now: number): boolean {
  return now >= expiresAt(session)
}
