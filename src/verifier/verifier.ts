/** createVerifier: signature, claims, CHECK. */
import { sha256Base64url } from '../crypto/digest.ts'
import { AuthError } from '../errors.ts'
import type { VerifyKey } from '../token/jwk.ts'
import { MAX_TOKEN_CHARS } from '../token/jws.ts'
import { createStaticKeySource, type KeySource } from '../token/key-set.ts'
import { createRemoteKeySource } from '../token/remote-key-set.ts'
import { deepFreeze } from '../token/strict-json.ts'
import { createFollowingVerifier, type FollowedServer, type FollowingVerifier } from './following-verifier.ts'
import { claimsStale, createJudgement, type Judged, type LoadClaims } from './judgement.ts'
import { checkPolicy, isServer, isStatusLists, type VerifierOptions, type VerifierPolicy } from './policy.ts'
import { createSignatureCheck, type Signed } from './signature-check.ts'
import { createStatusListVerifier } from './status-list-verifier.ts'
import { createTokenCache, NO_STAMP, type TokenCacheLimits } from './token-cache.ts'
import type { VerifiedClaims } from './verified-claims.ts'
import type { Verifier } from './verifier-shape.ts'

export type { VerifierOptions } from './policy.ts'
export type { VerifiedClaims } from './verified-claims.ts'
export type { Verifier } from './verifier-shape.ts'

/** What the login layer adds. */
export interface VerifierExtras {
  /**
   * Loads all current application claims of a token whose claims are stale while no patch is known; null: they cannot be had.
   * Without it such a token is refused with `token.claims_stale`.
   */
  readonly onStaleClaims?: LoadClaims
  /** Of the verified-token cache; default 131 072 entries, 160 MiB. */
  readonly cache?: TokenCacheLimits
}

/**
 * A verifier of one issuer's access tokens (RFC 9068, RFC 8725). The key's algorithm decides, never the token's.
 *
 * @throws TypeError for options that are missing or make no sense; AuthError `key.invalid`, `key.weak` for a key in `keys`
 */
export function createVerifier(options: VerifierOptions & { readonly revocations: FollowedServer }): FollowingVerifier
export function createVerifier(options: VerifierOptions): Verifier
export function createVerifier(options: VerifierOptions): Verifier {
  const policy = checkPolicy(options)
  const source = keySourceOf(options, policy)
  const { revocations } = options
  if (isServer(revocations)) {
    return createFollowingVerifier(revocations, (view) => createVerifierOver(source, { ...options, revocations: view }))
  }
  const verifier = createVerifierOver(source, options)
  return isStatusLists(revocations) ? createStatusListVerifier(verifier, source, policy, revocations) : verifier
}

function keySourceOf({ keys, jwksUrl }: VerifierOptions, { algorithms, clock }: VerifierPolicy): KeySource {
  if ((keys === undefined) === (jwksUrl === undefined)) throw new TypeError('either keys or jwksUrl is needed')
  if (jwksUrl === undefined) return createStaticKeySource(keys, algorithms)
  if (algorithms.includes('HS256'))
    throw new TypeError('HS256 and jwksUrl exclude each other: a published secret is none')
  return createRemoteKeySource({ url: jwksUrl, allowed: algorithms, clock })
}

/** A verified token in memory; `judged` where there are revocations. */
interface Entry {
  readonly claims: VerifiedClaims
  readonly key: VerifyKey
  readonly judged: Judged | null
}

const DEFAULT_LIMITS: TokenCacheLimits = { maxEntries: 131_072, maxBytes: 160 * 1024 * 1024 }
/** Estimated for objects, keys and digest, besides the text of the claims. */
const ENTRY_BYTES = 700

