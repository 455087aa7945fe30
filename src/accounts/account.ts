/** The account record of Sojourn's own server (an application with its own user table does not need it). */
import type { JsonObject } from '../json.ts'

export interface Account {
  /** The subject: 22 characters base64url. */
  readonly id: string
  /** Normalised address (`normaliseEmail`): the unique key. */
  readonly email: string
  /** PHC string of argon2id. */
  readonly passwordHash: string
  /** Application claims, `roles` among them. */
  readonly claims: JsonObject
  /** True until a one-time password has been changed. */
  readonly mustChangePassword: boolean
  /** Seconds since 1970. */
  readonly createdAt: number
  /** Rises by one with every save; starts at 1. */
  readonly version: number
}
