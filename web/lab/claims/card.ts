/** A card: whether a line still holds with Sojourn, why, one number, where to see it, and the test behind it. */
import type { ScreenName } from '../shell/screen.ts'
import type { NumberName } from './numbers.ts'

export const VERDICTS = ['holds', 'holds if', 'no longer'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Card {
  readonly verdict: Verdict
  readonly why: string
  /** Of a result file; never typed in here. */
  readonly number: NumberName
  /** What is shown: a screen of the Lab, with its settings, and a document. */
  readonly screen: ScreenName
  readonly settings?: string
  readonly document: string
  /** What Decide does with it. */
  readonly use: string
  readonly test: readonly [file: string, title: string]
}