/** A verifier over any source of keys. @throws TypeError as `createVerifier` */
export function createVerifierOver(
  source: KeySource,
  options: Omit<VerifierOptions, 'keys' | 'jwksUrl'>,
  extras: VerifierExtras = {},
): Verifier {
  const policy = checkPolicy(options)
  const { clock, view } = policy
  const { onStaleClaims = null } = extras
  const signatures = createSignatureCheck(source, policy)
  const judgement = view && createJudgement(view, clock, onStaleClaims)
  /** This verifier's own, so that every entry was judged by this very policy. */
  const cache = createTokenCache<Entry, VerifiedClaims>(extras.cache ?? DEFAULT_LIMITS)

  let stamp = NO_STAMP
  let keysEpoch = Number.NaN
  let viewEpoch = Number.NaN
  /** Another number whenever keys or revocations have changed: an answer found under this one is right until then. */
  const currentStamp = (): number => {
    if (source.epoch !== keysEpoch || (view !== null && view.epoch !== viewEpoch)) {
      keysEpoch = source.epoch
      if (view !== null) viewEpoch = view.epoch
      stamp++
    }
    return stamp
  }

  const admit = (token: string, digest: string, signed: Signed): { readonly entry: Entry; readonly slot: number } => {
    const { key } = signed
    const claims = deepFreeze(signed.claims) as VerifiedClaims
    let judged: Judged | null = null
    if (view !== null) {
      const { sid, jti, gen } = signed.claims as { sid: string; jti: string; gen: number }
      const check = view.prepare({ sessionId: sid, subject: claims.sub, tokenId: jti, generation: gen })
      judged = { claims, key, check, patch: null, patched: null }
      judgement?.remember(judged, claims)
    }
    const entry = { claims, key, judged }
    return { entry, slot: cache.put(digest, entry, claims, claims.exp, ENTRY_BYTES + token.length) }
  }

  /** The slot of a token while it is neither expired nor its key gone; otherwise -1. @throws AuthError `token.expired` */
  const recall = (digest: string): number => {
    const slot = cache.find(digest)
    if (slot < 0) return slot
    const now = clock()
    if (!(now < cache.expiresAt(slot))) {
      cache.remove(slot)
      throw new AuthError('token.expired', 'the token has expired')
    }
    if (now >= source.refreshAt) source.refreshSoon()
    if (cache.stampOf(slot) === currentStamp() || source.has(cache.entry(slot).key)) return slot
    cache.remove(slot)
    return -1
  }

  const judgeNow = ({ claims, judged }: Entry, slot: number): VerifiedClaims | undefined => {
    const answer = judged && judgement ? judgement.claimsNow(judged) : claims
    if (answer === null) {
      if (onStaleClaims) return undefined
      throw claimsStale()
    }
    if (slot >= 0) cache.remember(slot, answer, currentStamp())
    return view === null || view.leaseHolds() ? answer : undefined
  }

  const verifyNow = (token: string): VerifiedClaims | undefined => {
    checkSize(token)
    const digest = sha256Base64url(token)
    const known = cache.find(digest)
    if (known >= 0 && cache.stampOf(known) === currentStamp()) {
      const now = clock()
      if (now < cache.expiresAt(known) && now < source.refreshAt) {
        // The clocks of the lease are read last: this is the moment of the decision.
        return view === null || view.leaseHolds() ? cache.answer(known) : undefined
      }
    }
    const slot = recall(digest)
    if (slot >= 0) return judgeNow(cache.entry(slot), slot)
    const signed = signatures.now(token)
    if (signed === undefined) return undefined
    const admitted = admit(token, digest, signed)
    return judgeNow(admitted.entry, admitted.slot)
  }

  const verifyDetailed: Verifier['verifyDetailed'] = async (token, consistency = 'lease') => {
    checkSize(token)
    const digest = sha256Base64url(token)
    const slot = recall(digest)
    const entry = slot < 0 ? admit(token, digest, await signatures.later(token)).entry : cache.entry(slot)
    if (!source.has(entry.key)) throw signatures.unknownKey()
    if (!entry.judged || !judgement) {
      if (consistency === 'strict') throw new TypeError('strict needs revocations: nobody else knows')
      return { claims: entry.claims, freshness: 'stale' }
    }
    return judgement.judge(entry.judged, consistency)
  }

  return {
    revocation: view ? 'lease' : 'none',
    verifyDetailed,
    verifyNow,
    guard(claims, freshness = 'lease') {
      if (!judgement) throw new TypeError('guard needs revocations: nobody else knows')
      judgement.guard(claims, freshness)
    },
    async verify(token, consistency) {
      const known = consistency === 'strict' ? undefined : verifyNow(token)
      return known ?? (await verifyDetailed(token, consistency)).claims
    },
  }
}

function checkSize(token: unknown): void {
  if (typeof token !== 'string') throw new AuthError('token.malformed', 'the token is malformed: it is no text')
  if (token.length > MAX_TOKEN_CHARS) throw new AuthError('token.too_large', 'the token is too large')
}
