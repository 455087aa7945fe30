/** What a plan of capacity is asked with: people, a fleet, prices; and what is assumed where nothing is said. */
import type { Constant } from './constant.ts'
import { MEASURED } from './measured.ts'
import type { People } from './people.ts'
import type { FleetPlan, StepCosts } from './spread.ts'

export const ENGINES = ['sqlite', 'redis', 'postgres'] as const
export type EngineName = (typeof ENGINES)[number]
export const PLAN_MODES = ['cookie, look-up', 'cookie', 'token', 'hybrid'] as const
export type PlanMode = (typeof PLAN_MODES)[number]

/** What is asked for. Rates are those of the busiest moment where nothing else is said. */
export interface PlanInput {
  /** All of them: bounds the others; what costs anything is who comes. */
  readonly users: number
  readonly verifiers: number
  /** Users who come on a day. */
  readonly activePerDay: number
  readonly logInsPerDay: number
  readonly minutesPerActiveDay: number
  readonly requestsPerMinute: number
  /** The busiest moment over the average of the day. */
  readonly peakFactor: number
  readonly useDays: number
  readonly signOutPercent: number
  /** At the busiest moment. */
  readonly revocationsPerSecond: number
  readonly revokers: number
  /** How many verifiers follow one relay; 0: all of them follow the store. */
  readonly relayFanOut: number
  readonly roundTripMs: number
  /** Of a store that uses several: Postgres. */
  readonly storeCores: number
  readonly coreUsd: number
  readonly memoryGibUsd: number
  readonly diskGibUsd: number
}

/** Defaults that nobody has measured, and why they are what they are. The others follow from what is given. */
export const ASSUMED: Readonly<Record<string, Constant>> = {
  minutesPerActiveDay: assumed(20, 'min', 'a usual visit'),
  requestsPerMinute: assumed(6, '1/min', 'a page or call every ten seconds'),
  peakFactor: assumed(3, 'x', 'most of a day falls into eight hours'),
  useDays: assumed(20, 'days', 'until a browser is cleared or a device is left'),
  signOutPercent: assumed(30, '%', 'most sessions are left, not ended'),
  roundTripMs: assumed(0.5, 'ms', 'machines of one zone'),
  storeCores: assumed(4, 'cores', 'of Postgres; Redis and SQLite serve a log with one'),
  coreUsd: assumed(25, 'USD a month', 'a core of a rented machine; no offer of anybody in particular'),
  memoryGibUsd: assumed(4, 'USD a month', 'a GiB of memory of such a machine'),
  diskGibUsd: assumed(0.12, 'USD a month', 'a GiB of its disk, with a copy'),
}

/** Defaults of the library itself (`src/login/options.ts`, `src/revocation`). */
export const LIBRARY = {
  cacheSeconds: 300,
  reloadAfterSeconds: 240,
  touchSeconds: 300,
  tokenSeconds: 600,
  keepSeconds: 3780,
  leaseMs: 12_000,
  heartbeatMs: 2000,
  absoluteSeconds: 90 * 86_400,
  idleSeconds: { cookie: 14 * 86_400, hybrid: 14 * 86_400, token: 30 * 86_400 },
  recentSeconds: 600,
  recentEntries: 50_000,
} as const
function assumed(value: number, unit: string, source: string): Constant {
  return { value, unit, source, isAssumption: true }
}

export function stepCosts(engine: EngineName, cores = 1): StepCosts {
  const of = (name: keyof StepCosts): number => MEASURED[`${engine}.${name}`].value / cores
  return {
    appendUs: of('appendUs'),
    appendPerMemberUs: of('appendPerMemberUs'),
    lookUs: of('lookUs'),
    lookPerMemberUs: of('lookPerMemberUs'),
    renewUs: of('renewUs'),
    readUs: of('readUs'),
    readPerEntryUs: of('readPerEntryUs'),
    ackUs: of('ackUs'),
    wakeUs: of('wakeUs'),
  }
}

/** Relays in as many tiers as it takes, so that nobody has more than so many below. */
export function relayTiers(verifiers: number, fanOut: number): readonly number[] | null {
  if (fanOut < 2 || verifiers <= fanOut) return null
  const tiers = [fanOut]
  let above = Math.ceil(verifiers / fanOut)
  while (above > fanOut) {
    tiers.unshift(fanOut)
    above = Math.ceil(above / fanOut)
  }
  return [above, ...tiers]
}

export function fleetOf(input: PlanInput, engine: EngineName): FleetPlan {
  const { verifiers, revocationsPerSecond, revokers, relayFanOut, roundTripMs } = input
  const tiers = relayTiers(verifiers, relayFanOut)
  return {
    costs: stepCosts(engine, engine === 'postgres' ? input.storeCores : 1),
    verifiers,
    revocationsPerSecond,
    revokers,
    // Processes that share a file are on one machine.
    roundTripMs: engine === 'sqlite' ? 0 : roundTripMs,
    leaseMs: LIBRARY.leaseMs,
    heartbeatMs: LIBRARY.heartbeatMs,
    relay: tiers
      ? { tiers, requestUs: MEASURED.relayRequestUs.value, perEntryUs: MEASURED.relayPerEntryUs.value }
      : null,
  }
}

export function peopleOf(input: PlanInput, mode: PlanMode): People {
  const { activePerDay, logInsPerDay, minutesPerActiveDay, requestsPerMinute, peakFactor, useDays } = input
  const { cacheSeconds, reloadAfterSeconds, tokenSeconds, keepSeconds, absoluteSeconds, idleSeconds } = LIBRARY
  return {
    logInsPerSecond: logInsPerDay / 86_400,
    revocationsPerSecond: input.revocationsPerSecond,
    keepSeconds,
    useSeconds: useDays * 86_400,
    signOutShare: input.signOutPercent / 100,
    idleSeconds: idleSeconds[mode === 'cookie, look-up' ? 'cookie' : mode],
    absoluteSeconds,
    sessionsInUse: (activePerDay * minutesPerActiveDay * peakFactor) / 1440,
    requestsPerSecond: requestsPerMinute / 60,
    verifiers: input.verifiers,
    cacheSeconds,
    reloadAfterSeconds,
    tokenSeconds,
  }
}
