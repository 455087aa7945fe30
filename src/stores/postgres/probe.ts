/** What the server and the way to it are like, read once when a store is opened. */
import { AuthError } from '../../errors.ts'
import { TYPES } from './client-pool.ts'
import type { Connections } from './connections.ts'

const OLDEST = 140_000

export interface Server {
  /** Behind a pooler in transaction mode one statement may meet another server process than the next. */
  readonly isPooled: boolean
}

/** @throws AuthError `store.unavailable` for a server that cannot serve as a store */
export async function probeServer(connections: Connections, timeoutMs: number): Promise<Server> {
  return connections.session(async (client) => {
    const text = `SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS is_standby,
      current_setting('server_version_num')::int AS version, current_setting('default_transaction_isolation') AS isolation,
      current_setting('default_transaction_read_only') AS read_only, current_setting('server_encoding') AS encoding`
    const { rows } = await client.query({ text, values: [], types: TYPES, query_timeout: timeoutMs })
    const row = rows[0] ?? {}
    const refuse = (why: string) => new AuthError('store.unavailable', `the database ${why}`)
    if (row.is_standby !== false) throw refuse('is a standby: connect to the primary')
    if (!(Number(row.version) >= OLDEST)) throw refuse('is older than Postgres 14')
    if (row.encoding !== 'UTF8') throw refuse(`must be in UTF8, but is in ${row.encoding}`)
    if (row.read_only !== 'off') throw refuse('is read-only for this role (default_transaction_read_only)')
    if (row.isolation !== 'read committed') {
      throw refuse('must have default_transaction_isolation = "read committed" for this role: ALTER ROLE ... SET')
    }
    return { isPooled: !('processID' in client) || client.processID !== row.pid }
  })
}
