/** Rows of the fleet suite. */
import type { Row } from '../report.ts'

export function row(name: string, subject: string, metric: string, unit: string, value: number): Row {
  return { suite: 'fleet', case: name, subject, metric, unit, median: value, min: value, max: value, rounds: 1 }
}

/** The value below which so many of the values lie, 0 to 1. */
export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
