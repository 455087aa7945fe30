/** Everything about revocation that one process needs, wired: view, follower, spread, housekeeping of the log. */
import type { Clock } from '../clock.ts'
import { DEFAULT_STORE_SECONDS, withDeadline } from '../deadline.ts'
import { AuthError } from '../errors.ts'
import type { RevocationView } from './check.ts'
import type { Appended, Durability, LogEntry, RevocationEngine } from './engine.ts'
import { createFollower, type Follower } from './follower.ts'
import { createHeldAcks } from './held-acks.ts'
import { createRecovery } from './recovery.ts'
import type { Receipt, SettleOptions } from './revoke.ts'
import { createSpread, type FleetSpread } from './spread.ts'
import { systemTimers, type Timers } from './timers.ts'
import { createRevocationView } from './view.ts'

export interface RevocationsOptions {
  readonly engine: RevocationEngine
  readonly clock: Clock
  /** The same in the whole fleet; longer than a fail-over of the store takes. Default 12. */
  readonly leaseSeconds?: number
  /** Default a sixth of the lease. */
  readonly heartbeatSeconds?: number
  /** Longest life of an access token and of a cached session. Default 3600. */
  readonly maxTokenLifeSeconds?: number
  /** How far wall clocks of the fleet may be apart. Default 30. */
  readonly skewSeconds?: number
  /** How wrong the rate of a clock may be. Default 0.01. */
  readonly driftRate?: number
  /** Added to every wait. Default 20. */
  readonly guardMs?: number
  /** How long a call of the engine may take. Default 5. */
  readonly storeTimeoutSeconds?: number
  /** As `RecoveryOptions.onHistoryLost`. */
  readonly onHistoryLost?: () => Promise<readonly string[]>
  readonly timers?: Timers
  /** Jitter between attempts: 0 to below 1. */
  readonly random?: () => number
  /** Told of every failed call, for logs. */
  readonly onFailure?: (cause: unknown) => void
}

export interface Revocations {
  readonly view: RevocationView
  readonly follower: Follower
  readonly spread: FleetSpread
  readonly durability: Durability
  /**
   * As the follower's. Where a listener answers a promise, the entry is not acknowledged before it has settled, and `settle`
   * waits for that; the next entries wait as well, for acknowledgements are in order.
   */
  onApplied(listener: (entry: LogEntry) => void | Promise<void>): () => void
  /** As the follower's. */
  readonly onReset: Follower['onReset']
  /** How long an entry must be kept: no credential that it covers can be accepted after that. */
  readonly keepSeconds: number
  /** `until` for an entry appended now. */
  until(): number
  /** Resolves when no verifier accepts any more what the append covers. @throws as `Spread.settle` */
  settle(appended: Appended, options?: SettleOptions): Promise<Receipt>
  /**
   * Joins the fleet as a verifier; resolves when it may decide from memory. Without it this process only revokes.
   * @throws AuthError `store.unavailable` when it is closed before
   */
  start(): Promise<void>
  /** Stops accepting, leaves the registry, stops timers. */
  close(): Promise<void>
}

/** Between two prunings of the log. */
const PRUNE_MS = 60_000

/** @throws TypeError for options out of range */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { clock, leaseSeconds = 12, maxTokenLifeSeconds = 3600, skewSeconds = 30 } = options
  const { storeTimeoutSeconds: seconds = DEFAULT_STORE_SECONDS } = options
  // A read of the log that is never answered would keep this verifier from deciding for ever.
  const engine = withDeadline(options.engine, 'revocations', { seconds })
  const { timers = systemTimers } = options
  if (!(maxTokenLifeSeconds > 0 && skewSeconds >= 0)) {
    throw new TypeError('maxTokenLifeSeconds is above 0 and skewSeconds from 0 on')
  }
  const keepSeconds = Math.ceil(maxTokenLifeSeconds + 2 * skewSeconds + 60)
  const view = createRevocationView({ clock, judge: (credential, now) => engine.judge(credential, now) })
  const recovery = createRecovery({ ...options, engine, keepSeconds })
  const acks = createHeldAcks(engine, (cause) => options.onFailure?.(cause))
  const fleet = { recovery, look: () => spread.look() }
  const follower = createFollower({ ...options, engine: acks.engine, view, fleet })
  const local = {
    get id() {
      return follower.id
    },
    async catchUp(offset: number) {
      const isApplied = await follower.catchUp(offset)
      if (isApplied) await acks.released(offset)
      return isApplied
    },
  }
  const spread: FleetSpread = createSpread({ ...options, engine, local })
  let cancelReap = (): void => undefined
  let cancelPrune = (): void => undefined
  let isOpen = true
  let isStarted = false

  function keepReaping(): void {
    cancelReap = timers.after(
      leaseSeconds * 500,
      () => void spread.reap().finally(() => isOpen && keepReaping()),
      false,
    )
  }

  function keepPruning(): void {
    cancelPrune = timers.after(PRUNE_MS, () => void prune().finally(() => isOpen && keepPruning()), false)
  }

  async function prune(): Promise<void> {
    try {
      await engine.prune(clock.now() - skewSeconds)
    } catch (cause) {
      options.onFailure?.(cause)
    }
  }

  return {
    view,
    follower,
    spread,
    durability: engine.durability,
    onApplied: (listener) => acks.onApplied(follower, listener),
    onReset: follower.onReset,
    keepSeconds,
    until: () => clock.now() + keepSeconds,
    settle: spread.settle,
    async start() {
      if (!isOpen) throw new AuthError('store.unavailable', 'revocations have been closed')
      if (!isStarted) {
        isStarted = true
        follower.start()
        // The first look only takes notes; who stands still until a later one can be removed.
        void spread.reap()
        keepReaping()
        keepPruning()
      }
      await follower.ready()
    },
    async close() {
      isOpen = false
      cancelReap()
      cancelPrune()
      await follower.close()
    },
  }
}
