/**
 * A fleet in one process under an adversary: simulated clocks, timers and network around the real view, follower and
 * spread. Every choice (what arrives, what is lost, who is paused, when a check reads its clock) comes from a list of numbers.
 */
import type { Clock } from '../../src/clock.ts'
import { AuthError } from '../../src/errors.ts'
import type { CheckKey } from '../../src/revocation/check.ts'
import type { Appended, RevocationEngine, Verdict } from '../../src/revocation/engine.ts'
import { createFollower, type Follower } from '../../src/revocation/follower.ts'
import { createLeaseEnd } from '../../src/revocation/lease-end.ts'
import { createRecovery } from '../../src/revocation/recovery.ts'
import { createRegistryLooks } from '../../src/revocation/registry-looks.ts'
import { createSpread, type FleetSpread } from '../../src/revocation/spread.ts'
import type { Timers } from '../../src/revocation/timers.ts'
import { createRevocationView, type FollowedView } from '../../src/revocation/view.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'

/** A guard taken out, by standing in front of what embodies it. */
export interface Mutant {
  /** The store's own steps. */
  readonly store?: (store: RevocationEngine) => RevocationEngine
  /** What a verifier sees of the store; `raw` steps at once, `network` as slowly as everything else. */
  readonly verifierEngine?: (network: RevocationEngine, raw: RevocationEngine, call: Call) => RevocationEngine
  readonly view?: (view: FollowedView, clock: Clock) => FollowedView
  /** Order or source of the clock reading in a check. */
  readonly check?: 'clock first' | 'timer flag'
  readonly spread?: { readonly driftRate: number; readonly guardMs: number }
  /** The store forgets members when it likes. */
  readonly dropsMembers?: true
  /** What a revoker sees of the store. */
  readonly revokerEngine?: (network: RevocationEngine) => RevocationEngine
  /** A store that others have taken over from grants renewals for ever. */
  readonly staleRenews?: true
  /** A new incarnation says that it is settled from the start. */
  readonly settledAtOnce?: true
  /** A verifier keeps its id, whatever has become of its lease. */
  readonly keepsId?: true
}

/** Sends a step over the simulated network. */
export type Call = <T>(step: () => Promise<T>) => Promise<T>

export interface SimulationOptions {
  readonly choices: readonly number[]
  readonly verifiers: number
  readonly mutant?: Mutant
  /** The store may once be replaced by one that lacks an end of its log and any of its members. */
  readonly failOver?: FailOver
}

/**
 * What becomes of the former store. `gone`: nobody reaches it any more. `quorum`: some still do, but it grants and appends nothing,
 * for no replica confirms. `fenced`: it does so for a time yet.
 */
export type FailOver = 'gone' | 'quorum' | 'fenced'

export interface SimulationResult {
  readonly revokes: number
  readonly checksAfterReturn: number
  readonly acceptedAfterReturn: number
  readonly accepted: number
  readonly byAcks: number
  readonly byLease: number
  readonly reaped: number
  /** Revocations that had not returned after everything had been healed. */
  readonly stuck: number
  readonly failOvers: number
  /** New incarnations that were settled. */
  readonly settled: number
  /** Events that a fail-over had lost and a verifier gave back. */
  readonly givenBack: number
}

export const LEASE_MS = 100
const HEARTBEAT_MS = 25
/** Large, so that what depends on it is hit often. */
const DRIFT = 0.2
const STEPS_MS = [1, 3, 8]
const LEAPS_MS = [25, 60, 90, 130]
/** How long a former store that is `fenced` goes on. */
const OVERLAP_MS = 200
/** The survivor is never kept waiting for longer than that. */
const PATIENCE_MS = 5

interface Machine {
  readonly clock: Clock
  readonly timers: Timers
  isPaused: boolean
  isDead: boolean
  /** It still reaches the former store, and not the present one. */
  isBehind: boolean
}

