/** Where a verifier's keys come from: a fixed JWK set, or this process's own issuer. The remote set is in `remote-key-set.ts`. */
import { type NodeCrypto, nodeCrypto } from '../crypto/node-crypto.ts'
import { AuthError } from '../errors.ts'
import { isSameAlgorithm, type SignatureAlgorithm } from './algorithms.ts'
import { algorithmOf, importVerifyKey, type Jwk, type VerifyKey } from './jwk.ts'

/** The keys that a verifier may use now, in memory. */
export interface KeySource {
  /** Rises whenever keys may have gone, so that what was verified with one of them can be dropped. */
  readonly epoch: number
  /** False when a caller has to `refresh` before it may judge: nothing loaded yet, or far too long ago. */
  readonly isReady: boolean
  /** Seconds since 1970 (of the verifier's clock) from which on `refreshSoon` is due; Infinity: never. */
  readonly refreshAt: number
  /** True while the last load has failed and older keys serve: an unknown key may be a new one. */
  readonly isFailing: boolean
  /** The one key with this `kid` (null: the only key of all) for the algorithm that the token names; otherwise null. */
  find(keyId: string | null, algorithm: SignatureAlgorithm): VerifyKey | null
  /** Whether the key is still there. */
  has(key: VerifyKey): boolean
  /** Loads again; callers at the same time share one load. @throws AuthError `keys.unavailable` when there are no keys */
  refresh(): Promise<void>
  /** Loads again in the background; a failure shows in `isFailing`. */
  refreshSoon(): void
  /** Whether loading again for the sake of an unknown key is allowed: not when the source is fixed or was asked a moment ago. */
  mayAskAgain(): boolean
  /** Loads again for the sake of an unknown key, if allowed. */
  askAgain(): Promise<void>
}

/** An immutable set of verifying keys. */
export interface KeySet {
  readonly keys: readonly VerifyKey[]
  find(keyId: string | null, algorithm: SignatureAlgorithm): VerifyKey | null
}

/** @param keys with any number of keys of the same `kid`: a token that fits more than one fits none */
export function createKeySet(keys: readonly VerifyKey[]): KeySet {
  const byId = new Map<string | null, VerifyKey[]>()
  for (const key of keys) {
    const same = byId.get(key.keyId)
    if (same) same.push(key)
    else byId.set(key.keyId, [key])
  }
  return {
    keys,
    find(keyId, algorithm) {
      let found: VerifyKey | null = null
      for (const key of keyId === null ? keys : (byId.get(keyId) ?? [])) {
        if (!isSameAlgorithm(key.algorithm, algorithm)) continue
        if (found) return null
        found = key
      }
      return found
    },
  }
}

/** Keys in a set, at most: nobody publishes as many, and a token without `kid` looks at each. */
export const MAX_KEYS = 100

/** What is read of a JWK set. */
export interface ReadKeys {
  /** By their JSON, so that a key that is published again stays the same object. */
  readonly byJson: ReadonlyMap<string, VerifyKey>
  /** Why keys meant for us were refused. */
  readonly refused: readonly AuthError[]
}

/**
 * The keys of a JWK set (RFC 7517 §5) that are meant for one of the allowed algorithms; those for other uses are left out.
 *
 * @param known keys of an earlier reading
 * @throws AuthError `key.invalid` when it is no JWK set
 */
export function readJwkSet(
  set: unknown,
  allowed: readonly SignatureAlgorithm[],
  node: NodeCrypto | null = nodeCrypto,
  known: ReadonlyMap<string, VerifyKey> = new Map(),
): ReadKeys {
  const listed = typeof set === 'object' && set !== null ? (set as { readonly keys?: unknown }).keys : undefined
  if (!Array.isArray(listed)) throw new AuthError('key.invalid', 'a JWK set holds a list called keys')
  if (listed.length > MAX_KEYS) throw new AuthError('key.invalid', `a JWK set holds at most ${MAX_KEYS} keys`)
  const byJson = new Map<string, VerifyKey>()
  const refused: AuthError[] = []
  for (const jwk of listed as readonly unknown[]) {
    if (typeof jwk !== 'object' || jwk === null) {
      refused.push(new AuthError('key.invalid', 'a JWK is an object'))
      continue
    }
    if (algorithmOf(jwk as Jwk, allowed) === null) continue
    try {
      const json = JSON.stringify(jwk)
      byJson.set(json, known.get(json) ?? importVerifyKey(jwk, allowed, node))
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      refused.push(error)
    }
  }
  return { byJson, refused }
}

/**
 * Keys that never change.
 *
 * @throws TypeError when `set` is no JWK set or empty; AuthError `key.invalid`, `key.weak` for the first key that is refused
 */
export function createStaticKeySource(
  set: unknown,
  allowed: readonly SignatureAlgorithm[],
  node: NodeCrypto | null = nodeCrypto,
): KeySource {
  const listed = typeof set === 'object' && set !== null ? (set as { readonly keys?: unknown }).keys : undefined
  if (!Array.isArray(listed) || listed.length === 0)
    throw new TypeError('keys is a JWK set: { keys: [...] }, not empty')
  const { byJson, refused } = readJwkSet(set, allowed, node)
  if (refused[0]) throw refused[0]
  const held = createKeySet([...byJson.values()])
  return {
    epoch: 0,
    isReady: true,
    isFailing: false,
    refreshAt: Number.POSITIVE_INFINITY,
    find: held.find,
    has: () => true,
    refresh: async () => {},
    refreshSoon: () => {},
    mayAskAgain: () => false,
    askAgain: async () => {},
  }
}
