/** Formula against simulation, scale by scale. */

import { ASSUMED, fleetOf, type PlanInput, peopleOf } from '../../src/capacity/input.ts'
import {
  cachedPerVerifier,
  liveRevocations,
  liveSessions,
  readsPerSecond,
  refreshesPerSecond,
} from '../../src/capacity/people.ts'
import { type FleetLoad, fleetLoad, highestRate } from '../../src/capacity/spread.ts'
import { type FleetSeen, simulateFleet } from './fleet.ts'
import { simulatePeople } from './people.ts'

export interface Scale {
  readonly name: string
  readonly input: PlanInput
  readonly seconds: number
  readonly warmUpSeconds: number
}

export interface Comparison {
  readonly scale: string
  readonly quantity: string
  readonly unit: string
  readonly formula: number
  readonly simulated: number
  /** null where the formula is a bound, or there is nothing to compare. */
  readonly differencePercent: number | null
  /** `off`: further from one another than 5 %, or above its bound. */
  readonly verdict: 'within 5 %' | 'below its bound' | 'saturated' | 'off'
}

const WITHIN_PERCENT = 5

export function inputOf(change: Pick<PlanInput, 'users' | 'verifiers'> & Partial<PlanInput>): PlanInput {
  const { users, verifiers } = change
  const of = (name: string): number => ASSUMED[name]?.value ?? Number.NaN
  const [activePerDay, peakFactor, signOutPercent] = [users / 10, of('peakFactor'), of('signOutPercent')]
  const logInsPerDay = activePerDay / 5
  return {
    activePerDay,
    logInsPerDay,
    peakFactor,
    signOutPercent,
    revocationsPerSecond: (logInsPerDay * signOutPercent * peakFactor) / 100 / 86_400,
    minutesPerActiveDay: of('minutesPerActiveDay'),
    requestsPerMinute: of('requestsPerMinute'),
    useDays: of('useDays'),
    revokers: Math.min(8, verifiers),
    relayFanOut: 0,
    roundTripMs: of('roundTripMs'),
    storeCores: of('storeCores'),
    coreUsd: of('coreUsd'),
    memoryGibUsd: of('memoryGibUsd'),
    diskGibUsd: of('diskGibUsd'),
    ...change,
  }
}

function scale(users: number, verifiers: number, relayFanOut: number, seconds: number, warmUpSeconds: number): Scale {
  const relays = relayFanOut > 0 ? `, relays of ${relayFanOut}` : ''
  return {
    name: `${users.toLocaleString('en')} users, ${verifiers.toLocaleString('en')} verifiers${relays}`,
    input: inputOf({ users, verifiers, relayFanOut }),
    seconds,
    warmUpSeconds,
  }
}

/** Seconds are chosen so that each sees hundreds of revocations where that can be afforded. */
export function scales(quick: boolean): readonly Scale[] {
  if (quick) {
    return [
      scale(100_000, 4, 0, 5000, 10),
      scale(10_000_000, 32, 0, 100, 5),
      scale(1_000_000_000, 1000, 0, 6, 3),
      scale(1_000_000_000, 3000, 0, 2, 1),
      scale(100_000_000, 2000, 16, 3, 0.5),
    ]
  }
  return [
    scale(100_000, 4, 0, 20_000, 20),
    scale(1_000_000, 8, 0, 4000, 20),
    scale(10_000_000, 32, 0, 600, 20),
    scale(100_000_000, 100, 0, 60, 5),
    scale(1_000_000_000, 500, 0, 20, 5),
    scale(1_000_000_000, 1000, 0, 20, 5),
    scale(1_000_000_000, 3000, 0, 5, 2),
    scale(1_000_000_000, 10_000, 0, 3, 1),
    scale(100_000_000, 10_000, 22, 4, 0.5),
    scale(100_000_000, 10_000, 100, 4, 0.5),
    scale(1_000_000_000, 10_000, 22, 1, 0.25),
  ]
}

