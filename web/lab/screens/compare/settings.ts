/** What a link to a comparison carries: names and numbers. */
import { flag, oneOf, whole } from '../../shell/settings.ts'
import { LIMITS } from '../../sim/limits.ts'
import { MODES, type ModeName } from '../../sim/modes.ts'
import type { Setup } from '../../sim/result.ts'
import { SCENARIOS, type ScenarioName } from '../../sim/scenarios.ts'

const number = (bounds: readonly [number, number], preset: number) => whole(bounds[0], bounds[1], preset)

export const SHAPE = {
  scenario: oneOf(SCENARIOS, 'revoke-one'),
  one: oneOf(MODES, 'cookie'),
  two: oneOf(MODES, 'jwt'),
  three: oneOf(['none', ...MODES], 'sojourn-token'),
  instances: number(LIMITS.instances, 4),
  users: number(LIMITS.users, 1000),
  requests: number(LIMITS.requestsPerSecond, 50),
  rtt: number(LIMITS.rttMs, 1),
  seed: number(LIMITS.seed, 42),
  life: number(LIMITS.tokenMinutes, 10),
  open: flag(false),
}

export interface CompareSettings {
  readonly scenario: ScenarioName
  readonly one: ModeName
  readonly two: ModeName
  readonly three: ModeName | 'none'
  readonly instances: number
  readonly users: number
  readonly requests: number
  readonly rtt: number
  readonly seed: number
  readonly life: number
  readonly open: boolean
}

export function setupOf(settings: CompareSettings): Setup {
  const { scenario, instances, users, requests, rtt, seed, life, open } = settings
  return {
    scenario,
    instances,
    users,
    requestsPerSecond: requests,
    rttMs: rtt,
    seed,
    tokenMinutes: life,
    failOpen: open,
  }
}

/** Each way once. */
export function modesOf({ one, two, three }: CompareSettings): readonly ModeName[] {
  return [...new Set(three === 'none' ? [one, two] : [one, two, three])]
}
