/**
 * How a revocation spreads: the log's store as one queue that serves one command after the other, verifiers that wait, read and
 * acknowledge, revokers that look at the registry. `npm run simulate` holds these formulas against a simulation of the same.
 */
import { type Flow, servedBy } from './flow.ts'

/** What each command costs the store, in microseconds of the one processor that serves the log. */
export interface StepCosts {
  readonly appendUs: number
  /** Every append answers with the registry. */
  readonly appendPerMemberUs: number
  readonly lookUs: number
  readonly lookPerMemberUs: number
  readonly renewUs: number
  readonly readUs: number
  readonly readPerEntryUs: number
  readonly ackUs: number
  /** To wake one verifier that waits at the end of the log, and to let it wait anew. */
  readonly wakeUs: number
}

/** Relays: each follows the one above as a verifier does, and acknowledges when everybody below has. */
export interface RelayPlan {
  /** Relays that follow the store, then how many follow each of them, and so on; the last ones are verifiers. */
  readonly tiers: readonly number[]
  /** CPU of a relay for one request of a child, and for each entry in its answer. */
  readonly requestUs: number
  readonly perEntryUs: number
}

export interface FleetPlan {
  readonly costs: StepCosts
  readonly verifiers: number
  readonly revocationsPerSecond: number
  /** Processes that revoke; each looks at the registry for all that it waits for. */
  readonly revokers: number
  readonly roundTripMs: number
  readonly leaseMs: number
  readonly heartbeatMs: number
  readonly relay: RelayPlan | null
}

/** Commands a second at the store, by kind. */
export interface Commands {
  readonly append: number
  readonly wake: number
  readonly read: number
  readonly ack: number
  readonly renew: number
  readonly look: number
}

/**
 * `light`: revocations hardly meet, each spreads as if it were alone. `busy`: there is always one more to read, and whoever asks waits
 * behind everybody else once. `between`: for neither there is a formula, only bounds. `saturated`: one log is not enough.
 */
export type Regime = 'light' | 'between' | 'busy' | 'saturated'

export interface FleetLoad {
  /** Who follows the store itself: verifiers, or the relays of the first tier. */
  readonly followers: number
  readonly regime: Regime
  /** Part of the store's one processor that cannot be put off: at 1 the log is not enough. */
  readonly unavoidable: number
  /** With what is done sooner because there is time for it; between the regimes at most this. */
  readonly utilization: number
  /** Of the busiest relay; 0 without relays. */
  readonly relayUtilization: number
  /** A round of the queue while everybody always asks for something. */
  readonly cycleMs: number
  readonly commands: Commands
  /** Milliseconds from the call of a revocation to its return: the median, between the regimes a bound; Infinity when saturated. */
  readonly p50Ms: number
  /** A bound. */
  readonly p99AtMostMs: number
}

/** `src/stores/redis/watch.ts`: so long a verifier waits for news before it asks again. */
export const BLOCK_MS = 2000
/** `src/revocation/spread.ts`: between two looks of a revoker. */
export const MIN_LOOK_MS = 1
export const MAX_LOOK_MS = 20
/** `src/revocation/follower.ts`: entries of one read. */
export const PAGE_ENTRIES = 2000
/** Revocations a round of the queue, below which they hardly meet, and above which there is always one more. */
const LIGHT_BELOW = 0.1
const BUSY_ABOVE = 3
/** What silence takes of the processor, above which a revocation is never alone. */
const SILENT_BELOW = 0.15

export function followersOf({ verifiers, relay }: FleetPlan): number {
  return relay?.tiers[0] ?? verifiers
}

/** Renewals, the reads that follow them, looks for the dead: what a fleet asks in silence. A second. */
export function idleCommands(plan: FleetPlan): Pick<Commands, 'renew' | 'read' | 'look' | 'wake'> {
  const followers = followersOf(plan)
  const beats = (followers * 1000) / plan.heartbeatMs
  const perSecond = plan.revocationsPerSecond
  const missed = Math.exp((-perSecond * BLOCK_MS) / 1000)
  const timeouts = perSecond > 0 ? (perSecond * missed) / (1 - missed) : 1000 / BLOCK_MS
  return { renew: beats, read: beats, look: (followers * 2000) / plan.leaseMs, wake: followers * timeouts }
}

/**
 * What must be served whatever is put off: appends, every entry to every follower, renewals, looks for the dead. The rest (waking,
 * reading, acknowledging) is done for several entries at once when there are many, and gives way.
 */
