/** Connections out of a pool, each for one caller at a time, and never waited for without end. */

import type { ClientPool, PooledClient, Query } from './client-pool.ts'
import type { Row } from './columns.ts'
import { isBroken } from './errors.ts'

export interface Lending {
  /** One query on a connection of its own, which others cannot hold up. */
  alone(query: Query): Promise<readonly Row[]>
  /** Several queries on one connection, which is closed when `work` fails. */
  session<T>(work: (client: PooledClient) => Promise<T>): Promise<T>
}

export function lendFrom(pool: ClientPool, waitMs: number): Lending {
  const watched = new WeakSet<PooledClient>()
  const doubtful = new WeakSet<PooledClient>()

  const lend = async (): Promise<PooledClient> => {
    const client = await within(pool.connect(), waitMs)
    if (!watched.has(client)) {
      watched.add(client)
      // Whoever has borrowed it learns of its end by the query that fails; unheard, the event would end the process.
      client.on('error', () => undefined)
      // The one warning that our steps can meet: a commit that did not wait for its synchronous standby after all.
      client.on('notice', ({ severity }) => severity === 'WARNING' && doubtful.add(client))
    }
    return client
  }
  return {
    async alone(query) {
      const client = await lend()
      let isLost = true
      try {
        const { rows } = await client.query(query)
        if (doubtful.has(client)) throw new Error('the commit may not have reached the standby')
        isLost = false
        return rows
      } catch (error) {
        isLost = isBroken(error)
        throw error
      } finally {
        client.release(isLost)
      }
    },

    async session(work) {
      const client = await lend()
      let isLost = true
      try {
        const answer = await work(client)
        isLost = false
        return answer
      } finally {
        client.release(isLost)
      }
    },
  }
}

/** A connection that comes too late goes back to its pool. */
function within(lending: Promise<PooledClient>, waitMs: number): Promise<PooledClient> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      reject(new Error('no connection came free in time'))
    }, waitMs)
    lending.then(
      (client) => {
        clearTimeout(timer)
        if (isLate) client.release()
        else resolve(client)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
