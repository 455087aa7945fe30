/** Transactions on a file that other processes use too: queued in fairness, retried without blocking the event loop. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { AuthError } from '../../errors.ts'
import { commitBatch, type Job, jobOf, MAX_BATCH } from './batch.ts'
import type { Connection } from './connection.ts'
import { asStoreError, isBusy } from './errors.ts'
import { createFileIdentity } from './file-identity.ts'
import { openConnection } from './open.ts'
import { createWatch } from './watch.ts'

export interface Database {
  /** Runs a step that only reads; one statement, for each statement is a snapshot of its own. */
  read<T>(step: (connection: Connection) => T): Promise<T>
  /** Runs a step in a write transaction; resolves when it is on the disk. A step that throws leaves nothing behind. */
  write<T>(step: (connection: Connection) => T): Promise<T>
  /** Calls `wake` after this process's appends at once, after any other process's commits within 20 ms. */
  watch(wake: () => void): () => void
  /** Lets queued writes finish. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly path: string
  /** How long a call waits for a lock that others hold. */
  readonly busyTimeoutMs: number
  /** Monotonic milliseconds. */
  readonly monoMs: () => number
}

/** @throws AuthError as `openConnection`; a file that is busy right now is opened by the first call instead */
export function openDatabase(options: DatabaseOptions): Database {
  const { path, busyTimeoutMs, monoMs } = options
  const queue: Job[] = []
  let connection: Connection | null = null
  let draining: Promise<void> | null = null
  let closed = false
  const identity = createFileIdentity(path)

  const connect = (): Connection => {
    // First, so that no new file is made in the place of one that was open.
    identity.check()
    if (connection === null) {
      connection = openConnection(path)
      identity.remember()
    }
    return connection
  }
  const file = {
    connect,
    reset() {
      const broken = connection
      connection = null
      broken?.close()
    },
  }
  const watch = createWatch(connect)
  try {
    connect()
  } catch (error) {
    if (!isBusy(error)) throw error
  }

  /** Takes jobs off the queue until it is empty; a lock held by others is waited for between turns of the event loop. */
  const drain = async (): Promise<void> => {
    for (let tries = 0; queue.length > 0; ) {
      await nextTurn()
      const batch = queue.slice(0, MAX_BATCH)
      const busy = commitBatch(file, batch, watch.wakeAll)
      if (busy === null) {
        queue.splice(0, batch.length)
        tries = 0
        continue
      }
      while (queue[0] && monoMs() >= queue[0].deadlineMs) queue.shift()?.fail(asStoreError(busy))
      if (queue.length > 0) await sleep(backOffMs(tries++))
    }
    draining = null
  }

  return {
    async read(step) {
      const deadlineMs = monoMs() + busyTimeoutMs
      for (let tries = 0; ; tries++) {
        if (closed) throw closedError()
        try {
          return step(connect())
        } catch (error) {
          if (!isBusy(error) || monoMs() >= deadlineMs) throw asStoreError(error)
        }
        await sleep(backOffMs(tries))
      }
    },

    write(step) {
      if (closed) return Promise.reject(closedError())
      return new Promise((resolve, reject) => {
        queue.push(jobOf(step, monoMs() + busyTimeoutMs, resolve, reject))
        draining ??= drain()
      })
    },

    watch: watch.add,

    async close() {
      closed = true
      watch.stop()
      await draining
      connection?.close()
      connection = null
    },
  }
}

/** Short at first, at most about 25 ms, and never the same for two processes. */
function backOffMs(tries: number): number {
  return 1 + Math.random() * Math.min(24, 2 ** tries)
}

function closedError(): AuthError {
  return new AuthError('store.unavailable', 'the store has been closed')
}
