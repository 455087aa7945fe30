/** The one error type of Sojourn and the union of its codes. */

/** Every code that Sojourn can raise; `docs/errors.md` explains each. The part before the dot names the part that raised it. */
export type AuthErrorCode =
  // Requests as a whole
  | 'request.malformed'
  | 'request.too_large'
  | 'request.host'
  | 'request.method'
  | 'request.media_type'
  | 'request.not_found'
  | 'request.not_acceptable'
  | 'credentials.ambiguous'
  | 'credentials.missing'
  | 'credentials.scheme'
  | 'credentials.insufficient'
  // OAuth clients
  | 'client.invalid'
  // Sessions
  | 'session.missing'
  | 'session.ended'
  | 'session.conflict'
  | 'session.limit'
  | 'session.superseded'
  | 'session.cookie_not_kept'
  | 'session.mode'
  // Access tokens (verifier)
  | 'token.malformed'
  | 'token.too_large'
  | 'token.type'
  | 'token.algorithm'
  | 'token.critical'
  | 'token.key_unknown'
  | 'token.signature'
  | 'token.claim_missing'
  | 'token.claim_invalid'
  | 'token.issuer'
  | 'token.audience'
  | 'token.expired'
  | 'token.not_yet_valid'
  | 'token.issued_in_future'
  | 'token.lifetime'
  | 'token.revoked'
  | 'token.claims_stale'
  | 'token.status'
  | 'token.browser'
  | 'token.audience_unknown'
  // Keys
  | 'key.invalid'
  | 'key.weak'
  | 'keys.unavailable'
  // Refresh
  | 'refresh.unknown'
  | 'refresh.expired'
  | 'refresh.reused'
  // CSRF
  | 'csrf.cross_site'
  | 'csrf.origin'
  | 'csrf.missing'
  // Revocation
  | 'revocation.stale'
  | 'revocation.pending'
  | 'revocation.unknown_outcome'
  // Token Status Lists
  | 'status.unavailable'
  | 'status.history'
  // Accounts
  | 'account.invalid'
  | 'account.exists'
  | 'account.credentials'
  | 'account.throttled'
  | 'account.busy'
  | 'account.password_weak'
  | 'account.password_change_required'
  | 'account.reset_invalid'
  // Remote followers of the revocation log
  | 'follower.key'
  | 'follower.limit'
  // Operators and policy
  | 'operator.required'
  | 'policy.denied'
  // Sign-in with a foreign OpenID provider
  | 'sso.state'
  | 'sso.refused'
  | 'sso.response'
  | 'sso.tokens'
  | 'sso.unavailable'
  // Stores
  | 'store.unavailable'
  | 'store.corrupt'
  | 'store.version'
  | 'internal'

/** What an `AuthError` may carry besides its code. None of it may hold a token, secret or cookie value. */
export interface AuthErrorDetail {
  /** Why it happened, for logs; never sent to a client. */
  readonly cause?: unknown
  /** Seconds after which a retry makes sense (`Retry-After`). */
  readonly retryAfterSeconds?: number
}

/**
 * Every expected failure of Sojourn but developer misuse (`TypeError`) and absence (`null`).
 * Match on `code`; the message is for people and may change.
 */
export class AuthError extends Error {
  readonly code: AuthErrorCode
  readonly retryAfterSeconds: number | undefined

  /** @param message public text: it is sent to clients, so it holds no secret and no private detail */
  constructor(code: AuthErrorCode, message: string, detail: AuthErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'AuthError'
    this.code = code
    this.retryAfterSeconds = detail.retryAfterSeconds
  }
}

/** True for an `AuthError`, optionally of one code; holds across copies of the package. */
export function isAuthError(value: unknown, code?: AuthErrorCode): value is AuthError {
  return (
    value instanceof Error &&
    value.name === 'AuthError' &&
    'code' in value &&
    (code === undefined || value.code === code)
  )
}
