/** Where a recommendation can be seen at work: the columns of Compare that come closest to it, and the exercise that tries it. */
import type { ExerciseName } from '../../attacks/names.ts'
import type { Decision } from '../../decide/decide.ts'
import { type OptionId, optionOf } from '../../decide/options.ts'
import { LIMITS } from '../../sim/limits.ts'
import type { ModeName } from '../../sim/modes.ts'
import type { CompareSettings } from '../compare/settings.ts'

/** Null: its work is across hosts, which Compare does not have. */
const COLUMNS: Readonly<Record<OptionId, ModeName | null>> = {
  'session-memory': 'sojourn-cookie',
  'session-lookup': 'cookie',
  'session-bound': 'sojourn-cookie',
  'session-cache-5': 'cached',
  'session-cache-60': 'cached',
  sealed: 'jwt',
  'script-pair': 'jwt',
  'browser-long': 'jwt',
  'same-session': 'sojourn-cookie',
  'edge-600': 'bff',
  'edge-60': 'bff',
  'edge-feed': 'sojourn-token',
  'edge-question': 'denylist',
  'edge-list': 'bff',
  'services-long': 'jwt',
  'pair-600': 'jwt',
  'pair-60': 'jwt',
  'pair-feed': 'sojourn-token',
  'pair-lookup': 'denylist',
  'pair-bound': 'sojourn-token',
  'native-cookie': 'cookie',
  'native-long': 'jwt',
  'one-host': 'cookie',
  'own-session-each': null,
}
/** What is put beside a recommendation that needs fewer than three columns. */
const BESIDE: readonly ModeName[] = ['jwt', 'cookie', 'sojourn-token']

const within = ([least, most]: readonly [number, number], value: number): number =>
  Math.round(Math.min(Math.max(value, least), most))

const chosenOf = ({ legs }: Decision): readonly OptionId[] =>
  legs.flatMap(({ chosen }) => (chosen === null ? [] : [chosen]))

/** The recommendation in the first columns, as large as a device can simulate it. */
export function comparisonOf(decision: Decision): Partial<CompareSettings> {
  const { facts } = decision
  const chosen = chosenOf(decision)
  const own = chosen.flatMap((id) => COLUMNS[id] ?? [])
  const [one = 'cookie', two = 'jwt', three = 'none'] = [...new Set([...own, ...BESIDE])]
  const lives = chosen.map((id) => optionOf(id)).filter(({ carrier }) => carrier === 'bearer' || carrier === 'script')
  const life = Math.min(...lives.flatMap(({ lifeSeconds }) => lifeSeconds ?? []))
  return {
    scenario: facts.roleSeconds < facts.revokeSeconds ? 'role-removed' : 'revoke-one',
    one,
    two,
    three,
    instances: within(LIMITS.instances, facts.instances),
    requests: within(LIMITS.requestsPerSecond, facts.requestsPerSecond),
    rtt: within(LIMITS.rttMs, facts.tripMs ?? 0),
    ...(Number.isFinite(life) ? { life: within(LIMITS.tokenMinutes, life / 60) } : {}),
    open: facts.outageSeconds > 0,
  }
}

/** The exercise that tries the weakest point of what is recommended. */
export function exerciseOf(decision: Decision): ExerciseName {
  const chosen = chosenOf(decision).map((id) => optionOf(id))
  if (chosen.some(({ carrier }) => carrier === 'script')) return 'script-injection'
  if (chosen.some(({ credential }) => credential === 'pair')) return 'refresh-reuse'
  if (chosen.some(({ credential }) => credential === 'code')) return 'cross-jwt'
  if (chosen.some(({ carrier }) => carrier === 'bearer')) return 'stolen-token'
  return decision.facts.known.q2 === 'subdomains' ? 'planted-cookie' : 'forged-request'
}
