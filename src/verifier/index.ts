/** `sojourn/verifier`: checks access tokens; portable, without a store. Re-exports only. */
export { AuthError, type AuthErrorCode, isAuthError } from '../errors.ts'
export type { Json, JsonObject } from '../json.ts'
export { type Consistency, type Freshness, type OnStale, type RevocationView, staleOk } from '../revocation/check.ts'
export type { SignatureAlgorithm } from '../token/algorithms.ts'
export type { FollowedServer, FollowingStatus, FollowingVerifier } from './following-verifier.ts'
export type { StatusListRevocations } from './status-list-verifier.ts'
export { createVerifier, type VerifiedClaims, type Verifier, type VerifierOptions } from './verifier.ts'
