/** Runs one exercise once, and judges it by the server's book. */
import { createTestClock } from '../../../src/testing/clock.ts'
import { type Answer, type Entry, isHarmed } from './bank.ts'
import type { Exercise, Figure, ServerKind, Who } from './exercise.ts'

export interface Step {
  readonly who: Who
  readonly text: string
  readonly answer: Answer | null
}

export interface Outcome {
  readonly server: ServerKind
  readonly steps: readonly Step[]
  /** The book of the server, after it. */
  readonly book: readonly Entry[]
  /** The attacker got what they came for. */
  readonly harmed: boolean
  /** Codes with which the product refused the attacker, in order, each once. */
  readonly codes: readonly string[]
  readonly figures: readonly Figure[]
}

export interface RunOptions {
  readonly signal?: AbortSignal
  readonly progress?: (done: number) => void
}

const BEGIN = 1_800_000_000

export async function runExercise(
  exercise: Exercise,
  server: ServerKind,
  { signal = new AbortController().signal, progress = () => undefined }: RunOptions = {},
): Promise<Outcome> {
  const steps: Step[] = []
  const figures: Figure[] = []
  const open: { close(): Promise<void> }[] = []
  try {
    const book = await exercise.attack(server, {
      clock: createTestClock({ now: BEGIN }),
      signal,
      progress,
      tell: (who, text, answer) => void steps.push({ who, text, answer: answer ?? null }),
      figure: (name, value, unit, isTiming = false) => void figures.push({ name, value, unit, isTiming }),
      opened(one) {
        open.push(one)
        return one
      },
    })
    const codes = steps.flatMap(({ who, answer }) => (who !== 'alice' && answer?.code ? [answer.code] : []))
    return { server, steps, book: [...book], harmed: isHarmed(book), codes: [...new Set(codes)], figures }
  } finally {
    await Promise.all(open.map((one) => one.close()))
  }
}
