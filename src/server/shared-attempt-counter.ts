/** Attempt counters that all servers of a fleet share: rows in the store's records, each step a compare-and-set. */
import type { AttemptCounter, AttemptLimit } from '../accounts/throttle.ts'
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { Records, StoredRecord } from '../records.ts'
import { type AttemptRow, bucketOf, giveBackAttempt, readAttemptRow, takeAttempt } from './attempt-rule.ts'

/** So many rows at most: a flood of keys must not fill the store. Keys that share one wait for each other. */
const BUCKETS = 2 ** 20
/** Of a fleet's servers one wins each time; this process asks for a key once at a time. */
const MOST_TRIES = 60

/** @throws AuthError `store.unavailable` from every method */
export function createSharedAttemptCounter(limit: AttemptLimit, records: Records, clock: Clock): AttemptCounter {
  const tails = new Map<string, Promise<unknown>>()

  const inTurn = <T>(bucket: string, work: () => Promise<T>): Promise<T> => {
    const result = (tails.get(bucket) ?? Promise.resolve()).then(work)
    // Its caller is told of a failure; the next one starts afresh.
    const tail = result.catch(() => undefined)
    tails.set(bucket, tail)
    void tail.then(() => {
      if (tails.get(bucket) === tail) tails.delete(bucket)
    })
    return result
  }

  /** @param change answers the row to write, or null to leave what is there */
  const update = async <T>(
    bucket: string,
    change: (found: AttemptRow | null, now: number) => { readonly row: AttemptRow | null; readonly answer: T },
  ): Promise<T> => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const now = clock.now()
      const stored = await records.find(bucket, now)
      const { row, answer } = change(rowOf(stored), now)
      if (row === null) return answer
      const expiresAt = row.attempts === 0 ? now + 1 : Math.max(row.windowEndsAt, row.opensAt)
      const value = [row.attempts, row.windowEndsAt, row.opensAt]
      if (await records.compareAndSet(bucket, stored?.version ?? null, value, expiresAt, now)) return answer
    }
    throw new AuthError('store.unavailable', 'too many attempts are being counted at once', { retryAfterSeconds: 1 })
  }

  const keyOf = (key: string): string => bucketOf(key, BUCKETS).toString(36)
  return {
    take: (key) =>
      inTurn(keyOf(key), () =>
        update(keyOf(key), (found, now) => {
          const { waitSeconds, row } = takeAttempt(limit, found, now)
          return { row: waitSeconds > 0 ? null : row, answer: waitSeconds }
        }),
      ),
    giveBack: (key) =>
      inTurn(keyOf(key), () =>
        update(keyOf(key), (found) => ({ row: found && giveBackAttempt(limit, found), answer: undefined })),
      ),
    clear: (key) => inTurn(keyOf(key), async () => void (await records.take(keyOf(key), clock.now()))),
  }
}

/** Whatever is no row counts as none: it is written over. */
function rowOf(stored: StoredRecord | null): AttemptRow | null {
  return Array.isArray(stored?.value) ? readAttemptRow(stored.value[0], stored.value[1], stored.value[2]) : null
}
