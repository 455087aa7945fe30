/** The rule of every attempt counter, over one row: wherever the rows are kept. */
import type { AttemptLimit } from '../accounts/throttle.ts'

/** What is counted of one key. Instants are seconds since 1970. */
export interface AttemptRow {
  readonly attempts: number
  readonly windowEndsAt: number
  /** Until then nothing is let through. */
  readonly opensAt: number
}

/** One attempt. `waitSeconds` above 0: it was not let through, and nothing was counted. */
export function takeAttempt(
  limit: AttemptLimit,
  found: AttemptRow | null,
  now: number,
): { readonly waitSeconds: number; readonly row: AttemptRow } {
  const known = found && shorten(limit, found, now)
  const row = known && !isOver(known, now) ? known : { attempts: 0, windowEndsAt: now + windowOf(limit), opensAt: 0 }
  if (row.opensAt > now) return { waitSeconds: row.opensAt - now, row }
  const attempts = row.attempts + 1
  const over = attempts - limit.free
  return {
    waitSeconds: 0,
    row: { ...row, attempts, opensAt: over >= 0 ? now + delaySeconds(limit, over) : row.opensAt },
  }
}

/** The row without its last attempt. */
export function giveBackAttempt(limit: AttemptLimit, row: AttemptRow): AttemptRow {
  const attempts = Math.max(0, row.attempts - 1)
  return { ...row, attempts, opensAt: attempts < limit.free ? 0 : row.opensAt }
}

/** A wall clock that was set back must not make anybody wait longer than the rule says. */
export function shorten(limit: AttemptLimit, row: AttemptRow, now: number): AttemptRow {
  return {
    ...row,
    windowEndsAt: Math.min(row.windowEndsAt, now + windowOf(limit)),
    opensAt: Math.min(row.opensAt, now + limit.longestDelaySeconds),
  }
}

export function isOver(row: AttemptRow, now: number): boolean {
  return row.windowEndsAt <= now && row.opensAt <= now
}

/** @returns null for anything that is no row */
export function readAttemptRow(attempts: unknown, windowEndsAt: unknown, opensAt: unknown): AttemptRow | null {
  return isCount(attempts) && isCount(windowEndsAt) && isCount(opensAt) ? { attempts, windowEndsAt, opensAt } : null
}

/**
 * One of `buckets` for a key, where there is no room for all keys. They are tags under a secret, so nobody can choose it.
 */
export function bucketOf(key: string, buckets: number): number {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0
  return hash % buckets
}

/** Somebody who pays a delay keeps paying: a window lasts at least until the longest delay is over. */
function windowOf(limit: AttemptLimit): number {
  return Math.max(limit.windowSeconds, limit.longestDelaySeconds)
}

function delaySeconds(limit: AttemptLimit, over: number): number {
  return Math.min(limit.longestDelaySeconds, limit.firstDelaySeconds * 2 ** Math.min(over, 30))
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
