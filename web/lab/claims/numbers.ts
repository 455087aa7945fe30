/** The numbers of the cards, each out of a result file. */
import numbers from './numbers.json' with { type: 'json' }

export type NumberName = keyof typeof numbers

export interface ShownNumber {
  readonly value: number
  readonly unit: string
  readonly how: string
  /** The result file. */
  readonly source: string
  /** Of a benchmark; a count that is the same each time has none. */
  readonly date: string | null
}

export const NUMBERS: Readonly<Record<NumberName, ShownNumber>> = numbers
