/** Attempt counters in this process's memory: bounded, under the injected clock, and kept over a restart. */
import type { AttemptCounter, AttemptLimit } from '../accounts/throttle.ts'
import type { Clock } from '../clock.ts'
import type { Json } from '../json.ts'
import {
  type AttemptRow,
  bucketOf,
  giveBackAttempt,
  isOver,
  readAttemptRow,
  shorten,
  takeAttempt,
} from './attempt-rule.ts'

/** Beyond this many keys new ones share counters: a flood of keys neither fills the memory nor pushes out what was counted. */
const MOST_KEYS = 100_000
const SHARED_KEYS = 1024
/** What a restart keeps: those who have to wait now, or soon. */
const MOST_KEPT = 5000

export interface KeptAttemptCounter extends AttemptCounter {
  /** Drops what is over. */
  sweep(): void
  /** What is worth keeping over a restart. */
  dump(): Json
  /** Takes a dump back; whatever is ill-formed in it is left out. */
  restore(dump: Json): void
  /** How many keys are held. */
  readonly size: number
}

/** Every step runs to its end without a wait, so that a burst of attempts cannot slip between looking and counting. */
export function createAttemptCounter(limit: AttemptLimit, clock: Clock): KeptAttemptCounter {
  const rows = new Map<string, AttemptRow>()
  let sweptAt = 0
  const sweep = (): void => {
    const now = clock.now()
    sweptAt = now
    for (const [key, row] of rows) if (isOver(row, now)) rows.delete(key)
  }

  /** The key itself or, when there are too many, one that it shares. */
  const slot = (key: string): string => {
    if (rows.has(key)) return key
    // Once a second at most: a flood must not buy a walk over all rows with every key.
    if (rows.size >= MOST_KEYS && clock.now() !== sweptAt) sweep()
    return rows.size < MOST_KEYS ? key : `shared ${bucketOf(key, SHARED_KEYS)}`
  }

  return {
    async take(given) {
      const now = clock.now()
      const key = slot(given)
      const { waitSeconds, row } = takeAttempt(limit, rows.get(key) ?? null, now)
      rows.set(key, row)
      return waitSeconds
    },
    async giveBack(given) {
      const key = slot(given)
      const row = rows.get(key)
      if (!row) return
      const left = giveBackAttempt(limit, row)
      if (left.attempts > 0) rows.set(key, left)
      else rows.delete(key)
    },
    async clear(given) {
      rows.delete(slot(given))
    },
    sweep,
    dump() {
      const now = clock.now()
      return [...rows]
        .filter(([, row]) => !isOver(row, now) && row.attempts * 2 >= limit.free)
        .slice(-MOST_KEPT)
        .map(([key, row]) => [key, row.attempts, row.windowEndsAt, row.opensAt])
    },
    restore(dump) {
      const now = clock.now()
      for (const item of Array.isArray(dump) ? dump.slice(0, MOST_KEPT) : []) {
        const [key, attempts, ends, closed] = Array.isArray(item) ? item : []
        const read = readAttemptRow(attempts, ends, closed)
        if (typeof key !== 'string' || !read) continue
        const row = shorten(limit, read, now)
        if (!isOver(row, now)) rows.set(key, row)
      }
    },
    get size() {
      return rows.size
    },
  }
}
