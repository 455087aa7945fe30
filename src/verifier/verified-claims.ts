/** What a verifier hands out. */
import type { JsonObject } from '../json.ts'

/** A JWT's claims once everything has been checked, the current application claims laid over them. Frozen. */
export interface VerifiedClaims extends JsonObject {
  readonly iss: string
  readonly sub: string
  readonly exp: number
}
