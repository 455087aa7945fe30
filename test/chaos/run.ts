/** A chaos run: revokers and verifiers at work on a real store while everything that can happen happens, one thing at a time. */
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { isAuthError } from '../../src/errors.ts'
import type { Store } from '../../src/login/store.ts'
import type { Appended } from '../../src/revocation/engine.ts'
import { createRevocations, type Revocations } from '../../src/revocation/revocations.ts'
import { type Engine, openStoreByUrl } from './engines.ts'
import { createHistory, sharedMs, type Tally, type Violation } from './history.ts'
import { type StoreProxy, startProxy } from './proxy.ts'
import { type Credential, startVerifier, type Verifier } from './verifiers.ts'

export interface ChaosOptions {
  readonly engine: Engine
  readonly seconds: number
  readonly seed: number
  /** At least 4. */
  readonly verifiers?: number
  readonly leaseSeconds?: number
  /** Only what has this in its name befalls them. */
  readonly only?: string
  /** Takes each line of the record. */
  readonly record?: (line: string) => void
  readonly progress?: (text: string) => void
}

export interface ChaosReport {
  readonly tally: Tally
  readonly violations: readonly Violation[]
  /** How often each thing happened. */
  readonly faults: Readonly<Record<string, number>>
  /** Of revocations that were confirmed by acks, in milliseconds. */
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Misfortune {
  readonly name: string
  /** How often it comes, beside the others. */
  readonly weight: number
  /** Puts everything right again before it resolves. @param index of the victim among the verifiers */
  strike(victim: Verifier, index: number, forMs: number): Promise<void>
}

const KINDS = ['session', 'token', 'subject', 'claims'] as const
type Kind = (typeof KINDS)[number] | 'floor'

/** At most so many revocations spread at a time. */
const REVOKERS = 3
/** One in so many revokes everything: the emergency brake. */
const FLOOR_EVERY = 40
/** How long a credential is watched on after its revocation has returned. */
const WATCH_MS = 400

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const {
    engine,
    seconds,
    seed,
    leaseSeconds = 1.5,
    only = '',
    record = () => undefined,
    progress = () => undefined,
  } = options
  const random = randomFrom(seed)
  const history = createHistory(record)
  const port = engine.port()
  const ownProxy = port === null ? null : await startProxy(port)
  const store = await openStoreByUrl(engine.urlAt(ownProxy?.port ?? 0))
  const revocations = createRevocations({ engine: store.revocations, clock: systemClock, leaseSeconds })
  const fleet = await Promise.all(Array.from({ length: Math.max(4, options.verifiers ?? 4) }, (_, i) => start(i)))
  const faults: Record<string, number> = {}
  const times: number[] = []
  const endMs = sharedMs() + seconds * 1000
  let floor = await store.revocations.floor()
  let started = fleet.length
  let revoked = 0

  function start(number: number): Promise<Verifier> {
    return startVerifier({ name: `v${number}`, urlAt: engine.urlAt, port: engine.port(), leaseSeconds })
  }

  async function work(): Promise<void> {
    while (sharedMs() < endMs) {
      const kind: Kind = ++revoked % FLOOR_EVERY === 0 ? 'floor' : (KINDS[Math.floor(random() * KINDS.length)] as Kind)
      await revokeOne(kind)
      progress(`${history.tally.revokes} revokes, ${history.tally.acceptedAfter} accepted after return`)
    }
  }

  async function revokeOne(kind: Kind): Promise<void> {
    const { tally } = history
    const target: Credential = {
      sessionId: randomId(),
      subject: `user-${randomId()}`,
      tokenId: randomId(),
      generation: 0,
      floor,
    }
    const watchers = [...fleet]
    for (const verifier of watchers) verifier.watch(target)
    await pause(20 + random() * 60)
    tally.revokes++
    let returnedMs = Number.POSITIVE_INFINITY
    try {
      const receipt = await revoke(store, revocations, kind, target)
      returnedMs = sharedMs()
      tally[receipt.confirmedBy === 'acks' ? 'byAcks' : 'byLease']++
      if (receipt.confirmedBy === 'acks') times.push(receipt.ms)
      history.note({ returned: target.sessionId, kind, returnedMs, receipt })
    } catch (error) {
      if (!isAuthError(error)) throw error
      tally.unreturned++
      history.note({ unreturned: target.sessionId, kind, code: error.code })
      // A later one may have succeeded all the same: what is known of the floor is asked for again.
      await pause(100)
    }
    if (kind === 'floor') floor = await store.revocations.floor().catch(() => floor)
    const isReturned = returnedMs < Number.POSITIVE_INFINITY
    const names = watchers.map(({ name }) => name)
    // In the pipe of a stopped one before anything that it could hear of the revocation.
    if (isReturned) settle(kind, target, returnedMs, names, watchers)
    else for (const verifier of watchers) void verifier.last(target.sessionId)
  }

