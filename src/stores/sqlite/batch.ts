/** Group commit: writes that wait at the same time share one transaction, each with an outcome of its own. */
import { AuthError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { asStoreError, isBusy } from './errors.ts'
import { assertNotNewer } from './schema.ts'

/** Writes that share one transaction, and so one wait for the disk. */
export const MAX_BATCH = 64

export interface Job {
  readonly deadlineMs: number
  run(connection: Connection): void
  /** Hands out what `run` gave. */
  settle(): void
  fail(error: unknown): void
}

export interface OpenFile {
  connect(): Connection
  /** Closes a connection that can no longer be trusted; the next `connect` opens another. */
  reset(): void
}

export function jobOf<T>(
  step: (connection: Connection) => T,
  deadlineMs: number,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Job {
  let settle = () => {}
  return {
    deadlineMs,
    run(connection) {
      const value = step(connection)
      settle = () => resolve(value)
    },
    settle: () => settle(),
    fail: reject,
  }
}

/** Settles every job of the batch and answers null; or, nothing having changed, the error that says that others hold the lock. */
export function commitBatch(file: OpenFile, batch: readonly Job[], wake: () => void): unknown {
  let connection: Connection
  try {
    connection = file.connect()
    connection.run('BEGIN IMMEDIATE')
  } catch (error) {
    if (isBusy(error)) return error
    for (const job of batch) job.fail(asStoreError(error))
    return null
  }
  connection.appended = false
  const failures = new Map<Job, unknown>()
  try {
    // A newer Sojourn may have migrated the file while we ran.
    assertNotNewer(connection)
    for (const job of batch) runApart(connection, job, failures)
    connection.run('COMMIT')
  } catch (error) {
    rollBack(file, connection)
    if (isBusy(error)) return error
    if (error instanceof AuthError || batch.length === 1) {
      for (const job of batch) job.fail(asStoreError(error))
      return null
    }
    // A full disk or the like took the whole transaction: each on its own, so that none pays for another.
    for (const [index, job] of batch.entries()) {
      const busy = commitBatch(file, [job], wake)
      if (busy !== null) for (const late of batch.slice(index)) late.fail(asStoreError(busy))
      if (busy !== null) break
    }
    return null
  }
  if (connection.appended) wake()
  for (const job of batch) {
    if (failures.has(job)) job.fail(asStoreError(failures.get(job)))
    else job.settle()
  }
  return null
}

/** Runs one job of a shared transaction, so that its failure undoes its own changes only. */
function runApart(connection: Connection, job: Job, failures: Map<Job, unknown>): void {
  const appended = connection.appended
  connection.run('SAVEPOINT job')
  try {
    job.run(connection)
  } catch (error) {
    // SQLite has rolled everything back already (disk full, I/O error): the batch as a whole has failed.
    if (!connection.inTransaction || isBusy(error)) throw error
    connection.run('ROLLBACK TO job')
    connection.appended = appended
    failures.set(job, error)
  }
  connection.run('RELEASE job')
}

function rollBack(file: OpenFile, connection: Connection): void {
  try {
    if (connection.inTransaction) connection.run('ROLLBACK')
  } catch {
    // Closing undoes what a rollback could not; the error that led here is the one to tell.
    file.reset()
  }
}
