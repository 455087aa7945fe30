/** Writes that replicas have to confirm: those that wait at the same time share one WAIT, on the connection that wrote. */
import type { Connection, Reply } from './connection.ts'
import { unavailable } from './errors.ts'

export interface Confirmed {
  /** There are replicas to wait for. */
  readonly isNeeded: boolean
  /** Runs `write` on the connection; resolves once so many replicas have what it wrote. */
  run(connection: Connection, write: () => Promise<Reply>): Promise<Reply>
}

interface Job {
  readonly write: () => Promise<Reply>
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}

const LARGEST_BATCH = 500

/** @param doubt is told of a connection on which too few have confirmed */
export function createConfirmed(
  replicas: number,
  timeoutMs: number,
  doubt: (connection: Connection) => void,
): Confirmed {
  const queues = new WeakMap<Connection, Job[]>()

  const commit = async (connection: Connection, batch: readonly Job[]): Promise<void> => {
    const writes = batch.map(({ write }) => write())
    const waiting = connection.send(['WAIT', String(replicas), String(Math.ceil(timeoutMs / 2))])
    const [confirmed, ...replies] = await Promise.allSettled([waiting, ...writes])
    const enough = confirmed.status === 'fulfilled' && Number(confirmed.value) >= replicas
    if (!enough) doubt(connection)
    for (const [i, job] of batch.entries()) {
      const reply = replies[i]
      if (reply?.status !== 'fulfilled') job.reject(reply?.reason)
      else if (enough) job.resolve(reply.value)
      else job.reject(unavailable('not all replicas have confirmed the write', confirmed))
    }
  }

  const drain = async (connection: Connection, queue: Job[]): Promise<void> => {
    while (queue.length > 0) await commit(connection, queue.splice(0, LARGEST_BATCH))
    queues.delete(connection)
  }

  return {
    isNeeded: replicas > 0,
    run(connection, write) {
      if (replicas === 0) return write()
      return new Promise((resolve, reject) => {
        const job = { write, resolve, reject }
        const queue = queues.get(connection)
        if (queue) {
          queue.push(job)
          return
        }
        const started = [job]
        queues.set(connection, started)
        void drain(connection, started)
      })
    },
  }
}