export function compareScale({ name, input, seconds, warmUpSeconds }: Scale, seed: number, sample: number) {
  const comparisons: Comparison[] = []
  const add = (quantity: string, unit: string, formula: number, simulated: number): void => {
    const differencePercent = formula === 0 && simulated === 0 ? 0 : ((simulated - formula) / formula) * 100
    const verdict = Math.abs(differencePercent) <= WITHIN_PERCENT ? 'within 5 %' : 'off'
    comparisons.push({ scale: name, quantity, unit, formula, simulated, differencePercent, verdict })
  }
  const bound = (quantity: string, unit: string, formula: number, simulated: number): void => {
    const verdict = simulated <= formula ? 'below its bound' : 'off'
    comparisons.push({ scale: name, quantity, unit, formula, simulated, differencePercent: null, verdict })
  }
  const people = peopleOf(input, 'cookie')
  const seen = simulatePeople(people, seed, sample)
  add('live sessions', '', liveSessions(people), seen.liveSessions)
  add('live revocations', '', liveRevocations(people), seen.liveRevocations)
  add('sessions near at hand, a verifier', '', cachedPerVerifier(people), seen.cachedPerVerifier)
  add('rows read', '1/s', readsPerSecond(people), seen.readsPerSecond)
  add('tokens refreshed', '1/s', refreshesPerSecond(people), seen.refreshesPerSecond)

  const plan = fleetOf(input, 'redis')
  const load = fleetLoad(plan)
  const fleet = simulateFleet(plan, { seed: seed + 1, warmUpSeconds, seconds })
  if (load.regime === 'saturated') comparisons.push(saturated(name, load, fleet))
  else {
    const exact = load.regime === 'between' ? bound : add
    exact('commands of the log', '1/s', total(load.commands), total(fleet.commands))
    exact('work of the log', 'processors', load.utilization, fleet.utilization)
    exact('spread, p50', 'ms', load.p50Ms, quantile(fleet.spreadMs, 0.5))
    bound('spread, p99', 'ms', load.p99AtMostMs, quantile(fleet.spreadMs, 0.99))
    add('leases that ended', '', 0, fleet.lapses)
  }
  return { comparisons, load, fleet, oneOf: seen.oneOf }
}

/** What cannot be put off is more than there is time: the queue grows by what is too much. */
function saturated(name: string, load: FleetLoad, fleet: FleetSeen): Comparison {
  return {
    scale: name,
    quantity: 'work of the log',
    unit: 'processors',
    formula: load.unavoidable,
    simulated: fleet.utilization,
    differencePercent: null,
    // The simulation has to say so, too: it is behind at the end, and gets no further.
    verdict: fleet.backlogMs > 0 && fleet.utilization >= 1 ? 'saturated' : 'off',
  }
}

export interface LimitPoint {
  readonly verifiers: number
  readonly revocationsPerSecond: number
  /** Of what the formula says to be the most. */
  readonly part: number
  readonly keptUp: boolean
}

/** Below and above the rate at which one log stops being enough. */
export function limitPoints(quick: boolean, seed: number): readonly LimitPoint[] {
  const fleets = quick ? [300] : [100, 300, 1000, 2000]
  return fleets.flatMap((verifiers) =>
    [0.85, 1.2].map((part): LimitPoint => {
      const plan = fleetOf(inputOf({ users: 1e9, verifiers }), 'redis')
      const revocationsPerSecond = highestRate(plan) * part
      const seconds = quick ? 3 : 10
      const run = { seed, warmUpSeconds: seconds / 2, seconds }
      const { backlogMs, behind } = simulateFleet({ ...plan, revocationsPerSecond }, run)
      const isBehind = Math.max(backlogMs / 1000, behind / revocationsPerSecond) > seconds * 0.1 * (1 + part)
      return { verifiers, revocationsPerSecond, part, keptUp: !isBehind }
    }),
  )
}

/** Points of the formula for the plot. */
export function limitLine(): readonly (readonly [number, number])[] {
  return [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500, 2000, 2500, 3000, 3400].flatMap((verifiers) => {
    const rate = highestRate(fleetOf(inputOf({ users: 1e9, verifiers }), 'redis'))
    return rate >= 1 ? [[verifiers, rate] as const] : []
  })
}

/** The median by formula and simulation, by how many verifiers follow the log, revocations far apart. */
export function spreadPoints(quick: boolean, seed: number) {
  const sizes = quick ? [4, 64] : [4, 16, 64, 256, 1000]
  return sizes.map((verifiers) => {
    const plan = { ...fleetOf(inputOf({ users: 1e6, verifiers }), 'redis'), revocationsPerSecond: 0.2 }
    const { spreadMs } = simulateFleet(plan, { seed, warmUpSeconds: 4, seconds: verifiers > 500 ? 100 : 400 })
    const { p50Ms } = fleetLoad(plan)
    return { verifiers, formulaMs: p50Ms, simulatedMs: quantile(spreadMs, 0.5) }
  })
}

export function total(commands: object): number {
  return Object.values(commands).reduce((sum: number, value: number) => sum + value, 0)
}

export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