export function unavoidable(plan: FleetPlan): number {
  const { costs, revocationsPerSecond: rate } = plan
  const followers = followersOf(plan)
  const { renew, read, look, wake } = idleCommands(plan)
  const entries = rate * (costs.appendUs + followers * (costs.appendPerMemberUs + costs.readPerEntryUs))
  const silent =
    renew * costs.renewUs +
    read * costs.readUs +
    wake * costs.wakeUs +
    look * (costs.lookUs + costs.lookPerMemberUs * followers)
  return (entries + silent) / 1e6
}

/**
 * One revocation while nothing else happens: the append and the wakes, then the reads, then the acknowledgements, each a flow into the
 * queue as the former comes out of it, one round trip later; then the first look that finds them all.
 * @returns milliseconds, and how many looks it took
 */
export function alone(plan: FleetPlan): { readonly ms: number; readonly looks: number } {
  const { costs, roundTripMs } = plan
  const followers = followersOf(plan)
  const ms = (us: number): number => us / 1000
  const appendMs = ms(costs.appendUs + costs.appendPerMemberUs * followers)
  const wakeMs = ms((costs.wakeUs / 2) * followers)
  const wokenMs = appendMs + wakeMs
  const readMs = ms(costs.readUs + costs.readPerEntryUs + costs.wakeUs / 2) * followers
  const ackMs = ms(costs.ackUs) * followers
  const flows: Flow[] = [{ fromMs: 0, toMs: 0, workMs: appendMs + wakeMs }]
  const first = appendMs + wakeMs / followers
  flows.push({ fromMs: first + roundTripMs, toMs: wokenMs + roundTripMs, workMs: readMs })
  const below = belowMs(plan)
  const readsFrom = servedBy(flows, first + roundTripMs) + readMs / followers
  const readsTo = servedBy(flows, wokenMs + roundTripMs)
  const acks = { fromMs: readsFrom + roundTripMs + below, toMs: readsTo + roundTripMs + below, workMs: ackMs }
  flows.push(acks)
  const lookMs = ms(costs.lookUs + costs.lookPerMemberUs * followers)
  let askedMs = wokenMs + roundTripMs / 2
  const startMs = askedMs
  for (let looks = 1; ; looks++) {
    const arriveMs = askedMs + roundTripMs / 2
    const doneMs = servedBy(flows, arriveMs) + lookMs
    const backMs = doneMs + roundTripMs / 2
    if (arriveMs >= acks.toMs) return { ms: backMs + roundTripMs / 2, looks }
    askedMs = backMs + Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, (backMs - startMs) / 8))
  }
}

/** From the moment a relay has read an entry until all below it have acknowledged; 0 without relays. */
function belowMs({ relay, roundTripMs }: FleetPlan): number {
  if (!relay) return 0
  const [half, entryMs] = [relay.requestUs / 2000, relay.perEntryUs / 1000]
  return relay.tiers.slice(1).reduceRight((below, fanOut) => {
    const answersMs = (half + entryMs) * fanOut
    // Verifiers acknowledge with their next request; answers go out one after the other, and requests come in as they went.
    if (below === 0) return answersMs + Math.max(half * fanOut, roundTripMs + half)
    // Relays in the middle acknowledge by a request of its own, once all below them have.
    return below + roundTripMs + Math.max(half + entryMs + 2 * half * fanOut, answersMs + 2 * half)
  }, 0)
}

