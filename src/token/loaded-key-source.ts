/** Keys that are loaded, and loaded again as time passes: single flight, the last good ones kept while loading fails. */
import { AuthError } from '../errors.ts'
import type { VerifyKey } from './jwk.ts'
import { createKeySet, type KeySet, type KeySource } from './key-set.ts'

/** What a load brings, and for how long it is used before it is asked for again. */
export interface KeyLoad {
  readonly keys: readonly VerifyKey[]
  readonly maxAgeSeconds: number
}

export interface LoadedKeySourceOptions {
  /** Rejects when the keys cannot be had now. */
  load(): Promise<KeyLoad>
  /** Seconds since 1970. */
  readonly clock: () => number
  /** Unknown keys cause at most one load in this time. */
  readonly askAgainSeconds: number
  /** After a failure the next load comes no sooner. */
  readonly retrySeconds: number
  /** How long after their time keys still serve while they are loaded in the background. */
  readonly graceSeconds: number
  /** How long the last good keys serve while loading fails. */
  readonly maxStaleSeconds: number
}

export function createLoadedKeySource(options: LoadedKeySourceOptions): KeySource {
  const { clock } = options
  let held: KeySet | null = null
  let members: ReadonlySet<VerifyKey> = new Set()
  let epoch = 0
  let loadedAt = Number.NEGATIVE_INFINITY
  let refreshAt = Number.NEGATIVE_INFINITY
  let askAgainAt = Number.NEGATIVE_INFINITY
  let isFailing = false
  let cause: unknown
  let flight: Promise<void> | null = null

  const isUsable = (): boolean => held !== null && clock() < loadedAt + options.maxStaleSeconds

  /** Never rejects: a failure is a state of the source. */
  const load = (): Promise<void> => {
    flight ??= (async () => {
      try {
        const { keys, maxAgeSeconds } = await options.load()
        held = createKeySet(keys)
        members = new Set(keys)
        epoch++
        loadedAt = clock()
        refreshAt = loadedAt + maxAgeSeconds
        isFailing = false
        cause = undefined
      } catch (error) {
        isFailing = true
        cause = error
        refreshAt = clock() + options.retrySeconds
      } finally {
        flight = null
      }
    })()
    return flight
  }

  return {
    get epoch() {
      return epoch
    },
    get isReady() {
      return isUsable() && (isFailing || clock() < refreshAt + options.graceSeconds)
    },
    get isFailing() {
      return isFailing
    },
    get refreshAt() {
      return refreshAt
    },
    find: (keyId, algorithm) => held?.find(keyId, algorithm) ?? null,
    has: (key) => members.has(key),
    async refresh() {
      // What has just failed is not repeated by everybody who asks.
      if (!isFailing || clock() >= refreshAt) await load()
      if (isUsable()) return
      const retryAfterSeconds = options.retrySeconds
      throw new AuthError('keys.unavailable', "the issuer's keys cannot be loaded", { cause, retryAfterSeconds })
    },
    refreshSoon() {
      if (!flight && clock() >= refreshAt) void load()
    },
    mayAskAgain: () => flight !== null || clock() >= askAgainAt,
    async askAgain() {
      if (flight) return flight
      if (clock() < askAgainAt) return
      askAgainAt = clock() + options.askAgainSeconds
      await load()
    },
  }
}
