/** What a login of another library is, and what becomes of it. */
import type { Json } from '../json.ts'
import type { Device, Session } from '../session/session.ts'

/** A login as another library knew it. */
export interface FormerLogin {
  readonly subject: string
  /** Default `cookie`. */
  readonly mode?: 'cookie' | 'hybrid'
  readonly data?: Json
  readonly acr?: string
  readonly amr?: readonly string[]
  /** Seconds since 1970; default 0, long ago: whoever moves in has proved nothing just now. */
  readonly authenticatedAt?: number
}

export interface MoveInInput {
  /** Names the login for good: the same for all its requests, and never the same for two logins. Only its digest is stored. */
  readonly key: string
  /** Where it comes from, for the audit log. */
  readonly from: string
  readonly device: Device
  /** Asked only for a login that has not moved yet. null: there is none. */
  load(): Promise<FormerLogin | null>
}

export interface MovedIn {
  readonly session: Session
  readonly cookie: string
}

/**
 * null: there is no such login, it moved longer ago than `REPLAY_SECONDS`, its session has ended since, or its subject has
 * been logged out everywhere.
 */
export type MoveIn = (input: MoveInInput) => Promise<MovedIn | null>
