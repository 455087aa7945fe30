/** A follower as its users see it. */
import type { Clock } from '../clock.ts'
import type { LogEntry, Registry, RevocationEngine } from './engine.ts'
import type { Recovery } from './recovery.ts'
import type { Timers } from './timers.ts'
import type { FollowedView } from './view.ts'

/** What a follower asks of an engine. One that is reached over HTTP offers no more (`remote/`). */
export type FollowedLog = Pick<RevocationEngine, 'renew' | 'readAfter' | 'ack' | 'leave' | 'floor' | 'watch'>

/** `JOINING`: has not read the log yet; `LIVE`: its lease holds; `STALE`: it has run out. */
export type FollowerState = 'JOINING' | 'LIVE' | 'STALE'

export interface FollowerOptions {
  readonly engine: FollowedLog
  readonly view: FollowedView
  readonly clock: Clock
  /** Longer than a fail-over of the store takes. Default 12. */
  readonly leaseSeconds?: number
  /** Default a sixth of the lease; a renewal that fails is tried again sooner. */
  readonly heartbeatSeconds?: number
  /** How it takes part in RECOVERY; one that has no access to the store leaves that to its server. */
  readonly fleet?: FleetSide
  /** Makes a member id, a fresh one at each call; one that ends in `.<lease in ms>` tells revokers how long to wait. */
  readonly newId?: () => string
  readonly timers?: Timers
  /** Jitter between attempts: 0 to below 1. */
  readonly random?: () => number
  /** Entries per read. Default 2000. */
  readonly pageSize?: number
  /** Told of every failed call and every listener that threw, for logs; what follows from it shows in `state`. */
  readonly onFailure?: (cause: unknown) => void
}

export interface FleetSide {
  readonly recovery: Recovery
  /** One look at the registry, which also settles the incarnation when that is due (`RegistryLooks.look`). */
  look(): Promise<Registry>
}

/** Plain numbers for metrics. */
export interface FollowerMetrics {
  readonly state: FollowerState
  readonly applied: number
  /** Highest offset that a renewal has told of. */
  readonly head: number
  /** Milliseconds since the last usable renewal was sent; Infinity without one. */
  readonly leaseAgeMs: number
  readonly renewals: number
  readonly failures: number
  /** How often the log had to be read again from its start: another history, a gap, a clock that went back. */
  readonly resets: number
}

export interface Follower {
  /** Joins and begins to follow. */
  start(): void
  /**
   * Resolves when the log has been read to its head and the lease holds for the first time. Holds the process meanwhile.
   * @throws AuthError `store.unavailable` when the follower is closed before
   */
  ready(): Promise<void>
  /**
   * Reads on at once. True when everything up to `offset` has been applied here.
   * Never rejects: what keeps it from reading shows in `state`.
   */
  catchUp(offset: number): Promise<boolean>
  /** Called after an entry has become visible in the view and before it is acknowledged. Returns how to stop. */
  onApplied(listener: (entry: LogEntry) => void): () => void
  /** Called when everything known may have changed (caches must be emptied), before the log is read again. */
  onReset(listener: () => void): () => void
  onState(listener: (state: FollowerState) => void): () => void
  readonly id: string
  readonly state: FollowerState
  readonly metrics: FollowerMetrics
  /** LEAVE: stops accepting, then leaves the registry. Never rejects. */
  close(): Promise<void>
}
