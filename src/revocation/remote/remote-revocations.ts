/** Revocations for a service without a store: follows a Sojourn server and is waited for like any verifier of its fleet. */
import type { Clock } from '../../clock.ts'
import { AuthError, isAuthError } from '../../errors.ts'
import type { RevocationView } from '../check.ts'
import { createFollower, type FollowerState } from '../follower.ts'
import { systemTimers } from '../timers.ts'
import { createRevocationView } from '../view.ts'
import { createBlindView } from './blind-view.ts'
import { createBlinding } from './blinding.ts'
import { createFetchPost } from './fetch-post.ts'
import { MAX_HOLD_MS, PAGE_SIZE } from './messages.ts'
import { createRemoteLog } from './remote-log.ts'
import { MAX_LEASE_SECONDS, type ServerAddress } from './server-address.ts'
import { listenForNews } from './wake-stream.ts'

export interface RemoteRevocationsOptions extends ServerAddress {
  /** Told of every failed request, for logs; what follows from it shows in the state. */
  readonly onFailure?: (cause: unknown) => void
  /** Seconds since 1970; null: never. Told to the server, for its operators. */
  readonly lastAcceptedAt?: () => number | null
}

/** How a verifier stands with the log that it follows. */
export interface FollowingStatus {
  readonly state: FollowerState
  /** Its id in the registry, as receipts name it in `waitedFor`; null before the first answer. */
  readonly member: string | null
  /** Milliseconds since the last usable renewal was sent: how old a decision can be at most; Infinity without one. */
  readonly stalenessMs: number
  /** The last log entry that it knows. */
  readonly applied: number
}

export interface RemoteRevocations {
  readonly view: RevocationView
  /** Resolves when it may decide from memory. @throws AuthError `store.unavailable` when it is closed before */
  ready(): Promise<void>
  status(): FollowingStatus
  /** Stops accepting, then leaves the registry. Never rejects. */
  close(): Promise<void>
}

/** How long a look-up waits for the first join of a process that has just started; never longer than a lease. */
const MAX_JOIN_MS = 5000

/** @throws TypeError for options that make no sense */
export function createRemoteRevocations(options: RemoteRevocationsOptions, clock: Clock): RemoteRevocations {
  const { leaseSeconds = MAX_LEASE_SECONDS } = options
  const onFailure = (cause: unknown): void => {
    if (!isGivenUp(cause)) options.onFailure?.(cause)
  }
  const timers = systemTimers
  const heartbeatMs = (leaseSeconds * 1000) / 6
  const blinding = createBlinding(options.token)
  let confirmedAt: number | null = null
  const log = createRemoteLog({
    told: () => ({ confirmedAt, lastAcceptedAt: options.lastAcceptedAt?.() ?? null }),
    post: createFetchPost(options),
    // As long as until the next renewal, so that there is nearly always one with the server.
    holdMs: Math.floor(Math.min(MAX_HOLD_MS, heartbeatMs)),
    listen: (wake) => listenForNews({ server: options, timers, random: Math.random, onFailure }, wake),
  })
  const inner = createRevocationView({ clock, judge: () => Promise.reject(noStore()) })
  const follower = createFollower({
    engine: log,
    view: inner,
    clock,
    leaseSeconds,
    timers,
    pageSize: PAGE_SIZE,
    onFailure,
  })

  async function readOn(): Promise<void> {
    if (follower.state === 'JOINING') await firstLease()
    if (!(await follower.catchUp(await log.head()))) throw noStore()
  }

  /** Resolves when the first lease holds, or has not come in time: then it shows in what follows. */
  function firstLease(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        stop()
        resolve()
      }
      const cancel = timers.after(Math.min(MAX_JOIN_MS, leaseSeconds * 1000), done, false)
      const stop = follower.onState(done)
    })
  }

  follower.onApplied(() => {
    confirmedAt = clock.now()
  })
  follower.start()
  return {
    view: createBlindView(inner, blinding, readOn),
    ready: follower.ready,
    status() {
      const { state, applied, leaseAgeMs } = follower.metrics
      return { state, member: log.member, stalenessMs: leaseAgeMs, applied }
    },
    close: follower.close,
  }
}

/** A request that the follower itself has ended: it leaves, and what it has asked for is of no use any more. */
function isGivenUp(cause: unknown): boolean {
  return isAuthError(cause) && cause.cause instanceof Error && cause.cause.name === 'AbortError'
}

function noStore(): AuthError {
  return new AuthError('store.unavailable', 'the revocation log cannot be read to its end')
}
