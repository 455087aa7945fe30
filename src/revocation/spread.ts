/** Waits for acks, leaves and leases; removes members that cannot hold a lease any more. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { Appended, Member, Registry, RevocationEngine } from './engine.ts'
import { createLeaseEnd, type LeaseEndOptions } from './lease-end.ts'
import { createRegistryLooks } from './registry-looks.ts'
import { type Confirmation, type Receipt, RevocationPending, type SettleOptions, type Spread } from './revoke.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface SpreadOptions extends LeaseEndOptions {
  readonly engine: RevocationEngine
  readonly clock: Clock
  readonly timers?: Timers
  /** The verifier in this very process: brought up to date before anybody is asked, and believed without a look at the registry. */
  readonly local?: { readonly id: string; catchUp(offset: number): Promise<boolean> }
  /** Told of every failed call, for logs. */
  readonly onFailure?: (cause: unknown) => void
}

export interface FleetSpread extends Spread {
  /** One look at the registry: removes whoever has not renewed for longer than any lease can last. Never rejects. */
  reap(): Promise<void>
  /** The same. @throws what the engine throws */
  look(): Promise<Registry>
  /** How many revocations are waiting. */
  readonly pending: number
  /** How many members have been removed. */
  readonly reaped: number
}

/** Between two looks at the registry while somebody waits: an eighth of what has been waited, within these bounds. */
const MIN_LOOK_MS = 1
const MAX_LOOK_MS = 20
/** How long a revocation that had to wait for a lease stays to remove who held it. */
const REAP_PATIENCE_MS = 250

/** An answer of the registry. */
interface Answer {
  readonly incarnation: string
  readonly settled: boolean
  readonly members: ReadonlyMap<string, Member>
}

/** One append that is spreading. */
interface Wait {
  readonly appended: Appended
  /** Monotonic time from which no lease of a member can hold, for each that has not confirmed. */
  readonly open: Map<string, number>
  /** Only time counts: the registry of a log that has just become another one is not to be trusted. */
  readonly isFull: boolean
  readonly fullUntilMs: number
  /** Every lease of an earlier incarnation was over when this one was appended, or is by now. Before that nothing counts. */
  isSettled: boolean
  readonly waitedFor: string[]
  readonly fromMs: number
  readonly verifiers: Confirmation[]
  /** `other log`: the registry belongs to another history than the append. */
  readonly finish: (outcome: 'done' | 'other log') => void
}

