/**
 * An append counts its `until` from a time that was read before it. A process that is paused in between would append an entry
 * that the log forgets while tokens which it covers still live: such an append is made again (rule M6 of model/mint.pml).
 */
import type { Clock } from '../clock.ts'

/** What the log keeps beyond the longest life and the skew of both clocks (`KEEP_SECONDS`), less the rounding of seconds. */
const MARGIN_MS = 55_000

/**
 * Takes a step that appends, and takes `again` until one of them took no longer than the log's margin.
 *
 * @param step reads the clock for `until` itself
 * @param again is given what came before; by default the same step, which then must be one that can be taken twice
 */
export async function inTime<T>(
  clock: Clock,
  step: () => Promise<T>,
  again: (last: T) => Promise<T> = step,
): Promise<T> {
  let isLate = lateness(clock)
  let result = await step()
  while (isLate()) {
    isLate = lateness(clock)
    result = await again(result)
  }
  return result
}

/** By either clock: the monotonic one may stand still while the machine sleeps. */
function lateness(clock: Clock): () => boolean {
  const wallMs = clock.wallMs()
  const monoMs = clock.monoMs()
  return () => clock.wallMs() - wallMs > MARGIN_MS || clock.monoMs() - monoMs > MARGIN_MS
}
