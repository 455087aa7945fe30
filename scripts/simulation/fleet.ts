/**
 * A fleet and its log as queues: the store serves one command after the other, each takes as long as was measured; verifiers wait for
 * news, read, apply, acknowledge and renew as `src/revocation` does, each on a machine of its own; revokers append and look at the
 * registry until everybody has acknowledged. With relays, verifiers follow a relay, which acknowledges when all below it have.
 */
import { BLOCK_MS, type FleetPlan, MAX_LOOK_MS, MIN_LOOK_MS, PAGE_ENTRIES } from '../../src/capacity/spread.ts'
import { createEvents } from './events.ts'
import { createChance } from './random.ts'

export interface FleetRun {
  readonly seed: number
  readonly warmUpSeconds: number
  readonly seconds: number
}

export interface FleetSeen {
  /** Sorted, in milliseconds: from the call of revoke to its return. */
  readonly spreadMs: readonly number[]
  /** By kind, a second, at the store. */
  readonly commands: Readonly<Record<(typeof KINDS)[number], number>>
  /** Part of the time in which the store is at work. */
  readonly utilization: number
  /** Of the busiest relay; 0 without relays. */
  readonly relayUtilization: number
  /** How often a verifier's lease ended before it was renewed. */
  readonly lapses: number
  /** Revocations that were still spreading at the end. */
  readonly pending: number
  /** Entries that the slowest verifier has yet to acknowledge at the end. */
  readonly behind: number
  /** How much longer the queue of the store is at the end than at the beginning, in milliseconds of work. */
  readonly backlogMs: number
  readonly events: number
}

export const KINDS = ['append', 'wake', 'read', 'ack', 'renew', 'look'] as const
const [APPEND, WAKE, READ, ACK, RENEW, LOOK] = [0, 1, 2, 3, 4, 5]

/** Kinds of events: what arrives where. */
const AT_STORE = {
  append: 0,
  wait: 1,
  read: 2,
  ack: 3,
  renew: 4,
  look: 5,
  reap: 6,
} as const
const AT_FOLLOWER = { woken: 10, entries: 11, acked: 12, renewed: 13, tick: 14, reapTick: 15, timeout: 16 } as const
const AT_REVOKER = { revoke: 20, appended: 21, looked: 22, lookAgain: 23 } as const
const AT_RELAY = { request: 30, answer: 31, upAck: 32, upAcked: 33, hold: 34, beat: 35 } as const

