/** Trying again: waiting times double, with jitter, so that a fleet does not come back in step. */
import type { Timers } from './timers.ts'

export interface Retry {
  /** One attempt in a while: between half of the present step and all of it. More calls before it change nothing. */
  soon(): void
  /** It worked: the next step is the first again. */
  succeeded(): void
  cancel(): void
}

export interface RetryOptions {
  readonly timers: Timers
  /** From 0 to below 1. */
  readonly random: () => number
  readonly firstMs: number
  readonly maxMs: number
  readonly attempt: () => void
}

export function createRetry({ timers, random, firstMs, maxMs, attempt }: RetryOptions): Retry {
  let stepMs = firstMs
  let cancelTimer: (() => void) | null = null
  return {
    soon() {
      if (cancelTimer) return
      const waitMs = stepMs * (0.5 + random() / 2)
      stepMs = Math.min(maxMs, stepMs * 2)
      const run = (): void => {
        cancelTimer = null
        attempt()
      }
      cancelTimer = timers.after(waitMs, run, false)
    },
    succeeded() {
      stepMs = firstMs
    },
    cancel() {
      cancelTimer?.()
      cancelTimer = null
    },
  }
}
