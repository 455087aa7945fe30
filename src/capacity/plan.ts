/** A plan of capacity: what a given number of users costs in each mode on each engine, of formulas and measured constants. */
import {
  ENGINES,
  type EngineName,
  fleetOf,
  LIBRARY,
  PLAN_MODES,
  type PlanInput,
  type PlanMode,
  peopleOf,
} from './input.ts'
import { MEASURED } from './measured.ts'
import {
  cachedPerVerifier,
  liveRevocations,
  liveSessions,
  type People,
  readsPerSecond,
  refreshesPerSecond,
} from './people.ts'
import { type FleetLoad, fleetLoad, highestRate, mostFollowers } from './spread.ts'

/** A store is planned to be at work for no more than this part of the time: queues grow fast beyond. */
const USED_AT_MOST = 0.7
const GIB = 2 ** 30
/** `src/stores/sqlite/watch.ts`. */
const POLL_MS = 20
/** Sessions that a near-cache holds unless it is told otherwise (`cacheEntries`). */
export const CACHE_ENTRIES = 100_000
/** The longest that a revocation waits for a verifier that does not answer: `lease * 1.01 / 0.99 + 20 ms`. */
const LEASE_WAIT_MS = Math.ceil((LIBRARY.leaseMs * 1.01) / 0.99 + 20)

export interface EnginePlan {
  readonly engine: EngineName
  readonly mode: PlanMode
  readonly liveSessions: number
  readonly liveRevocations: number
  readonly storeBytes: number
  readonly verifierBytes: number
  readonly cachedPerVerifier: number
  /** Of sessions and of the log, at the store, a second. */
  readonly commands: Readonly<Record<string, number>>
  readonly logEntriesPerSecond: number
  readonly bootSeconds: number
  /** Of one processor. */
  readonly sessionUse: number
  readonly log: Pick<FleetLoad, 'regime' | 'unavoidable' | 'utilization' | 'relayUtilization' | 'followers'>
  readonly oneLog: 'enough' | 'tight' | 'not enough'
  /** As the queues have it; null where nobody follows a log, Infinity where it is not enough. */
  readonly spread: { readonly p50Ms: number; readonly p99AtMostMs: number } | null
  /** As the bench has it, all verifiers beside the store on two processors; a line beyond 32 of them, up to a lease. */
  readonly benched: { readonly p50Ms: number; readonly p99Ms: number } | null
  readonly storeServers: number
  readonly usdPerMonth: { readonly store: number; readonly verifiers: number; readonly all: number }
}

export interface CapacityPlan {
  readonly input: PlanInput
  readonly plans: readonly EnginePlan[]
  /** By engine: where one log stops being enough. */
  readonly limits: readonly {
    readonly engine: EngineName
    readonly revocationsPerSecond: number
    readonly verifiers: number
  }[]
}

/** @param engines @param modes which of them; all by default */
export function planCapacity(
  input: PlanInput,
  engines: readonly EngineName[] = ENGINES,
  modes: readonly PlanMode[] = PLAN_MODES,
): CapacityPlan {
  return {
    input,
    plans: engines.flatMap((engine) => modes.map((mode) => planOf(input, engine, mode))),
    limits: engines.map((engine) => {
      const fleet = fleetOf(input, engine)
      return { engine, revocationsPerSecond: highestRate(fleet), verifiers: mostFollowers(fleet) }
    }),
  }
}

function planOf(input: PlanInput, engine: EngineName, mode: PlanMode): EnginePlan {
  const people = peopleOf(input, mode)
  const measured = (name: EngineFigure): number => MEASURED[`${engine}.${name}`].value
  const fleet = fleetOf(input, engine)
  const follows = mode !== 'cookie, look-up'
  const load = fleetLoad(fleet)
  const [sessions, revocations] = [liveSessions(people), follows ? liveRevocations(people) : 0]
  const rates = sessionRates(input, people, mode)
  const usOf = { ...rates, ...sessionUs(mode, measured) }
  const cores = engine === 'postgres' ? input.storeCores : 1
  const sessionUse =
    SESSION_STEPS.reduce((sum, step) => sum + rates[step] * usOf[step], 0) / 1e6 +
    (follows ? 0 : (input.revocationsPerSecond * measured('appendUs')) / 1e6)
  const logUse = follows ? load.unavoidable * cores : 0
  const needed = placesOf(engine, sessionUse, logUse, cores)
  // Where rows are on other servers, whoever reads one looks into the log's slot last (decision 11).
  const extra = needed.isSpread
    ? ((rates.readRow + rates.refresh + rates.logIn) * MEASURED.clusterLookUs.value) / 1e6
    : 0
  const must = logUse / cores + extra
  // What looks into the log's slot takes of its processor is not there for the log.
  const slower = must < 1 ? 1 / (1 - extra) : Infinity
  const storeBytes = sessions * sessionBytes(mode, measured) + liveRevocations(people) * measured('logEntryBytes')
  const cached = follows ? cachedOf(people, mode) : 0
  const recent = Math.min(LIBRARY.recentEntries, input.revocationsPerSecond * LIBRARY.recentSeconds)
  const verifierBytes =
    cached * MEASURED[mode === 'token' ? 'tokenCacheBytes' : 'nearCacheBytes'].value +
    revocations * MEASURED.denyBytes.value +
    (follows ? recent * MEASURED.recentEventBytes.value : 0)
  // The slowest of all that look at the file every so often.
  const pollMs = engine === 'sqlite' ? (POLL_MS * input.verifiers) / (input.verifiers + 1) : 0
  const keptUsd = engine === 'redis' ? input.memoryGibUsd : input.diskGibUsd
  const storeUsd = needed.cores * input.coreUsd + (storeBytes / GIB) * keptUsd
  const requests = people.sessionsInUse * people.requestsPerSecond
  const verifierCores = (requests * checkUs(mode) + rates.readRow * MEASURED.missUs.value) / 1e6
  const verifiersUsd = verifierCores * input.coreUsd + ((verifierBytes * input.verifiers) / GIB) * input.memoryGibUsd
  return {
    engine,
    mode,
    liveSessions: sessions,
    liveRevocations: revocations,
    storeBytes,
    verifierBytes,
    cachedPerVerifier: cached,
    commands: {
      ...commandRates(rates, mode, measured),
      ...(follows ? load.commands : { append: input.revocationsPerSecond }),
    },
    logEntriesPerSecond: input.revocationsPerSecond,
    bootSeconds: (revocations / 1e6) * measured('bootSecondsPerMillion'),
    sessionUse,
    log: { ...load, unavoidable: must },
    oneLog:
      must >= 1 || (follows && load.regime === 'saturated') ? 'not enough' : must > USED_AT_MOST ? 'tight' : 'enough',
    spread: follows ? { p50Ms: load.p50Ms * slower + pollMs, p99AtMostMs: load.p99AtMostMs * slower + pollMs } : null,
    // The bench knows of no relays.
    benched:
      follows && !fleet.relay
        ? {
            p50Ms: Math.min(LEASE_WAIT_MS, measured('p50BaseMs') + measured('p50PerVerifierMs') * load.followers),
            p99Ms: Math.min(LEASE_WAIT_MS, measured('p99BaseMs') + measured('p99PerVerifierMs') * load.followers),
          }
        : null,
    storeServers: needed.servers,
    usdPerMonth: { store: storeUsd, verifiers: verifiersUsd, all: storeUsd + verifiersUsd },
  }
}