/** Everything that the formulas say of a fleet. */
export function fleetLoad(plan: FleetPlan): FleetLoad {
  const { costs, revocationsPerSecond: rate, revokers, roundTripMs } = plan
  const followers = followersOf(plan)
  const idle = idleCommands(plan)
  const must = unavoidable(plan)
  const perRoundUs = costs.wakeUs + costs.readUs + costs.ackUs
  const lookUs = costs.lookUs + costs.lookPerMemberUs * followers
  const relayUtilization = relayLoad(plan)
  const single = alone(plan)
  // Reads after renewals fall together with others when there are many, and nobody waits in vain for news.
  const mustWhenBusy = must - (idle.read * costs.readUs + idle.wake * costs.wakeUs) / 1e6
  const cycleMs = busyCycleMs(plan, mustWhenBusy, perRoundUs, lookUs)
  const perCycle = (rate * cycleMs) / 1000
  const relayMust = plan.relay ? relayLoad({ ...plan, relay: { ...plan.relay, requestUs: 0 } }) : 0
  const silent = (idle.look * lookUs + idle.renew * costs.renewUs + idle.read * costs.readUs) / 1e6
  const regime = regimeOf(Math.max(must, relayMust), perCycle, relayUtilization, silent)
  const looks = regime === 'busy' ? revokers / ((cycleMs + roundTripMs + MAX_LOOK_MS / 2) / 1000) : rate * single.looks
  const rounds = followers * (regime === 'busy' ? 1000 / cycleMs : Math.min(rate, 1000 / cycleMs))
  const isBusy = regime === 'busy' || regime === 'saturated'
  const commands: Commands = {
    append: rate,
    wake: isBusy ? rounds : rounds + idle.wake,
    read: isBusy ? rounds : rounds + idle.read,
    ack: rounds,
    renew: idle.renew,
    look: idle.look + looks,
  }
  const lightUse = must + (rate * followers * perRoundUs + rate * single.looks * lookUs) / 1e6
  const lightMs = single.ms / (1 - Math.min(0.99, silent))
  // The append waits behind a round of all others, the last read and its acknowledgement behind another one each, a look, half of one.
  const busyMs = 3.5 * cycleMs + MAX_LOOK_MS / 4
  const belowBusyMs = plan.relay ? 3.5 * belowMs(plan) : 0
  const p50Ms = {
    light: lightMs,
    busy: busyMs + (plan.relay ? belowMs(plan) : 0),
    between: Math.max(lightMs, busyMs) + belowBusyMs,
    saturated: Infinity,
  }[regime]
  const workMs = (followers * perRoundUs) / 1000
  return {
    followers,
    regime,
    unavoidable: must,
    utilization: isBusy ? Math.max(1, must) : Math.min(1, lightUse),
    relayUtilization,
    cycleMs,
    commands,
    p50Ms,
    // A revocation may meet another one, and a look may just have missed the last acknowledgement.
    p99AtMostMs:
      regime === 'light' ? (lightMs + workMs) * 1.125 + MIN_LOOK_MS + roundTripMs : p50Ms * 1.5 + MAX_LOOK_MS,
  }
}

function regimeOf(must: number, perCycle: number, relayUtilization: number, silent: number): Regime {
  if (must >= 1) return 'saturated'
  if (perCycle <= LIGHT_BELOW && relayUtilization <= LIGHT_BELOW && silent <= SILENT_BELOW) return 'light'
  return perCycle >= BUSY_ABOVE && relayUtilization <= LIGHT_BELOW ? 'busy' : 'between'
}

/**
 * Everybody waits, reads and acknowledges without a pause: a round takes what a round of all costs, of the part of the processor that
 * appends, entries, renewals and looks leave. Looks are as many as there are rounds, so that it is solved step by step.
 */
function busyCycleMs(plan: FleetPlan, must: number, perRoundUs: number, lookUs: number): number {
  const { revokers, roundTripMs } = plan
  let cycleMs = (followersOf(plan) * perRoundUs) / 1000
  for (let i = 0; i < 50; i++) {
    const looks = (revokers * 1000) / (cycleMs + roundTripMs + MAX_LOOK_MS / 2)
    const left = 1 - must - (Math.min(looks, plan.revocationsPerSecond) * lookUs) / 1e6
    if (left <= 0) return Infinity
    cycleMs = (followersOf(plan) * perRoundUs) / 1000 / left
  }
  return cycleMs
}

/** Of the busiest relay: answers, questions and acknowledgements of its children, and their renewals. */
function relayLoad({ relay, revocationsPerSecond: rate, heartbeatMs }: FleetPlan): number {
  if (!relay) return 0
  const { requestUs, perEntryUs } = relay
  const tiers = relay.tiers.slice(1)
  return Math.max(
    0,
    ...tiers.map((fanOut, i) => {
      const requests = i === tiers.length - 1 ? 1 : 2
      return (fanOut * (rate * (requests * requestUs + perEntryUs) + (requestUs * 1000) / heartbeatMs)) / 1e6
    }),
  )
}

/** The highest rate of revocations that one log carries with so many followers; 0: not even silence. */
export function highestRate(plan: FleetPlan): number {
  return highest((revocationsPerSecond) => unavoidable({ ...plan, revocationsPerSecond }) < 1)
}

/** The most verifiers that can follow one log at this rate, without relays. */
export function mostFollowers(plan: FleetPlan): number {
  return Math.floor(highest((verifiers) => unavoidable({ ...plan, verifiers, relay: null }) < 1))
}

/** By halving; up to a thousand million. */
function highest(isEnough: (value: number) => boolean): number {
  let [enough, tooMuch] = [0, 1]
  while (isEnough(tooMuch) && tooMuch < 1e9) [enough, tooMuch] = [tooMuch, tooMuch * 2]
  for (let i = 0; i < 40; i++) {
    const middle = (enough + tooMuch) / 2
    if (isEnough(middle)) enough = middle
    else tooMuch = middle
  }
  return enough
}
