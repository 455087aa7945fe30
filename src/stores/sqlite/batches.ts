/** Large deletions in small transactions, so that neither other writers nor the event loop wait for all of it. */
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'

const ROWS_PER_TRANSACTION = 1_000

/** @throws TypeError unless it is a whole number from 1 on */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('limit must be a whole number from 1 on')
}

/** Calls `step` with a number of rows until it removes fewer than that, or `limit` are gone; answers how many. */
export async function removeInBatches(
  database: Database,
  limit: number,
  step: (connection: Connection, rows: number) => number,
): Promise<number> {
  checkLimit(limit)
  let removed = 0
  while (removed < limit) {
    const rows = Math.min(ROWS_PER_TRANSACTION, limit - removed)
    const now = await database.write((connection) => step(connection, rows))
    removed += now
    if (now < rows) break
  }
  return removed
}

/** How a column stands to the cursor's value: from the start on, or after it. The empty text comes first of all. */
export function following(cursor: string | null): '>= ?' | '> ?' {
  return cursor === null ? '>= ?' : '> ?'
}
