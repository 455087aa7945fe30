/** One connection that all short reads share: each is sent at once, behind those under way, and answered in turn. */
import type { Client } from 'pg'
import type { Query } from './client-pool.ts'
import type { Row } from './columns.ts'

export interface Lane {
  query(query: Query): Promise<readonly Row[]>
  close(): Promise<void>
}

/** @param open  makes a connection that pipelines; when one breaks, the next read opens another */
export function createLane(open: () => Promise<Client>): Lane {
  let current: Promise<Client> | null = null

  const connect = (): Promise<Client> => {
    const opening = open()
    const forget = (): void => {
      if (current === opening) current = null
    }
    opening.then((client) => client.on('error', forget).on('end', forget), forget)
    return opening
  }
  return {
    async query(query) {
      current ??= connect()
      const client = await current
      return (await client.query<Row>(query)).rows
    },
    async close() {
      const closing = current
      current = null
      // One that could not be opened is closed.
      const client = await closing?.catch(() => null)
      await client?.end()
    },
  }
}