interface Message {
  readonly owner: Machine
  readonly sinceMs: number
  /** The request reaches the store; null once it has. */
  deliver: (() => void) | null
  /** The reply reaches its owner; null before the store has answered. */
  answer: (() => void) | null
  readonly lose: () => void
}

interface Timer {
  readonly owner: Machine
  readonly dueMs: number
  readonly run: () => void
}

interface Verifier {
  readonly machine: Machine
  readonly view: FollowedView
  readonly follower: Follower
  flag: boolean
  hasLeft: boolean
  /** A check that has done its first half; the process stands still until the second. */
  half: { readonly credential: number; readonly verdict: Verdict; readonly clock: boolean | null } | null
}

interface Revoke {
  isBack: boolean
  /** The log that held it when it returned. */
  incarnation: string | null
}

/** Runs one history to its end. */
export async function simulateFleet(options: SimulationOptions): Promise<SimulationResult> {
  const { choices, mutant = {} } = options
  let at = 0
  const next = (): number => choices[at++] ?? 0
  let realMs = 1_000
  let store = makeStore()
  let former: { readonly store: RevocationEngine; readonly untilMs: number } | null = null
  /** Holds what it knew at the fail-over, and does its part in time until the new incarnation is settled. */
  let survivor: Verifier | null = null
  /** What the log or the survivor held when the new incarnation was settled; null before. */
  let held: ReadonlySet<number> | null = null
  const messages = new Set<Message>()
  const timers = new Set<Timer>()
  const wakes = new Set<{ readonly owner: Machine; readonly run: () => void }>()
  const revokes: Revoke[] = []
  const tally = { checksAfterReturn: 0, acceptedAfterReturn: 0, accepted: 0, byAcks: 0, byLease: 0 }
  let isHealing = false
  let made = 0
  let givenBack = 0
  let incarnation = await incarnationOf(store)
  const waiting = { leaseSeconds: LEASE_MS / 1000, ...(mutant.spread ?? { driftRate: DRIFT, guardMs: 1 }) }

  function makeStore(isSettled = true): RevocationEngine {
    const engine = createMemoryStore().revocations
    const store = mayBeUnsettled(engine, isSettled, noteHeld)
    return mutant.store ? mutant.store(store) : store
  }

  /** The store that this machine reaches. A former one that has noticed does what it is asked and says that it could not. */
  async function reach<T>(owner: Machine, isGrant: boolean, step: (store: RevocationEngine) => Promise<T>): Promise<T> {
    if (!former || !owner.isBehind) return step(store)
    const answer = await step(former.store)
    if (isGrant && realMs >= former.untilMs && !mutant.staleRenews) throw new AuthError('store.unavailable', 'fenced')
    return answer
  }

  function makeMachine(rate: number): Machine {
    const startMs = realMs
    const machine: Machine = {
      clock: {
        now: () => Math.floor((realMs - startMs) * rate) / 1000 + 1_750_000_000,
        wallMs: () => 1_750_000_000_000 + (realMs - startMs) * rate,
        monoMs: () => (realMs - startMs) * rate,
      },
      timers: {
        after(ms, run) {
          const timer: Timer = { owner: machine, dueMs: realMs + ms / rate, run }
          timers.add(timer)
          return () => timers.delete(timer)
        },
      },
      isPaused: false,
      isDead: false,
      isBehind: false,
    }
    return machine
  }

  /** A step of the store, of which request and reply travel on their own and may get lost. */
  function callFrom(owner: Machine): Call {
    return (step) =>
      new Promise((resolve, reject) => {
        const message: Message = {
          owner,
          sinceMs: realMs,
          deliver: () => {
            message.deliver = null
            step().then(
              (value) => {
                message.answer = () => resolve(value)
              },
              (cause: unknown) => {
                message.answer = () => reject(cause)
              },
            )
          },
          answer: null,
          lose: () => reject(new AuthError('store.unavailable', 'lost')),
        }
        messages.add(message)
      })
  }

  function networkOf(owner: Machine): { readonly network: RevocationEngine; readonly raw: RevocationEngine } {
    const call = callFrom(owner)
    const on = <T>(step: (store: RevocationEngine) => Promise<T>): Promise<T> => reach(owner, false, step)
    const grant = <T>(step: (store: RevocationEngine) => Promise<T>): Promise<T> => reach(owner, true, step)
    // Whichever store there is when the request arrives.
    const raw: RevocationEngine = {
      durability: options.failOver ? 'D2' : 'D1',
      overlapMs: options.failOver === 'fenced' ? OVERLAP_MS : 0,
      renew: (id) => grant((to) => to.renew(id)),
      readAfter: (...args) => on((to) => to.readAfter(...args)),
      ack: (id, offset) => on((to) => to.ack(id, offset)),
      members: () => on((to) => to.members()),
      leave: (id) => on((to) => to.leave(id)),
      reap: (id, renewals) => on((to) => to.reap(id, renewals)),
      revokeToken: (id, until, now) => grant((to) => to.revokeToken(id, until, now)),
      bumpClaims: (subject, until, now) => grant((to) => to.bumpClaims(subject, until, now)),
      publishPatch: (subject, generation, patch, until, now) =>
        grant((to) => to.publishPatch(subject, generation, patch, until, now)),
      raiseFloor: (keyIds, until, now) => grant((to) => to.raiseFloor(keyIds, until, now)),
      restore(events, now) {
        givenBack += events.length
        return grant((to) => to.restore(events, now))
      },
      settle: (incarnation) => grant((to) => to.settle(incarnation)),
      floor: () => on((to) => to.floor()),
      subject: (subject) => on((to) => to.subject(subject)),
      judge: (credential, now) => on((to) => to.judge(credential, now)),
      prune: (now) => grant((to) => to.prune(now)),
      watch: () => () => undefined,
    }
    const network: RevocationEngine = {
      ...raw,
      renew: (id) => call(() => raw.renew(id)),
      readAfter: (...args) => call(() => raw.readAfter(...args)),
      ack: (id, offset) => call(() => raw.ack(id, offset)),
      members: () => call(() => raw.members()),
      leave: (id) => call(() => raw.leave(id)),
      reap: (id, renewals) => call(() => raw.reap(id, renewals)),
      restore: (events, now) => call(() => raw.restore(events, now)),
      settle: (incarnation) => call(() => raw.settle(incarnation)),
      // The floor is no part of what is examined here: one message less.
      floor: () => raw.floor(),
      watch: (run) => {
        const wake = { owner, run }
        wakes.add(wake)
        return () => wakes.delete(wake)
      },
    }
    return { network, raw }
  }

  function makeVerifier(): Verifier {
    const name = `verifier-${++made}`
    // A slow clock believes in its lease for longest.
    const machine = makeMachine(next() % 4 === 0 ? 1 : 1 - DRIFT)
    const { network, raw } = networkOf(machine)
    const engine = mutant.verifierEngine ? mutant.verifierEngine(network, raw, callFrom(machine)) : network
    const real = createRevocationView({ clock: machine.clock, judge: (ref, now) => engine.judge(ref, now) })
    const view = mutant.view ? mutant.view(real, machine.clock) : real
    const recovery = createRecovery({ engine, clock: machine.clock, keepSeconds: 1_000_000 })
    const looks = createRegistryLooks({ engine, clock: machine.clock, leaseEndMs: createLeaseEnd(waiting) })
    const follower = createFollower({
      engine,
      view,
      fleet: { recovery, look: looks.look },
      clock: machine.clock,
      timers: machine.timers,
      random: () => (next() % 16) / 16,
      leaseSeconds: LEASE_MS / 1000,
      heartbeatSeconds: HEARTBEAT_MS / 1000,
      ...(mutant.keepsId ? { newId: () => name } : {}),
    })
    const verifier: Verifier = { machine, view, follower, flag: false, hasLeft: false, half: null }
    follower.onState((state) => {
      if (state === 'LIVE') verifier.flag = true
    })
    const refreshFlag = (): void => {
      verifier.flag = view.leaseHolds()
      machine.timers.after(10, refreshFlag, false)
    }
    if (mutant.check === 'timer flag') refreshFlag()
    follower.start()
    return verifier
  }

  const verifiers: Verifier[] = Array.from({ length: options.verifiers }, makeVerifier)
  // A fast clock is the first to believe that a lease has run out.
  const revoker = makeMachine(1 + DRIFT)
  const revokerNetwork = networkOf(revoker)
  const revokerEngine = mutant.revokerEngine ? mutant.revokerEngine(revokerNetwork.network) : revokerNetwork.network
  const makeSpread = (): FleetSpread =>
    createSpread({
      engine: revokerEngine,
      clock: revoker.clock,
      timers: revoker.timers,
      ...waiting,
    })
  const spread = makeSpread()
  // Another revoker's reaper, with a memory of its own.
  const secondReaper = makeSpread()
  await flush()

  const idOf = (credential: number): string => `credential-${credential}`

  function revoke(): void {
    const credential = revokes.length
    const entry: Revoke = { isBack: false, incarnation: null }
    revokes.push(entry)
    const append = async (): Promise<Appended> => {
      for (;;) {
        try {
          return await callFrom(revoker)(() => revokerEngine.revokeToken(idOf(credential), 2_000_000_000, 0))
        } catch {
          // An append whose outcome is unknown is repeated: it is idempotent.
        }
      }
    }
    const run = async (): Promise<void> => {
      let appended = await append()
      for (;;) {
        try {
          // Also by a process that has just started, and knows of no former incarnation.
          const receipt = await (next() % 3 === 0 ? makeSpread() : spread).settle(appended, { again: append })
          tally[receipt.confirmedBy === 'acks' ? 'byAcks' : 'byLease']++
          entry.incarnation = receipt.incarnation
          break
        } catch {
          appended = await append()
        }
      }
      entry.isBack = true
    }
    void run()
  }

  /** Whether the promise covers this credential now: revoked, returned, and no fail-over has lost it with all who knew. */
  const isCovered = (credential: number): boolean => {
    const entry = revokes[credential]
    if (!entry?.isBack) return false
    return !former || entry.incarnation === incarnation || held === null || held.has(credential)
  }

  const keyOf = (verifier: Verifier, credential: number): CheckKey =>
    verifier.view.prepare({ sessionId: 's', subject: 'u', tokenId: idOf(credential), generation: 0 })

  function beginCheck(verifier: Verifier, credential: number): void {
    const clock = mutant.check === 'clock first' ? verifier.view.leaseHolds() : null
    const verdict = mutant.check === 'clock first' ? 'alive' : verifier.view.look(keyOf(verifier, credential))
    verifier.half = { credential, verdict, clock }
  }

  function endCheck(verifier: Verifier): void {
    const { half } = verifier
    if (!half) return
    verifier.half = null
    const { credential } = half
    const verdict = mutant.check === 'clock first' ? verifier.view.look(keyOf(verifier, credential)) : half.verdict
    const clock = half.clock ?? (mutant.check === 'timer flag' ? verifier.flag : verifier.view.leaseHolds())
    const isAccepted = verdict === 'alive' && clock
    if (isAccepted) tally.accepted++
    if (!isCovered(credential)) return
    tally.checksAfterReturn++
    if (isAccepted) tally.acceptedAfterReturn++
  }

  function isStill(machine: Machine): boolean {
    return (
      machine.isDead || machine.isPaused || verifiers.some((verifier) => verifier.machine === machine && verifier.half)
    )
  }

  function crash(index: number): void {
    const old = verifiers[index]
    if (!old) return
    old.machine.isDead = true
    for (const timer of timers) if (timer.owner === old.machine) timers.delete(timer)
    for (const wake of wakes) if (wake.owner === old.machine) wakes.delete(wake)
    verifiers[index] = makeVerifier()
  }

  function passTime(ms: number): void {
    realMs += ms
  }

  /** What could happen next, each with how often it is chosen. */
  function actions(): (() => void)[] {
    const list: (() => void)[] = []
    const add = (weight: number, run: () => void): void => {
      for (let i = 0; i < weight; i++) list.push(run)
    }
    for (const message of messages) {
      const { deliver, answer } = message
      if (deliver) add(6, deliver)
      else if (answer && message.owner.isDead) messages.delete(message)
      else if (answer && !isStill(message.owner)) {
        add(6, () => {
          messages.delete(message)
          answer()
        })
      }
      const mayBeLost = !isHealing && !isProtected(message.owner)
      if (mayBeLost && (answer || deliver) && !isStill(message.owner) && next() % 4 === 0) {
        add(1, () => {
          messages.delete(message)
          message.lose()
        })
      }
    }
    for (const timer of timers) {
      if (timer.dueMs > realMs || isStill(timer.owner)) continue
      add(4, () => {
        timers.delete(timer)
        timer.run()
      })
    }
    for (const wake of wakes) if (!isStill(wake.owner)) add(1, wake.run)
    for (const ms of STEPS_MS) if (mayPass(ms)) add(1, () => passTime(ms))
    if (next() % 4 === 0) for (const ms of LEAPS_MS) if (mayPass(ms)) add(1, () => passTime(ms))
    if (!isHealing) {
      for (const [index, verifier] of verifiers.entries()) {
        const { machine } = verifier
        const mayStop = !isProtected(machine)
        if (verifier.half) add(2, () => endCheck(verifier))
        else if (machine.isPaused) {
          add(1, () => {
            machine.isPaused = false
            // What was waiting in its pipe comes before its timers.
            for (let credential = 0; credential < revokes.length; credential++) {
              beginCheck(verifier, credential)
              endCheck(verifier)
            }
          })
        } else {
          if (mayStop) {
            add(1, () => {
              machine.isPaused = true
            })
          }
          for (let credential = Math.max(0, revokes.length - 2); credential < revokes.length; credential++) {
            add(2, () => beginCheck(verifier, credential))
          }
        }
        if (mayStop && next() % 16 === 0) add(1, () => crash(index))
        if (mayStop && next() % 12 === 0 && !verifier.half && !machine.isPaused) {
          add(1, () => {
            verifier.hasLeft = true
            void verifier.follower.close()
          })
        }
      }
      if (revokes.length < (former ? 6 : 4) && next() % 6 === 0) add(2, revoke)
      add(1, () => void secondReaper.reap())
      if (mutant.dropsMembers) add(1, () => void dropMember())
      if (options.failOver && !former && revokes.length > 0 && next() % 4 === 0) {
        add(1, () => void failOver())
      }
      if (former) {
        for (const { machine } of [...verifiers, { machine: revoker }]) {
          if (machine.isBehind && next() % 16 === 0) {
            add(1, () => {
              machine.isBehind = false
            })
          }
        }
      }
    }
    return list
  }

  async function failOver(): Promise<void> {
    const mine = verifiers.filter(({ machine, half, hasLeft }) => !machine.isPaused && !half && !hasLeft)
    survivor = mine[next() % Math.max(1, mine.length)] ?? null
    if (!survivor) return
    const entries = await store.readAfter(0, 1000)
    const { members } = await store.members()
    const kept = entries.slice(0, next() % (entries.length + 1))
    const successor = makeStore(mutant.settledAtOnce === true)
    for (const { event } of kept) if (event.kind === 'token') await successor.revokeToken(event.tokenId, event.until, 0)
    for (const { id, acked } of members) {
      if (next() % 3 === 0) continue
      await successor.renew(id)
      await successor.ack(id, Math.min(acked, kept.length))
    }
    former = { store, untilMs: realMs + (options.failOver === 'fenced' ? OVERLAP_MS : 0) }
    store = successor
    incarnation = await incarnationOf(store)
    if (mutant.settledAtOnce) await noteHeld()
    if (options.failOver === 'gone') return
    for (const { machine } of [...verifiers, { machine: revoker }]) {
      machine.isBehind = machine !== survivor.machine && next() % 2 === 0
    }
  }

  async function noteHeld(): Promise<void> {
    const log = await store.readAfter(0, 1000)
    const inLog = new Set(log.map(({ event }) => (event.kind === 'token' ? event.tokenId : '')))
    const known = [...revokes.keys()].filter(
      (one) => inLog.has(idOf(one)) || survivor?.view.look(keyOf(survivor, one)) === 'dead',
    )
    held = new Set(known)
  }

  /** Where it may not be kept waiting: the survivor until the new incarnation is settled. */
  function isProtected(machine: Machine): boolean {
    return held === null && survivor?.machine === machine
  }

  /** Whether so much time may pass: not while the survivor waits, nor past what it is about to do. */
  function mayPass(ms: number): boolean {
    if (held !== null || !survivor) return true
    const { machine } = survivor
    const latestMs = realMs + ms - PATIENCE_MS
    for (const one of messages) if (one.owner === machine && one.sinceMs < latestMs) return false
    for (const one of timers) if (one.owner === machine && one.dueMs < latestMs) return false
    return true
  }

  async function dropMember(): Promise<void> {
    for (const { id } of (await store.members()).members) await store.leave(id)
  }

  while (at < choices.length) {
    const list = actions()
    list[next() % list.length]?.()
    await flush()
  }
  // Everybody who lives wakes up, nothing is lost any more: every revocation has to come back.
  isHealing = true
  revoker.isBehind = false
  for (const verifier of verifiers) {
    verifier.machine.isPaused = false
    verifier.machine.isBehind = false
    endCheck(verifier)
  }
  for (let round = 0; round < 400 && revokes.some((entry) => !entry.isBack); round++) {
    for (const message of [...messages]) message.deliver?.()
    await flush()
    for (const message of [...messages]) {
      if (!message.answer) continue
      messages.delete(message)
      if (!message.owner.isDead) message.answer()
    }
    await flush()
    for (const timer of [...timers]) {
      if (timer.dueMs > realMs || timer.owner.isDead) continue
      timers.delete(timer)
      timer.run()
    }
    realMs += 5
    await flush()
  }
  const stuck = revokes.filter((entry) => !entry.isBack).length
  const reaped = spread.reaped + secondReaper.reaped
  const failOvers = former ? 1 : 0
  return { revokes: revokes.length, ...tally, reaped, stuck, failOvers, settled: held ? 1 : 0, givenBack }
}

/** A store that can be new to its fleet. */
function mayBeUnsettled(
  engine: RevocationEngine,
  isSettled: boolean,
  onSettled: () => Promise<void>,
): RevocationEngine {
  let settled = isSettled
  const told = async <T extends { readonly settled: boolean }>(answer: Promise<T>): Promise<T> => ({
    ...(await answer),
    settled,
  })
  return {
    ...engine,
    renew: (id) => told(engine.renew(id)),
    members: () => told(engine.members()),
    revokeToken: (id, until, now) => told(engine.revokeToken(id, until, now)),
    restore: (events, now) => told(engine.restore(events, now)),
    raiseFloor: (keyIds, until, now) => told(engine.raiseFloor(keyIds, until, now)),
    async settle(incarnation) {
      if (settled || (await engine.members()).incarnation !== incarnation) return
      settled = true
      await onSettled()
    },
  }
}

async function incarnationOf(store: RevocationEngine): Promise<string> {
  return (await store.members()).incarnation
}

function flush(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
