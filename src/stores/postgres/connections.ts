/** Connections to one database: a pool for the steps, and one that all short reads share. */
import type { Client } from 'pg'
import type { ClientPool, Query } from './client-pool.ts'
import type { Row } from './columns.ts'
import { loadDriver } from './driver.ts'
import { createLane } from './lane.ts'
import { type Lending, lendFrom } from './lending.ts'

export interface Connections extends Lending {
  /** Behind the reads that are under way, without waiting for their answers. */
  shared(query: Query): Promise<readonly Row[]>
  close(): Promise<void>
}

export interface Opening {
  readonly url: string
  /** How many steps may be under way at a time. */
  readonly connections: number
  readonly connectTimeoutMs: number
}

/** How long `close` lets the server say good-bye. */
const GRACE_MS = 1_000

/** @throws TypeError when `pg` is not installed */
export async function openConnections(opening: Opening): Promise<Connections> {
  const { connections, connectTimeoutMs } = opening
  const { Client, Pool } = await loadDriver()
  const open = new Set<Client>()
  const pool = new Pool({ ...settingsOf(opening), max: connections, idleTimeoutMillis: 30_000 })
  // A connection that breaks while it is idle has left the pool already; whoever needs one next meets the reason.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => open.add(client))
  pool.on('remove', (client) => open.delete(client))
  const lane = createLane(async () => {
    const client = new Client({ ...settingsOf(opening), pipeline: true })
    client.on('error', () => open.delete(client))
    client.on('end', () => open.delete(client))
    await client.connect()
    open.add(client)
    return client
  })
  return {
    ...lendFrom(pool, connectTimeoutMs),
    shared: lane.query,
    async close() {
      const impatience = setTimeout(() => {
        for (const client of open) client.connection.stream.destroy()
      }, GRACE_MS)
      await Promise.all([lane.close(), pool.end()])
      clearTimeout(impatience)
    },
  }
}

/** On a pool of the application's, which it closes itself; no connection of it is shared. */
export function lentConnections(pool: ClientPool, connectTimeoutMs: number): Connections {
  const lending = lendFrom(pool, connectTimeoutMs)
  return { ...lending, shared: lending.alone, close: async () => undefined }
}

/** A connection of its own, for as long as it lasts. @throws whatever keeps it from being made */
export async function openDedicated(opening: Omit<Opening, 'connections'>): Promise<Client> {
  const { Client } = await loadDriver()
  const client = new Client(settingsOf(opening))
  // Until its owner listens: without a listener the first error would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

function settingsOf({ url, connectTimeoutMs }: Omit<Opening, 'connections'>) {
  return {
    connectionString: url,
    fallback_application_name: 'sojourn',
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
  }
}
