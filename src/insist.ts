/** A store that did not answer may have done what it was asked. Steps that can be taken again are: a few times. */
import { type Clock, systemClock } from './clock.ts'
import { isAuthError } from './errors.ts'

const PAUSES_MS = [0, 50]
/** A store that takes longer than this to say no is not asked again: whoever waits would wait for that as well. */
const PATIENCE_MS = 1000

/** By whose time it waits: a virtual world has its own. */
export interface Patience {
  readonly clock: Pick<Clock, 'monoMs'>
  pause(ms: number): Promise<void>
}

const REAL: Patience = { clock: systemClock, pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }

/**
 * Takes an idempotent step again while it fails at once with `store.unavailable`, twice at most.
 * @throws whatever the last try threw
 */
export async function insist<T>(step: () => Promise<T>, { clock, pause }: Patience = REAL): Promise<T> {
  const startedMs = clock.monoMs()
  for (const pauseMs of PAUSES_MS) {
    try {
      return await step()
    } catch (error) {
      if (!isAuthError(error, 'store.unavailable') || clock.monoMs() - startedMs > PATIENCE_MS) throw error
      if (pauseMs > 0) await pause(pauseMs)
    }
  }
  return step()
}
