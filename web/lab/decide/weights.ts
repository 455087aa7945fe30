/** The weights of the ten dimensions: visible, movable, always 100 in all. */
import type { LineId } from '../claims/lines.ts'

export const DIMENSIONS = [
  'exposure',
  'revocation',
  'staleness',
  'latency',
  'bytes',
  'load',
  'scaling',
  'reach',
  'openings',
  'burden',
] as const
export type Dimension = (typeof DIMENSIONS)[number]
export type Weights = Readonly<Record<Dimension, number>>

export const DIMENSION_LINES: Readonly<Record<Dimension, readonly LineId[]>> = {
  exposure: ['J-1', 'C+1'],
  revocation: ['J-1', 'J-3', 'C+1'],
  staleness: ['J-4', 'C+4'],
  latency: ['J+1', 'J+3', 'C-3'],
  bytes: ['J-2', 'C+3'],
  load: ['C-1', 'C-3', 'J+1'],
  scaling: ['J+2', 'C-2'],
  reach: ['J+4', 'J+5', 'J+6', 'C-4', 'C-6'],
  openings: ['C+2', 'C+5', 'C-5'],
  burden: ['J-5', 'C+6', 'V-1'],
}

const of = (...values: readonly number[]): Weights =>
  Object.fromEntries(DIMENSIONS.map((name, i) => [name, values[i] ?? 0])) as Weights

export const PRESETS = {
  balanced: of(20, 16, 12, 10, 6, 8, 8, 8, 6, 6),
  consumer: of(18, 12, 10, 12, 8, 10, 8, 6, 10, 6),
  business: of(18, 20, 18, 6, 4, 6, 6, 8, 6, 8),
  banking: of(30, 22, 14, 4, 2, 2, 4, 4, 14, 4),
  api: of(18, 12, 10, 14, 10, 10, 10, 12, 0, 4),
  microservices: of(12, 14, 12, 16, 6, 12, 14, 6, 2, 6),
  edge: of(12, 8, 8, 22, 8, 12, 18, 6, 4, 2),
} as const satisfies Readonly<Record<string, Weights>>
export type PresetName = keyof typeof PRESETS

/** Sets one weight; the others give or take in proportion, in whole numbers, so that the sum stays 100. */
export function moveWeight(weights: Weights, name: Dimension, to: number): Weights {
  const value = Math.min(100, Math.max(0, Math.round(to)))
  const others = DIMENSIONS.filter((dimension) => dimension !== name)
  const before = others.reduce((sum, other) => sum + weights[other], 0)
  const exact = others.map((other) => (before === 0 ? 1 / others.length : weights[other] / before) * (100 - value))
  const whole = exact.map(Math.floor)
  let left = 100 - value - whole.reduce((sum, part) => sum + part, 0)
  const byRest = exact
    .map((part, i) => [part - Math.floor(part), i] as const)
    .sort((a, b) => b[0] - a[0] || a[1] - b[1])
  for (const [, i] of byRest) if (left-- > 0) whole[i] = (whole[i] ?? 0) + 1
  const moved = others.map((other, i) => [other, whole[i] ?? 0] as const)
  return { ...weights, ...Object.fromEntries(moved), [name]: value }
}