  const settling = new Set<Promise<void>>()
  function settle(kind: Kind, target: Credential, returnedMs: number, names: string[], watchers: Verifier[]): void {
    const settled = (async () => {
      const first = await Promise.all(watchers.map((verifier) => verifier.check(target)))
      history.after(kind, target.sessionId, returnedMs, names, first)
      await pause(WATCH_MS)
      const last = await Promise.all(watchers.map((verifier) => verifier.last(target.sessionId)))
      history.before(last.map((answer) => (answer && answer.beganMs <= returnedMs ? answer : null)))
      history.after(kind, target.sessionId, returnedMs, names, last)
    })()
    settling.add(settled)
    void settled.finally(() => settling.delete(settled))
  }

  async function misfortune(): Promise<void> {
    const possible = misfortunes.filter(({ name }) => name.includes(only))
    while (sharedMs() < endMs && possible.length > 0) {
      await pause(100 + random() * 400)
      const index = Math.floor(random() * fleet.length)
      const victim = fleet[index] as Verifier
      const { name, strike } = pick(possible, random())
      history.note({ fault: name, of: victim.name })
      await strike(victim, index, 200 + random() * 2200)
      history.note({ over: name })
      faults[name] = (faults[name] ?? 0) + 1
    }
  }

  const proxied = (name: string, weight: number, begin: (proxy: StoreProxy) => void): Misfortune => ({
    name,
    weight: ownProxy === null ? 0 : weight,
    async strike({ proxy }, _index, forMs) {
      if (proxy === null) return
      begin(proxy)
      await pause(forMs)
      proxy.mend()
    },
  })
  // One clock at a time, and not again before every lease that it may have touched is over. The monotonic one may stand still, as
  // that of a machine that sleeps; that it never runs ahead is what whoever waits for a lease relies on (docs/guarantee.md).
  const stepped = (clock: 'wall' | 'mono'): Misfortune => ({
    name: `${clock} clock stepped`,
    weight: 6,
    async strike(victim) {
      victim.step(clock, Math.round(clock === 'mono' ? -random() * 10_000 : (random() - 0.5) * 20_000))
      await pause(2 * leaseSeconds * 1000)
    },
  })
  const lead = (to: number, whom: 'all' | 'most' | 'rest'): void => {
    const [first, ...others] = fleet
    const led = whom === 'all' ? fleet : whom === 'most' ? others : first ? [first] : []
    for (const { proxy } of led) proxy?.lead(to)
    if (whom !== 'rest') ownProxy?.lead(to)
  }
  const misfortunes: readonly Misfortune[] = [
    {
      name: 'verifier stopped and resumed',
      weight: 25,
      async strike(victim, _index, forMs) {
        victim.signal('SIGSTOP')
        await pause(forMs)
        victim.signal('SIGCONT')
      },
    },
    {
      name: 'verifier killed, another started',
      weight: 12,
      async strike(victim, index) {
        await victim.kill()
        fleet[index] = await start(started++)
      },
    },
    {
      name: 'verifier left, another joined',
      weight: 8,
      async strike(victim, index) {
        await victim.stop()
        fleet[index] = await start(started++)
      },
    },
    stepped('wall'),
    stepped('mono'),
    proxied('verifier cut off', 12, (proxy) => proxy.cut()),
    proxied('replies late', 8, (proxy) => proxy.delayReplies(random() * 1500)),
    proxied('requests late', 8, (proxy) => proxy.delayRequests(random() * 1500)),
    ...engine.faults.map(({ name, strike }) => ({
      name,
      weight: 15 / engine.faults.length,
      strike: (_victim: Verifier, _index: number, forMs: number) => strike(lead, forMs),
    })),
  ]

  try {
    await Promise.all([...Array.from({ length: REVOKERS }, work), misfortune()])
    await Promise.all(settling)
  } finally {
    await Promise.all(fleet.map((verifier) => verifier.stop()))
    await revocations.close()
    await store.close()
    await ownProxy?.close()
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
  return { tally: history.tally, violations: history.violations, faults, p50Ms: at(0.5), p99Ms: at(0.99) }
}

/** Ends what `kind` says and waits for the fleet. @throws AuthError when it cannot be known that it has reached everybody */
export function revoke(store: Store, revocations: Revocations, kind: Kind, target: Credential) {
  const until = revocations.until()
  const now = systemClock.now()
  const append = async (): Promise<Appended> => {
    switch (kind) {
      case 'session':
        return store.sessions.end(target.sessionId, until, now)
      case 'token':
        return store.revocations.revokeToken(target.tokenId ?? '', until, now)
      case 'claims':
        return store.revocations.bumpClaims(target.subject, until, now)
      case 'floor':
        return store.revocations.raiseFloor([], until, now)
      case 'subject': {
        const ended = await store.sessions.endSubject(target.subject, null, until, now)
        if (!ended) throw new Error('null is only for a replacement')
        return ended
      }
    }
  }
  return append().then((appended) => revocations.settle(appended, { again: append, timeoutMs: 30_000 }))
}

/** One of them, each as often as its weight says. @param share from 0 to below 1 */
function pick(from: readonly Misfortune[], share: number): Misfortune {
  let left = share * from.reduce((sum, { weight }) => sum + weight, 0)
  for (const one of from) {
    left -= one.weight
    if (left < 0) return one
  }
  return from.at(-1) as Misfortune
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
