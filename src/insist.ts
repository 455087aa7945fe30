/** A store that did not answer may have done what it was asked. Steps that can be taken again are: a few times. */
import { systemClock } from './clock.ts'
import { isAuthError } from './errors.ts'

const PAUSES_MS = [0, 50]
/** A store that takes longer than this to say no is not asked again: whoever waits would wait for that as well. */
const PATIENCE_MS = 1000

/**
 * Takes an idempotent step again while it fails at once with `store.unavailable`, twice at most.
 * @throws whatever the last try threw
 */
export async function insist<T>(step: () => Promise<T>): Promise<T> {
  const startedMs = systemClock.monoMs()
  for (const pauseMs of PAUSES_MS) {
    try {
      return await step()
    } catch (error) {
      if (!isAuthError(error, 'store.unavailable') || systemClock.monoMs() - startedMs > PATIENCE_MS) throw error
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  return step()
}
