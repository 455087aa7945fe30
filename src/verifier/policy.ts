/** What a verifier is told, checked once at the door. */
import { systemClock } from '../clock.ts'
import type { RevocationView } from '../revocation/check.ts'
import { DEFAULT_ALGORITHMS, isSignatureAlgorithm, type SignatureAlgorithm } from '../token/algorithms.ts'
import { type ClaimsPolicy, REVOCABLE_CLAIMS } from '../token/claims.ts'
import { mediaType } from '../token/jws.ts'
import type { FollowedServer } from './following-verifier.ts'
import type { StatusListRevocations } from './status-list-verifier.ts'

export interface VerifierOptions {
  /** JWK set `{ keys: [...] }` of the issuer. Either this or `jwksUrl`. */
  readonly keys?: { readonly keys: readonly object[] }
  /** Where the issuer publishes its JWK set; https, or http on loopback. No URL ever comes from a token. */
  readonly jwksUrl?: string
  readonly issuer: string
  /** The token's `aud` must contain one of them. */
  readonly audience: string | readonly string[]
  /**
   * Closed list; default: ES256, EdDSA, Ed25519, RS256, PS256, ES384 as far as the keys have them. HS256 only when named,
   * and never with `jwksUrl`: a published secret is none.
   */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Accepted `typ`, with and without `application/` alike; default `at+jwt`. */
  readonly typ?: string
  /** Must be present besides those that are always required: `iss`, `sub`, `aud`, `exp`, `iat`. */
  readonly requiredClaims?: readonly string[]
  /** Bounds `exp - iat`; default 3600. */
  readonly maxLifetimeSeconds?: number
  /** For `nbf` and `iat` only, never `exp`; default 0. */
  readonly clockToleranceSeconds?: number
  /** Seconds since 1970. */
  readonly clock?: () => number
  /**
   * The fleet's revocations, where its log is followed, or the Sojourn server to follow: `sid`, `sub`, `jti` and `gen` are then
   * required. Or the issuer's status lists, for a service outside the fleet: `status` is then required. Without any of them the
   * verifier says `revocation: 'none'`.
   */
  readonly revocations?: RevocationView | FollowedServer | StatusListRevocations
}

/** The options but for the keys, with every default filled in. */
export interface VerifierPolicy extends ClaimsPolicy {
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly mediaType: string
  readonly clock: () => number
  readonly view: RevocationView | null
}

/** @throws TypeError for an option that is missing, ill-typed or out of range */
export function checkPolicy(options: Omit<VerifierOptions, 'keys' | 'jwksUrl'>): VerifierPolicy {
  if (typeof options !== 'object' || options === null) throw new TypeError('createVerifier takes one object of options')
  const { issuer, algorithms = DEFAULT_ALGORITHMS, typ = 'at+jwt', requiredClaims = [] } = options
  const { maxLifetimeSeconds = 3600, clockToleranceSeconds = 0, clock = systemClock.now, revocations } = options
  const audience = typeof options.audience === 'string' ? [options.audience] : options.audience
  if (!isText(issuer)) throw new TypeError('issuer is missing')
  if (!isTexts(audience) || audience.length === 0) throw new TypeError('audience is missing')
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(isSignatureAlgorithm)) {
    throw new TypeError(`algorithms is a list of ${[...DEFAULT_ALGORITHMS, 'HS256'].join(', ')}`)
  }
  if (!isText(typ)) throw new TypeError('typ is a media type')
  if (!isTexts(requiredClaims)) throw new TypeError('requiredClaims is a list of names')
  if (!(Number.isFinite(maxLifetimeSeconds) && maxLifetimeSeconds > 0)) {
    throw new TypeError('maxLifetimeSeconds is a positive number')
  }
  if (!(Number.isFinite(clockToleranceSeconds) && clockToleranceSeconds >= 0)) {
    throw new TypeError('clockToleranceSeconds is a number and not negative')
  }
  if (typeof clock !== 'function') throw new TypeError('clock is a function that gives seconds since 1970')
  const view = isView(revocations) ? revocations : null
  const isFollowing = view !== null || isServer(revocations)
  if (revocations !== undefined && !isFollowing && !isStatusLists(revocations)) {
    throw new TypeError('revocations is a view of the revocation log, { url, token } or { statusLists }')
  }
  const revocable = isFollowing ? REVOCABLE_CLAIMS : revocations ? ['status'] : []
  return {
    issuer,
    audience: [...audience],
    algorithms: [...algorithms],
    mediaType: mediaType(typ),
    requiredClaims: [...new Set([...requiredClaims, ...revocable])],
    maxLifetimeSeconds,
    clockToleranceSeconds,
    clock,
    view,
  }
}

export function isStatusLists(value: VerifierOptions['revocations']): value is StatusListRevocations {
  return typeof value === 'object' && value !== null && 'statusLists' in value && typeof value.statusLists === 'string'
}

export function isServer(value: VerifierOptions['revocations']): value is FollowedServer {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string'
}

function isView(value: VerifierOptions['revocations']): value is RevocationView {
  return typeof (value as RevocationView | null | undefined)?.look === 'function'
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}