/** @throws TypeError for options out of range */
export function createSpread(options: SpreadOptions): FleetSpread {
  const { engine, clock, leaseSeconds = 12, timers = systemTimers, local } = options
  const leaseEndMs = createLeaseEnd(options)
  const ownLeaseMs = leaseSeconds * 1000
  const looks = createRegistryLooks({
    engine,
    clock,
    leaseEndMs,
    onReaped(id) {
      // Gone because its lease was waited out, if not by this very wait: the receipt says so.
      for (const wait of waits) {
        if (!wait.isFull && wait.isSettled && wait.open.has(id)) strike(wait, id, 'lease')
      }
    },
  })
  const waits = new Set<Wait>()
  let incarnation: string | null = null
  let distrustUntilMs = -Infinity
  let looking = false
  let newestMs = -Infinity
  let lookNow = (): void => undefined

  function noteIncarnation(seen: string, nowMs: number): void {
    if (incarnation !== null && incarnation !== seen) distrustUntilMs = nowMs + leaseEndMs('') + engine.overlapMs
    incarnation = seen
  }

  async function settle(appended: Appended, settleOptions: SettleOptions = {}): Promise<Receipt> {
    const { timeoutMs, again } = settleOptions
    const startedMs = clock.monoMs()
    let current = appended
    let isRepeated = false
    for (;;) {
      const leftMs = timeoutMs === undefined ? undefined : timeoutMs - (clock.monoMs() - startedMs)
      const { outcome, waitedFor, verifiers, isFull } = await spreadOut(current, isRepeated, leftMs)
      if (outcome === 'done') {
        // Who was waited for may be dead: whoever revokes next should not wait for it again.
        if (waitedFor.length > 0) await Promise.race([reap(), pauseFor(REAP_PATIENCE_MS)])
        return {
          incarnation: current.incarnation,
          offset: current.offset,
          confirmedBy: isFull || !current.settled || waitedFor.length > 0 ? 'lease' : 'acks',
          waitedFor,
          verifiers,
          ms: clock.monoMs() - startedMs,
          remoteEffectiveAt: null,
        }
      }
      if (!again) {
        throw new AuthError('revocation.unknown_outcome', 'the revocation log has become another one: revoke again')
      }
      try {
        current = await again()
      } catch (cause) {
        throw new AuthError('revocation.unknown_outcome', 'the revocation may have been lost: revoke again', { cause })
      }
      isRepeated = true
    }
  }

  function spreadOut(
    appended: Appended,
    isRepeated: boolean,
    leftMs: number | undefined,
  ): Promise<Pick<Receipt, 'waitedFor' | 'verifiers'> & Pick<Wait, 'isFull'> & { outcome: 'done' | 'other log' }> {
    return new Promise((resolve, reject) => {
      // Later than the reply of the append, which is all that counts.
      const fromMs = clock.monoMs()
      noteIncarnation(appended.incarnation, fromMs)
      looks.note(appended)
      const open = new Map(appended.members.map(({ id }) => [id, fromMs + leaseEndMs(id)]))
      const overlapMs = appended.settled ? 0 : engine.overlapMs
      const fullUntilMs = Math.max(fromMs + leaseEndMs(''), ...open.values()) + overlapMs
      const waitedFor: string[] = []
      const verifiers: Confirmation[] = []
      let cancelDeadline = (): void => undefined
      let cancelTimeout = (): void => undefined
      const end = (settleIt: () => void): void => {
        if (!waits.delete(wait)) return
        cancelDeadline()
        cancelTimeout()
        settleIt()
        // Nobody is left to look for: the pause between two looks need not hold the process.
        if (waits.size === 0) lookNow()
      }
      const isFull = isRepeated || fromMs < distrustUntilMs
      const finish = (outcome: 'done' | 'other log'): void =>
        end(() => resolve({ outcome, waitedFor, verifiers, isFull }))
      const { settled: isSettled } = appended
      const wait: Wait = { appended, open, isFull, fullUntilMs, isSettled, waitedFor, fromMs, verifiers, finish }
      const onDeadline = (): void => {
        progress(wait, null, clock.monoMs())
        if (waits.has(wait)) cancelDeadline = timers.after(MAX_LOOK_MS, onDeadline, true)
      }
      waits.add(wait)
      cancelDeadline = timers.after(fullUntilMs - fromMs, onDeadline, true)
      if (leftMs !== undefined) {
        const giveUp = (): void => {
          const safeInMs = Math.max(0, fullUntilMs - clock.monoMs())
          end(() => reject(new RevocationPending(appended.offset, [...open.keys()], safeInMs)))
        }
        cancelTimeout = timers.after(Math.max(0, leftMs), giveUp, true)
      }
      progress(wait, null, fromMs)
      if (waits.has(wait)) void askLocal(wait)
    })
  }

  /** The own view first: usually it is the only one, or the slowest part of the wait is over once it has read. */
  async function askLocal(wait: Wait): Promise<void> {
    if (local && wait.open.has(local.id)) {
      // A local follower that hangs must not keep the others from being asked.
      const caught = local.catchUp(wait.appended.offset).then((isApplied) => {
        if (!isApplied || wait.isFull || !waits.has(wait)) return
        strike(wait, local.id, 'ack')
        progress(wait, null, clock.monoMs())
      })
      if (wait.open.size === 1) await caught
    }
    if (!waits.has(wait)) return
    newestMs = clock.monoMs()
    lookNow()
    if (!looking) await look()
  }

  /** @param askedMs when the registry was asked for, or now when there is none */
  function progress(wait: Wait, registry: Answer | null, askedMs: number): void {
    const { appended, open, isFull } = wait
    if (registry && registry.incarnation !== appended.incarnation) {
      wait.finish('other log')
      return
    }
    if (registry?.settled) wait.isSettled = true
    if (!wait.isSettled) return
    if (registry && !isFull) {
      for (const id of open.keys()) {
        const member = registry.members.get(id)
        // Gone: it left with its lease zeroed, or was reaped after all its leases.
        if (!member || member.acked >= appended.offset) strike(wait, id, member ? 'ack' : 'left')
      }
    }
    // Where a fail-over can lose the append, time is worth nothing before the log is seen to be the same at the end of it.
    const isSure = engine.durability !== 'D2' || (registry !== null && isHeldElsewhere(wait, registry, askedMs))
    if (isSure && (!isFull || askedMs >= wait.fullUntilMs)) {
      for (const [id, untilMs] of open) {
        if (askedMs < untilMs) continue
        strike(wait, id, 'lease')
      }
      if (open.size === 0) wait.finish('done')
    }
  }

  /** Nobody waits for this one any more. */
  function strike({ open, waitedFor, verifiers, fromMs }: Wait, id: string, by: Confirmation['by']): void {
    if (!open.delete(id)) return
    verifiers.push({ id, by, ms: clock.monoMs() - fromMs })
    if (by === 'lease') waitedFor.push(id)
  }

  /** What a fail-over may lose has to be known to another process, where there is one that does its part. */
  function isHeldElsewhere(wait: Wait, { members }: Answer, askedMs: number): boolean {
    const others = [...members.values()].filter(({ id }) => id !== local?.id)
    if (others.length === 0 || others.some(({ acked }) => acked >= wait.appended.offset)) return true
    return askedMs >= wait.fullUntilMs + leaseEndMs('')
  }

  /** Looks at the registry as long as somebody waits. Never rejects. */
  async function look(): Promise<void> {
    looking = true
    while (waits.size > 0) {
      // A look serves only those who appended before it was asked for: an absent member might just have joined.
      const asking = [...waits]
      const askedMs = clock.monoMs()
      const registry = await readRegistry()
      if (registry) for (const wait of asking) if (waits.has(wait)) progress(wait, registry, askedMs)
      if (waits.size === 0) break
      await pause()
    }
    looking = false
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const lookMs = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, (clock.monoMs() - newestMs) / 8))
      const cancel = timers.after(lookMs, resolve, true)
      lookNow = () => {
        cancel()
        resolve()
      }
    })
  }

  function pauseFor(ms: number): Promise<void> {
    return new Promise((resolve) => {
      timers.after(ms, resolve, false)
    })
  }

  /** The registry, having removed from it who cannot hold a lease; null when the store does not answer. Never rejects. */
  async function readRegistry(): Promise<Answer | null> {
    const silence = Promise.withResolvers<never>()
    const giveUp = (): void => silence.reject(new AuthError('store.unavailable', 'the registry does not answer'))
    const cancel = timers.after(ownLeaseMs, giveUp, false)
    try {
      return await Promise.race([lookAndReap(), silence.promise])
    } catch (cause) {
      options.onFailure?.(cause)
      return null
    } finally {
      cancel()
    }
  }

  async function lookAndReap(): Promise<Answer> {
    const { incarnation: seen, settled, members } = await looks.look()
    noteIncarnation(seen, clock.monoMs())
    return { incarnation: seen, settled, members: new Map(members.map((one) => [one.id, one])) }
  }

  async function reap(): Promise<void> {
    await readRegistry()
  }

  return {
    settle,
    reap,
    look: looks.look,
    get pending() {
      return waits.size
    },
    get reaped() {
      return looks.reaped
    },
  }
}