export function simulateFleet(plan: FleetPlan, run: FleetRun): FleetSeen {
  const { costs, revocationsPerSecond, revokers, roundTripMs, leaseMs, heartbeatMs, relay } = plan
  const half = roundTripMs / 2
  const chance = createChance(run.seed)
  const events = createEvents()
  const us = (value: number): number => value / 1000

  // The tree. Nodes 0 .. followers - 1 follow the store; children of node n are `firstChild[n] ...`.
  const tiers = relay ? relay.tiers : []
  const followers = tiers[0] ?? plan.verifiers
  const parentOf: number[] = new Array<number>(followers).fill(-1)
  const childrenOf: number[][] = Array.from({ length: followers }, () => [])
  let level = Array.from({ length: followers }, (_, i) => i)
  for (const fanOut of tiers.slice(1)) {
    const next: number[] = []
    for (const parent of level) {
      for (let i = 0; i < fanOut; i++) {
        const node = parentOf.length
        parentOf.push(parent)
        childrenOf.push([])
        childrenOf[parent]?.push(node)
        next.push(node)
      }
    }
    level = next
  }
  const nodes = parentOf.length
  const isRelay = (node: number): boolean => (childrenOf[node]?.length ?? 0) > 0

  // The store.
  let head = 0
  let freeAtMs = 0
  let busyMs = 0
  const counts = new Float64Array(KINDS.length)
  let isCounting = false
  const waiting: number[] = []
  const registered = new Float64Array(followers)
  const ackedAt: number[] = [followers]
  let lowest = 0
  function serve(kind: number, costUs: number): number {
    const cost = us(costUs)
    const doneMs = Math.max(freeAtMs, events.nowMs) + cost
    freeAtMs = doneMs
    if (isCounting) {
      busyMs += cost
      if (kind >= 0) counts[kind] = (counts[kind] ?? 0) + 1
    }
    return doneMs
  }

  // Verifiers and relays.
  const applied = new Float64Array(nodes)
  const seen = new Float64Array(nodes)
  /** What is known below a node: itself, or the lowest of its children. */
  const below = new Float64Array(nodes)
  const ackSent = new Float64Array(nodes)
  /** Odd while it waits for news, another one each time. */
  const waitTerm = new Float64Array(followers)
  const isReading = new Uint8Array(nodes)
  const again = new Uint8Array(nodes)
  const isAcking = new Uint8Array(nodes)
  const leaseUntil = new Float64Array(followers).fill(leaseMs)
  let lapses = 0
  const relayFreeAt = new Float64Array(nodes)
  const relayBusy = new Float64Array(nodes)
  const isHeld = new Uint8Array(nodes)
  const childAcked = new Float64Array(nodes)
  function serveAtRelay(node: number, costUs: number): number {
    const doneMs = Math.max(relayFreeAt[node] as number, events.nowMs) + us(costUs)
    relayFreeAt[node] = doneMs
    if (isCounting) relayBusy[node] = (relayBusy[node] as number) + us(costUs)
    return doneMs
  }

  // Revokers.
  interface Waited {
    readonly offset: number
    readonly calledMs: number
  }
  const waits: Set<Waited>[] = Array.from({ length: revokers }, () => new Set())
  const asking: Waited[][] = Array.from({ length: revokers }, () => [])
  const isLooking = new Uint8Array(revokers)
  const isPausing = new Float64Array(revokers)
  const newestMs = new Float64Array(revokers)
  const calledMs: number[] = []
  const spreadMs: number[] = []
  let lookTerm = 0

  function wait(node: number): void {
    waiting.push(node)
    const term = (waitTerm[node] as number) + 1
    waitTerm[node] = term
    events.at(events.nowMs + BLOCK_MS, AT_FOLLOWER.timeout, node, term)
  }

  function sendLook(revoker: number): void {
    isPausing[revoker] = 0
    isLooking[revoker] = 1
    asking[revoker] = [...(waits[revoker] ?? [])]
    events.at(events.nowMs + half, AT_STORE.look, revoker, 0)
  }

  function read(node: number): void {
    if (isReading[node]) {
      again[node] = 1
      return
    }
    isReading[node] = 1
    events.at(events.nowMs + half, AT_STORE.read, node, 0)
  }

  /** Entries have been applied at a node: it acknowledges, or its children are told. */
  function take(node: number): void {
    if (!isRelay(node)) below[node] = applied[node] as number
    else for (const child of childrenOf[node] ?? []) if (isHeld[child]) answerChild(node, child)
    acknowledge(node)
  }

  function answerChild(node: number, child: number): void {
    isHeld[child] = 0
    const entries = (applied[node] as number) - (applied[child] as number)
    const doneMs = serveAtRelay(node, (relay?.requestUs ?? 0) / 2 + (relay?.perEntryUs ?? 0) * entries)
    events.at(doneMs + half, AT_RELAY.answer, child, applied[node] as number)
  }

  function acknowledge(node: number): void {
    if (isAcking[node] || (below[node] as number) <= (ackSent[node] as number)) return
    const parent = parentOf[node] as number
    // Leaves under a relay acknowledge with their next request.
    if (parent >= 0 && !isRelay(node)) return
    isAcking[node] = 1
    ackSent[node] = below[node] as number
    events.at(events.nowMs + half, parent < 0 ? AT_STORE.ack : AT_RELAY.upAck, node, below[node] as number)
  }

  function noteChild(child: number, offset: number): void {
    const before = childAcked[child] as number
    if (offset <= before) return
    const parent = parentOf[child] as number
    childAcked[child] = offset
    // Only the slowest child holds its relay back.
    if (before > (below[parent] as number)) return
    let low = Infinity
    for (const one of childrenOf[parent] ?? []) {
      low = Math.min(low, childAcked[one] as number)
      if (low <= before) return
    }
    below[parent] = low
    acknowledge(parent)
  }

  function handle(kind: number, a: number, b: number): void {
    const nowMs = events.nowMs
    switch (kind) {
      case AT_REVOKER.revoke: {
        calledMs.push(nowMs)
        const revoker = Math.floor(chance.next() * revokers)
        events.at(nowMs + half, AT_STORE.append, revoker, calledMs.length - 1)
        break
      }
      case AT_STORE.append: {
        head++
        ackedAt[head] = 0
        const doneMs = serve(APPEND, costs.appendUs + costs.appendPerMemberUs * followers)
        for (const node of waiting) {
          waitTerm[node] = (waitTerm[node] as number) + 1
          events.at(serve(WAKE, costs.wakeUs / 2) + half, AT_FOLLOWER.woken, node, head)
        }
        waiting.length = 0
        events.at(Math.max(doneMs, freeAtMs) + half, AT_REVOKER.appended, a, b * 2 ** 26 + head)
        break
      }
      case AT_STORE.wait: {
        serve(-1, costs.wakeUs / 2)
        if ((seen[a] as number) >= head) wait(a)
        else events.at(serve(WAKE, costs.wakeUs / 2) + half, AT_FOLLOWER.woken, a, (seen[a] as number) + 1)
        break
      }
      case AT_FOLLOWER.timeout:
        // Unless it has been woken meanwhile, it asks anew: answer and question at once, which costs as much as a wake.
        if (waitTerm[a] !== b || (waitTerm[a] as number) % 2 === 0) break
        serve(WAKE, costs.wakeUs)
        events.at(nowMs + BLOCK_MS, AT_FOLLOWER.timeout, a, b)
        break
      case AT_FOLLOWER.woken:
        seen[a] = Math.max(seen[a] as number, b)
        events.at(nowMs + half, AT_STORE.wait, a, 0)
        read(a)
        break
      case AT_STORE.read: {
        const upTo = Math.min(head, (applied[a] as number) + PAGE_ENTRIES)
        const doneMs = serve(READ, costs.readUs + costs.readPerEntryUs * (upTo - (applied[a] as number)))
        events.at(doneMs + half, AT_FOLLOWER.entries, a, upTo)
        break
      }
      case AT_FOLLOWER.entries: {
        const isMore = b - (applied[a] as number) >= PAGE_ENTRIES
        applied[a] = b
        isReading[a] = 0
        if (again[a] || isMore) {
          again[a] = 0
          read(a)
        }
        take(a)
        break
      }
      case AT_STORE.ack: {
        const doneMs = serve(ACK, costs.ackUs)
        const before = registered[a] as number
        registered[a] = b
        ackedAt[before] = (ackedAt[before] ?? 0) - 1
        ackedAt[b] = (ackedAt[b] ?? 0) + 1
        while (lowest < head && ackedAt[lowest] === 0) lowest++
        events.at(doneMs + half, AT_FOLLOWER.acked, a, 0)
        break
      }
      case AT_FOLLOWER.acked:
        isAcking[a] = 0
        acknowledge(a)
        break
      case AT_FOLLOWER.tick:
        events.at(nowMs + heartbeatMs, AT_FOLLOWER.tick, a, 0)
        events.at(nowMs + half, AT_STORE.renew, a, nowMs)
        break
      case AT_STORE.renew:
        events.at(serve(RENEW, costs.renewUs) + half, AT_FOLLOWER.renewed, a, b)
        break
      case AT_FOLLOWER.renewed:
        if (nowMs > (leaseUntil[a] as number)) lapses++
        leaseUntil[a] = b + leaseMs
        // Where the log stands is known by now: waiting goes on from there.
        read(a)
        break
      case AT_FOLLOWER.reapTick:
        events.at(nowMs + leaseMs / 2, AT_FOLLOWER.reapTick, a, 0)
        events.at(nowMs + half, AT_STORE.reap, a, 0)
        break
      case AT_STORE.reap:
        serve(LOOK, costs.lookUs + costs.lookPerMemberUs * followers)
        break
      case AT_REVOKER.appended: {
        const call = Math.floor(b / 2 ** 26)
        waits[a]?.add({ offset: b % 2 ** 26, calledMs: calledMs[call] as number })
        newestMs[a] = nowMs
        if (!isLooking[a] || isPausing[a]) sendLook(a)
        break
      }
      case AT_STORE.look:
        events.at(serve(LOOK, costs.lookUs + costs.lookPerMemberUs * followers) + half, AT_REVOKER.looked, a, lowest)
        break
      case AT_REVOKER.looked: {
        for (const wait of asking[a] ?? []) {
          if (wait.offset > b) continue
          waits[a]?.delete(wait)
          if (isCounting && wait.calledMs >= run.warmUpSeconds * 1000) spreadMs.push(nowMs - wait.calledMs)
        }
        if ((waits[a]?.size ?? 0) === 0) {
          isLooking[a] = 0
          break
        }
        const pauseMs = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, (nowMs - (newestMs[a] as number)) / 8))
        isPausing[a] = ++lookTerm
        events.at(nowMs + pauseMs, AT_REVOKER.lookAgain, a, lookTerm)
        break
      }
      case AT_REVOKER.lookAgain:
        if (isPausing[a] === b && (waits[a]?.size ?? 0) > 0) sendLook(a)
        break
      case AT_RELAY.answer:
        applied[a] = b
        take(a)
        events.at(nowMs + half, AT_RELAY.request, a, isRelay(a) ? 0 : b)
        break
      case AT_RELAY.request: {
        const parent = parentOf[a] as number
        const doneMs = serveAtRelay(parent, (relay?.requestUs ?? 0) / 2)
        events.at(doneMs, AT_RELAY.hold, a, b)
        break
      }
      case AT_RELAY.hold: {
        const parent = parentOf[a] as number
        isHeld[a] = 1
        if (b > 0) noteChild(a, b)
        if ((applied[parent] as number) > (applied[a] as number)) answerChild(parent, a)
        break
      }
      case AT_RELAY.beat:
        serveAtRelay(parentOf[a] as number, relay?.requestUs ?? 0)
        events.at(nowMs + heartbeatMs, AT_RELAY.beat, a, 0)
        break
      case AT_RELAY.upAck:
        events.at(serveAtRelay(parentOf[a] as number, relay?.requestUs ?? 0), AT_RELAY.upAcked, a, b)
        break
      case AT_RELAY.upAcked:
        noteChild(a, b)
        isAcking[a] = 0
        acknowledge(a)
        break
    }
  }

  for (let node = 0; node < followers; node++) {
    wait(node)
    events.at(chance.next() * heartbeatMs, AT_FOLLOWER.tick, node, 0)
    events.at((chance.next() * leaseMs) / 2, AT_FOLLOWER.reapTick, node, 0)
  }
  for (let node = followers; node < nodes; node++) {
    isHeld[node] = 1
    events.at(chance.next() * heartbeatMs, AT_RELAY.beat, node, 0)
  }
  // Poisson arrivals, given how many there are: independent and even over the time. So no difference is the luck of the draw.
  for (const [fromMs, forMs] of [
    [0, run.warmUpSeconds * 1000],
    [run.warmUpSeconds * 1000, run.seconds * 1000],
  ] as const) {
    const count = Math.round((revocationsPerSecond * forMs) / 1000)
    for (let i = 0; i < count; i++) events.at(fromMs + chance.next() * forMs, AT_REVOKER.revoke, 0, 0)
  }
  events.runUntil(run.warmUpSeconds * 1000, handle)
  isCounting = true
  const backlogBefore = Math.max(0, freeAtMs - events.nowMs)
  const endMs = (run.warmUpSeconds + run.seconds) * 1000
  events.runUntil(endMs, handle)
  const perSecond = (kind: number): number => (counts[kind] as number) / run.seconds
  return {
    spreadMs: spreadMs.sort((x, y) => x - y),
    commands: {
      append: perSecond(APPEND),
      wake: perSecond(WAKE),
      read: perSecond(READ),
      ack: perSecond(ACK),
      renew: perSecond(RENEW),
      look: perSecond(LOOK),
    },
    utilization: busyMs / 1000 / run.seconds,
    relayUtilization: Math.max(0, ...relayBusy) / 1000 / run.seconds,
    lapses,
    pending: waits.reduce((sum, mine) => sum + mine.size, 0),
    behind: head - lowest,
    backlogMs: Math.max(0, freeAtMs - endMs) - backlogBefore,
    events: events.handled,
  }
}
