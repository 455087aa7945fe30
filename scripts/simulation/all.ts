/** The whole run: every scale, the limit of one log, the plots. */
import { stepCosts } from '../../src/capacity/input.ts'
import type { StepCosts } from '../../src/capacity/spread.ts'
import type { Plot } from './plot.ts'
import {
  type Comparison,
  compareScale,
  type LimitPoint,
  limitLine,
  limitPoints,
  scales,
  spreadPoints,
} from './scales.ts'

export interface SimulationResult {
  readonly seed: number
  readonly quick: boolean
  /** Of Redis, as measured when this was run. */
  readonly costs: StepCosts
  readonly comparisons: readonly Comparison[]
  /** Of each scale: its regime, and one session of how many was simulated. */
  readonly scales: readonly { readonly scale: string; readonly regime: string; readonly oneOf: number }[]
  readonly limits: readonly LimitPoint[]
  readonly plots: Readonly<Record<string, Plot>>
}

export function simulateAll(quick: boolean, seed: number, progress: (text: string) => void): SimulationResult {
  const comparisons: Comparison[] = []
  const regimes: SimulationResult['scales'][number][] = []
  for (const [i, scale] of scales(quick).entries()) {
    progress(scale.name)
    const { comparisons: mine, load, oneOf } = compareScale(scale, seed * 1000 + i * 10, quick ? 40_000 : 200_000)
    comparisons.push(...mine.map(rounded))
    regimes.push({ scale: scale.name, regime: load.regime, oneOf })
  }
  progress('the limit of one log')
  const limits = limitPoints(quick, seed)
  const spread = spreadPoints(quick, seed)
  const note = `Seed ${seed}; constants of Redis as measured (docs/guides/capacity.md)`
  const plots: Readonly<Record<string, Plot>> = {
    'capacity-one-log': {
      title: 'One log on Redis: how many revocations a second it carries',
      x: 'verifiers that follow it',
      y: 'revocations a second',
      note,
      series: [
        { label: 'formula: enough below', kind: 'line', color: 0, points: limitLine() },
        { label: 'simulated: keeps up', kind: 'points', color: 0, points: pointsOf(limits, true) },
        { label: 'simulated: falls behind', kind: 'crosses', color: 3, points: pointsOf(limits, false) },
      ],
    },
    'capacity-spread': {
      title: 'Until every verifier has a revocation, when they are far apart: the median',
      x: 'verifiers that follow the log',
      y: 'milliseconds',
      note,
      series: [
        { label: 'formula', kind: 'line', color: 0, points: spread.map((one) => [one.verifiers, one.formulaMs]) },
        { label: 'simulated', kind: 'points', color: 2, points: spread.map((one) => [one.verifiers, one.simulatedMs]) },
      ],
    },
  }
  return { seed, quick, costs: stepCosts('redis'), comparisons, scales: regimes, limits, plots }
}

function pointsOf(limits: readonly LimitPoint[], keptUp: boolean): readonly (readonly [number, number])[] {
  return limits
    .filter((point) => point.keptUp === keptUp)
    .map(({ verifiers, revocationsPerSecond }) => [verifiers, revocationsPerSecond])
}

function rounded(row: Comparison): Comparison {
  const of = (value: number): number => Number(value.toPrecision(6))
  const { formula, simulated, differencePercent } = row
  return {
    ...row,
    formula: of(formula),
    simulated: of(simulated),
    differencePercent: differencePercent === null ? null : of(differencePercent),
  }
}
