/** A token before it is signed: what it is asked for, and what MINT makes of that. */
import type { JsonObject } from '../json.ts'
import type { Session } from '../session/session.ts'
import type { AccessTokenInput } from '../token/access-tokens.ts'

/** What a token is asked for. */
export interface TokenTerms {
  readonly audience: readonly string[]
  readonly scope: string | null
  /** Default: the one that the session was started for. */
  readonly clientId?: string
  /** Who acts for the subject (RFC 8693 §4.1), whoever acted before within it. */
  readonly act?: JsonObject
  /** Seconds since 1970: the token ends by then. */
  readonly notAfter?: number
}

/** A session as it was read, and the token of it that is to be signed. */
export interface DescribedToken {
  readonly session: Session
  readonly input: AccessTokenInput & { readonly tokenId: string }
}
