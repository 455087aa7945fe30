/** Points of 100: weight times utility in each dimension; a utility is worked out from a cost, never given. */
import { ASSUMED } from './constants.ts'
import { type Cost, costOf } from './costs.ts'
import type { Facts } from './facts.ts'
import { lightness, safety, spare, withinWish } from './formulas.ts'
import type { OptionId } from './options.ts'
import { DIMENSIONS, type Dimension, type Weights } from './weights.ts'

const MOST_OPENINGS = 4
const MOST_PARTS = 10

export function utilities(cost: Cost, facts: Facts): Readonly<Record<Dimension, number>> {
  // One instance shares nothing; each doubling makes the sharing matter more.
  const sharing = Math.min(1, Math.log2(facts.instances) / 5)
  return {
    exposure: safety(cost.exposureSeconds),
    revocation: withinWish(cost.revokeSeconds + cost.spreadSeconds, facts.revokeSeconds),
    staleness: withinWish(cost.staleSeconds + cost.spreadSeconds, facts.roleSeconds),
    latency: spare(cost.latencyMs, facts.budgetMs),
    bytes: spare(cost.bytes, ASSUMED.headerBudgetBytes.value / 4),
    load: lightness(cost.readsPerSecond + cost.writesPerSecond),
    scaling: (spare(cost.coupling * sharing, 1) + (1 - cost.stopsWithStore)) / 2,
    reach: cost.served,
    openings: spare(cost.openings, MOST_OPENINGS),
    burden: spare(cost.parts, MOST_PARTS),
  }
}

export interface Score {
  readonly total: number
  readonly points: Readonly<Record<Dimension, number>>
}

export function scoreOf(id: OptionId, facts: Facts, weights: Weights): Score {
  const useful = utilities(costOf(id, facts), facts)
  const points = Object.fromEntries(DIMENSIONS.map((name) => [name, weights[name] * useful[name]])) as Score['points']
  return { total: DIMENSIONS.reduce((sum, name) => sum + points[name], 0), points }
}
