/** Keeps a verifier's view true: joins the registry, follows the log, acknowledges, renews the lease, leaves. */
import { AuthError } from '../errors.ts'
import { createAcks } from './acks.ts'
import type { LogEntry, Renewal } from './engine.ts'
import type { FleetSide, Follower, FollowerOptions, FollowerState } from './follower-shape.ts'
import { createListeners } from './listeners.ts'
import { createLogReader } from './log-reader.ts'
import { newMemberId } from './member-id.ts'
import { createRecoverySteps } from './recovery-steps.ts'
import { createRetry } from './retry.ts'
import { createSending } from './sending.ts'
import { systemTimers } from './timers.ts'

export type { Follower, FollowerOptions, FollowerState } from './follower-shape.ts'

/** So many renewals may be under way; one that has had no answer for a whole lease is no longer counted. */
const MAX_RENEWALS_UNDER_WAY = 3

/** What a renewal grants once everything up to `head` has been applied. */
interface Grant {
  readonly monoMs: number
  readonly wallMs: number
  readonly head: number
}

/** @throws TypeError for a heartbeat that is not shorter than the lease */
export function createFollower(options: FollowerOptions): Follower {
  const { engine, view, clock, leaseSeconds = 12, heartbeatSeconds = leaseSeconds / 6 } = options
  const { timers = systemTimers, pageSize = 2000, fleet } = options
  if (!(heartbeatSeconds > 0 && heartbeatSeconds < leaseSeconds && leaseSeconds < 100_000)) {
    throw new TypeError('heartbeatSeconds must be above 0 and below leaseSeconds')
  }
  const leaseMs = Math.round(leaseSeconds * 1000)
  const heartbeatMs = heartbeatSeconds * 1000
  const newId = options.newId ?? (() => newMemberId(leaseMs))
  const retry = createRetry({
    timers,
    random: options.random ?? Math.random,
    firstMs: Math.min(50, heartbeatMs),
    maxMs: heartbeatMs,
    attempt: () => void renew(),
  })
  // A listener that fails to take an entry in keeps it from being acknowledged; the others have no say.
  const appliedListeners = createListeners<LogEntry>()
  const resetListeners = createListeners<void>(note)
  const stateListeners = createListeners<FollowerState>(note)
  const firstLive = Promise.withResolvers<void>()
  // Nobody has to ask: a rejection that is not awaited must not end the process.
  firstLive.promise.catch(() => undefined)
  /** Callers of `catchUp`. */
  const awaiting = new Set<{ readonly offset: number; readonly resolve: () => void }>()
  const reader = createLogReader({ engine, view, pageSize, onEntry, onPage, onGap: startOver })
  const acks = createAcks({ ack: (member, offset) => engine.ack(member, offset), applied: () => reader.applied, fail })

  const recovering = createRecoverySteps({
    fleet,
    reader,
    isClosing: () => closing !== null,
    leave: takeNewId,
    join: () => void renew(),
    retrySoon,
    fail,
  })

  let id = newId()
  let started = false
  let closing: Promise<void> | null = null
  let grant: Grant | null = null
  /** The store may have heard of the present id. */
  let isKnown = false
  /** A join, or what it grants, awaits the end of the log until then; and not when the log could not be read: it may be another. */
  let joiningUntilMs = -Infinity
  let underWay = 0
  const sending = createSending(engine, timers, (member) => !closing && member === id)
  let renewals = 0
  let failures = 0
  let resets = 0
  let shown: FollowerState = 'JOINING'
  let cancelTick = (): void => undefined
  let stopWatching = (): void => undefined

  function state(): FollowerState {
    if (view.leaseHolds()) return 'LIVE'
    return shown === 'JOINING' ? 'JOINING' : 'STALE'
  }

  function showState(): void {
    const now = state()
    if (now === shown) return
    shown = now
    if (now === 'LIVE') firstLive.resolve()
    stateListeners.tell(now)
  }

  /** JOIN and RENEW. Never rejects. */
  async function renew(): Promise<void> {
    if (closing) return
    if (view.hasForgotten()) reset()
    if (recovering.isActive) return recovering.step()
    const isJoin = !view.leaseHolds()
    if (isJoin && joiningUntilMs > clock.monoMs()) return readOn()
    if (isJoin) takeNewId()
    else if (underWay >= MAX_RENEWALS_UNDER_WAY) return
    const member = id
    isKnown = true
    let isCounted = true
    const uncount = (): void => {
      if (isCounted) underWay--
      isCounted = false
    }
    underWay++
    const giveUp = timers.after(leaseMs, uncount, false)
    // Before the send: the lease counts from here, however late the reply comes.
    const monoMs = clock.monoMs()
    const wallMs = clock.wallMs()
    const appliedBefore = reader.applied
    if (isJoin) joiningUntilMs = monoMs + leaseMs
    try {
      const reply = await sending.send(member)
      if (!reply) return
      renewals++
      const answer = reader.accept(reply, appliedBefore)
      if (answer === 'other' && fleet) takeUp(fleet, reply)
      else if (answer !== 'accepted') return startOver()
      if (recovering.isAskedBy(reply)) return await recovering.step()
      // The lease ran out before the reply came: the member may have been reaped meanwhile. It joins anew.
      if (!isJoin && !view.leaseHolds()) return retrySoon()
      if (!grant || monoMs > grant.monoMs) grant = { monoMs, wallMs, head: reply.head }
      extend()
      await reader.read()
    } catch (cause) {
      if (isJoin && member === id) joiningUntilMs = -Infinity
      fail(cause)
    } finally {
      giveUp()
      uncount()
      showState()
    }
  }

  // One id, one life in the registry: it joins once and is renewed only while its lease holds, that is, while nobody can
  // have reaped it. So a renewal counter never stands for two lives, and no late ack or renewal counts for the next one.
  function takeNewId(): void {
    view.lease.lapse()
    grant = null
    acks.stop()
    joiningUntilMs = -Infinity
    if (!isKnown) return
    const former = id
    id = newId()
    isKnown = false
    engine.leave(former).catch(note)
  }

  /** The one place that lengthens the lease: by a renewal all of whose log has been applied, from before it was sent. */
  function extend(): void {
    if (closing || !grant || !reader.hasReached(grant.head)) return
    view.lease.extend(grant.monoMs, grant.wallMs, leaseMs)
    grant = null
    joiningUntilMs = -Infinity
    retry.succeeded()
    showState()
  }

  function onEntry(entry: LogEntry): void {
    appliedListeners.tell(entry)
    fleet?.recovery.take(entry)
  }

  function onPage(isEnd: boolean): void {
    fleet?.recovery.onContact()
    extend()
    for (const { offset, resolve } of awaiting) if (reader.hasReached(offset)) resolve()
    if (isEnd && !recovering.isActive && !closing) void acks.send(id)
  }

  /** A gap: no acceptance until the whole retained log has been read again. */
  function startOver(): void {
    reset()
    retrySoon()
  }

  function reset(): void {
    takeNewId()
    forget()
  }

  function forget(): void {
    view.reset()
    grant = null
    reader.restart()
    resets++
    resetListeners.tell()
    showState()
  }

  /** Another history. The id stays in its registry until what this process knows of the former one has been given back. */
  function takeUp({ recovery }: FleetSide, reply: Renewal): void {
    recovery.begin({ reply, applied: reader.applied, floor: view.floor })
    forget()
    reader.accept(reply, 0)
  }

  function fail(cause: unknown): void {
    note(cause)
    retrySoon()
  }

  function note(cause: unknown): void {
    failures++
    options.onFailure?.(cause)
  }

  function retrySoon(): void {
    if (!closing) retry.soon()
  }

  function tick(): void {
    if (closing) return
    cancelTick = timers.after(heartbeatMs, tick, false)
    showState()
    view.sweep()
    void renew()
  }

  /** Never rejects. */
  async function readOn(): Promise<void> {
    try {
      if (!closing) await reader.read()
    } catch (cause) {
      joiningUntilMs = -Infinity
      fail(cause)
    }
  }

  async function catchUp(offset: number): Promise<boolean> {
    const reached = Promise.withResolvers<void>()
    const awaited = { offset, resolve: reached.resolve }
    awaiting.add(awaited)
    // Applied is enough: whoever asks need not wait for the acknowledgement to be stored.
    await Promise.race([readOn(), reached.promise])
    awaiting.delete(awaited)
    return !closing && reader.hasReached(offset)
  }

  /** LEAVE: the lease is zeroed first, so that nobody waits for a verifier that still accepts. */
  async function leave(): Promise<void> {
    view.lease.drop()
    acks.stop()
    cancelTick()
    retry.cancel()
    stopWatching()
    showState()
    firstLive.reject(new AuthError('store.unavailable', 'the follower has been closed'))
    try {
      if (isKnown) await engine.leave(id)
    } catch (cause) {
      // The next revoker waits for a lease that nobody holds, and then removes the member.
      note(cause)
    }
    // What the LEAVE has overtaken leaves again before the process may end.
    await sending.idle()
  }

  return {
    start() {
      if (started || closing) return
      started = true
      stopWatching = engine.watch(() => void readOn())
      tick()
    },
    async ready() {
      const release = timers.after(2 ** 31 - 1, () => undefined, true)
      try {
        await firstLive.promise
      } finally {
        release()
      }
    },
    catchUp,
    onApplied: appliedListeners.add,
    onReset: resetListeners.add,
    onState: stateListeners.add,
    get id() {
      return id
    },
    get state() {
      return state()
    },
    get metrics() {
      const { applied, head } = reader
      return { state: state(), applied, head, leaseAgeMs: view.stalenessMs(), renewals, failures, resets }
    },
    close() {
      closing ??= leave()
      return closing
    },
  }
}
