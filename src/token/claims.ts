/** The claims of an access token: type, range and time (RFC 7519 §4.1, RFC 9068 §2.2 and §4). */
import { AuthError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/** What a verifier demands of the claims. */
export interface ClaimsPolicy {
  readonly issuer: string
  /** The token's `aud` must contain one of them. */
  readonly audience: readonly string[]
  readonly requiredClaims: readonly string[]
  /** Bounds `exp - iat`. */
  readonly maxLifetimeSeconds: number
  /** For `nbf` and `iat`, never for `exp`. */
  readonly clockToleranceSeconds: number
}

/** A NumericDate may have a fraction (RFC 7519 §2); it is finite, not negative and below 2^53. */
const isInstant = (value: Json): boolean => typeof value === 'number' && value >= 0 && value < 2 ** 53
const isText = (value: Json): boolean => typeof value === 'string' && value !== ''
const isTexts = (value: Json): boolean => Array.isArray(value) && value.length > 0 && value.every(isText)
const isObject = (value: Json): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The types of registered claims, wherever they are present. A switch: this runs for every claim of every new token. */
function isShaped(name: string, value: Json): boolean {
  switch (name) {
    case 'exp':
    case 'nbf':
    case 'iat':
    case 'auth_time':
      return isInstant(value)
    case 'iss':
    case 'sub':
    case 'jti':
    case 'sid':
    case 'client_id':
    case 'azp':
      return isText(value)
    case 'aud':
      return isText(value) || isTexts(value)
    case 'gen':
      return Number.isSafeInteger(value) && (value as number) >= 0
    case 'scope':
    case 'acr':
    case 'nonce':
      return typeof value === 'string'
    case 'amr':
      return Array.isArray(value) && value.every((method) => typeof method === 'string')
    case 'act':
    case 'cnf':
    case 'status':
      return isObject(value)
    default:
      return true
  }
}

/** Present in every token, whatever the policy: without them nothing can be said of issuer, subject, audience and life. */
const ALWAYS_REQUIRED = ['iss', 'sub', 'aud', 'exp', 'iat']

/**
 * Checks every registered claim's type, then what the policy demands.
 *
 * @param now seconds since 1970
 * @throws AuthError `token.claim_missing`, `token.claim_invalid`, `token.issuer`, `token.audience`, `token.expired` (from the
 *   very second that `exp` names), `token.not_yet_valid`, `token.issued_in_future`, `token.lifetime`
 */
export function checkClaims(claims: JsonObject, policy: ClaimsPolicy, now: number): void {
  for (const name in claims) {
    if (!isShaped(name, claims[name] as Json)) {
      throw new AuthError('token.claim_invalid', `the token's ${name} has the wrong type or range`)
    }
  }
  for (const name of ALWAYS_REQUIRED) requireClaim(claims, name)
  for (const name of policy.requiredClaims) requireClaim(claims, name)
  if (claims.iss !== policy.issuer) throw new AuthError('token.issuer', 'the token is of another issuer')
  if (!isForAudience(claims.aud as string | readonly string[], policy.audience)) {
    throw new AuthError('token.audience', 'the token is for another audience')
  }
  checkTimes(claims, policy, now)
}

/** The names that revocation looks at: a comparison with undefined is false and would accept (fail closed). */
export const REVOCABLE_CLAIMS: readonly string[] = ['sid', 'sub', 'jti', 'gen']

function requireClaim(claims: JsonObject, name: string): void {
  if (!Object.hasOwn(claims, name)) throw new AuthError('token.claim_missing', `the token lacks ${name}`)
}

function isForAudience(aud: string | readonly string[], accepted: readonly string[]): boolean {
  return typeof aud === 'string' ? accepted.includes(aud) : aud.some((audience) => accepted.includes(audience))
}

function checkTimes(claims: JsonObject, policy: ClaimsPolicy, now: number): void {
  const exp = claims.exp as number
  const iat = claims.iat as number
  const latest = now + policy.clockToleranceSeconds
  if (!(now < exp)) throw new AuthError('token.expired', 'the token has expired')
  if (claims.nbf !== undefined && (claims.nbf as number) > latest) {
    throw new AuthError('token.not_yet_valid', 'the token is not valid yet')
  }
  if (iat > latest) throw new AuthError('token.issued_in_future', 'the token was issued in the future')
  if (!(exp > iat && exp - iat <= policy.maxLifetimeSeconds)) {
    throw new AuthError('token.lifetime', 'the token lives longer than this verifier accepts')
  }
}
