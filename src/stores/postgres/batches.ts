/** Large deletions in small transactions, so that nobody waits for all of it. */
import { columnsOf } from './columns.ts'
import type { Database } from './database.ts'
import type { Statement, Value } from './statement.ts'

const ROWS_PER_TRANSACTION = 1_000

/** @throws TypeError unless it is a whole number from 1 on */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('limit must be a whole number from 1 on')
}

/**
 * Takes `step` with a number of rows, behind `values`, until it removes fewer than that, or `limit` are gone; answers how many.
 * @param step  its one column `removed` says how many rows are gone
 */
export async function removeInBatches(
  database: Database,
  limit: number,
  step: Statement,
  ...values: readonly Value[]
): Promise<number> {
  checkLimit(limit)
  let removed = 0
  while (removed < limit) {
    const rows = Math.min(ROWS_PER_TRANSACTION, limit - removed)
    const now = columnsOf((await database.step(step, ...values, rows)) ?? {}, 'a batch').count('removed')
    removed += now
    if (now < rows) break
  }
  return removed
}