type EngineFigure = keyof typeof MEASURED extends infer Name
  ? Name extends `redis.${infer Figure}`
    ? Figure
    : never
  : never
type Measure = (name: EngineFigure) => number
const SESSION_STEPS = ['logIn', 'readRow', 'lastSeen', 'refresh'] as const
type SessionRates = Readonly<Record<(typeof SESSION_STEPS)[number], number>>

/** How often a second the store is asked for sessions, at the busiest moment. */
function sessionRates(input: PlanInput, people: People, mode: PlanMode): SessionRates {
  const requests = people.sessionsInUse * people.requestsPerSecond
  const minted = mode === 'hybrid' ? refreshesPerSecond(people) : 0
  const reads = {
    'cookie, look-up': requests,
    cookie: readsPerSecond(people),
    hybrid: readsPerSecond(people) + minted,
    token: 0,
  }
  return {
    logIn: people.logInsPerSecond * input.peakFactor,
    readRow: reads[mode],
    lastSeen: mode === 'token' ? 0 : people.sessionsInUse / (LIBRARY.touchSeconds + 1 / people.requestsPerSecond),
    refresh: mode === 'token' ? refreshesPerSecond(people) : 0,
  }
}

function sessionUs(mode: PlanMode, measured: Measure): SessionRates {
  return {
    logIn: measured(mode === 'token' ? 'tokenLogInUs' : mode === 'hybrid' ? 'hybridLogInUs' : 'cookieLogInUs'),
    readRow: measured('readRowUs'),
    lastSeen: measured('lastSeenUs'),
    refresh: measured('refreshUs'),
  }
}

function commandRates(rates: SessionRates, mode: PlanMode, measured: Measure): Readonly<Record<string, number>> {
  return {
    logIn: rates.logIn * measured(mode === 'token' ? 'tokenLogInCommands' : 'cookieLogInCommands'),
    readRow: rates.readRow * measured('readRowCommands'),
    lastSeen: rates.lastSeen,
    refresh: rates.refresh * measured('refreshCommands'),
  }
}

function sessionBytes(mode: PlanMode, measured: Measure): number {
  if (mode === 'token') return measured('tokenSessionBytes')
  return measured(mode === 'hybrid' ? 'hybridSessionBytes' : 'cookieSessionBytes')
}

/** Tokens are kept until they expire, sessions until they must be read again. */
function cachedOf(people: People, mode: PlanMode): number {
  const { tokenSeconds } = people
  const kept = mode === 'token' ? { ...people, cacheSeconds: tokenSeconds, reloadAfterSeconds: tokenSeconds } : people
  return cachedPerVerifier(kept)
}

function checkUs(mode: PlanMode): number {
  return MEASURED[mode === 'token' ? 'tokenCheckUs' : 'cookieCheckUs'].value
}

/** Redis: one server while one processor is enough, then one for the log and the rest for sessions. SQLite stays one. */
function placesOf(engine: EngineName, sessionUse: number, logUse: number, cores: number) {
  const use = sessionUse + logUse
  if (engine === 'postgres') {
    const wanted = Math.max(cores, Math.ceil(use / USED_AT_MOST))
    return { servers: 1, cores: wanted, isSpread: false }
  }
  if (engine === 'sqlite' || use <= USED_AT_MOST) return { servers: 1, cores: 1, isSpread: false }
  const servers = 1 + Math.max(1, Math.ceil(sessionUse / USED_AT_MOST))
  return { servers, cores: servers, isSpread: true }
}
