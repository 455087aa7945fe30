/** What becomes of the calls to the store: counted, and whether its writes go through. */
import { isAuthError } from '../errors.ts'
import type { Store } from '../login/store.ts'
import type { Metrics } from './metrics.ts'
import { currentRequest } from './request-context.ts'

export interface StoreCalls {
  /** For `storeWithDeadline`. */
  ended(call: string, error: unknown): void
  /**
   * Whether writes go through, as far as is known: one that failed is remembered until another has succeeded, which is tried
   * here. @throws whatever a write of our own throws
   */
  tryWriting(store: Store, now: number): Promise<void>
}

const READS = /\.(find\w*|list\w*|count\w*|read\w*|judge|subject|floor|members|ping)$/
/** Small writes in place, or of what has expired: a full disk often takes them still. They prove nothing. */
const HOUSEKEEPING = /\.(renew|ack|leave|reap|settle|prune|deleteExpired|touch)$/
const PROBE_BYTES = 16 * 1024
const PROBE_SECONDS = 3600

export function createStoreCalls(metrics: Pick<Metrics, 'storeCall'>): StoreCalls {
  let isFailing = false
  let probing: Promise<void> | null = null

  const probe = async (store: Store, now: number): Promise<void> => {
    try {
      // Its end is told to `ended`, as that of every other write.
      await store.records('readiness').put('probe', 'x'.repeat(PROBE_BYTES), now + PROBE_SECONDS, now)
    } finally {
      probing = null
    }
  }

  return {
    ended(call, error) {
      const context = currentRequest()
      metrics.storeCall(call.replace(/\(.*\)/, ''), context && !context.isAnswered ? 'request' : 'background', !error)
      if (READS.test(call) || HOUSEKEEPING.test(call)) return
      if (isAuthError(error, 'store.unavailable')) isFailing = true
      else if (error === undefined) isFailing = false
    },
    async tryWriting(store, now) {
      if (!isFailing) return
      probing ??= probe(store, now)
      await probing
    },
  }
}
