/** The refresh token family: all descendants of one login. Pure record. */

/** All instants are whole seconds since 1970. A family has no lifetime of its own: it lives as long as its session. */
export interface Family {
  /** 22 characters base64url, safe to log. */
  readonly id: string
  readonly sessionId: string
  readonly subject: string
  readonly clientId: string | null
  /** Audiences that access tokens of this family are minted for. */
  readonly audience: readonly string[]
  readonly scope: string | null
  readonly floor: number
  /** Place in the line of the current token; starts at 0. */
  readonly step: number
  /** SHA-256 (base64url) of the current token's secret. */
  readonly secretHash: string
  /** SHA-256 of the previous one's; null at step 0. */
  readonly previousHash: string | null
  /** When the previous one was spent; null at step 0. */
  readonly rotatedAt: number | null
  /** The current token, encrypted under a key derived from the previous one; null at step 0. */
  readonly sealedSuccessor: string | null
  readonly createdAt: number
}
