/** createPostgresStore: every port on one Postgres database. */
import type { FencingStore } from '../../login/fence.ts'
import { createAccounts } from './accounts.ts'
import { createAudit } from './audit.ts'
import { columnsOf } from './columns.ts'
import { type Connections, lentConnections, openConnections, openDedicated } from './connections.ts'
import { createDatabase } from './database.ts'
import { createEndings } from './endings.ts'
import { asStoreError } from './errors.ts'
import { createFamilies } from './families.ts'
import { createFencing } from './fence.ts'
import { oneOf } from './log.ts'
import { SCHEMA_VERSION } from './migrations.ts'
import { type CheckedOptions, checkOptions, type PostgresStoreOptions } from './options.ts'
import { probeServer } from './probe.ts'
import { createRecords } from './records.ts'
import { createRevocations } from './revocations.ts'
import { prepareSchema } from './schema.ts'
import { createSessions } from './sessions.ts'
import { reading } from './statement.ts'
import { createWatch } from './watch.ts'

export interface PostgresStore extends FencingStore {
  /** What the server says of itself now, and how it is reached. @throws AuthError `store.unavailable` */
  settings(): Promise<Readonly<Record<string, string | number | boolean>>>
}

/**
 * Opens a store in a schema of its own; any number of processes may use it at the same time. Durability D1, with a synchronous
 * standby D3, on a server that does not write through (`fsync`, `full_page_writes`) D0.
 *
 * @throws AuthError `store.version` (a newer Sojourn wrote it), `store.corrupt` (a table of another program has a name of ours),
 *   `store.unavailable` (no server, a standby, too few rights); the message says what is wrong
 * @throws TypeError for options that cannot be meant, and without the package `pg`
 */
export async function createPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const checked = checkOptions(options)
  const connections = checked.pool
    ? lentConnections(checked.pool, checked.connectTimeoutMs)
    : await openConnections({ ...checked, url: checked.url ?? '' })
  try {
    return await openStore(connections, checked)
  } catch (error) {
    await connections.close()
    throw asStoreError(error)
  }
}

async function openStore(connections: Connections, options: CheckedOptions): Promise<PostgresStore> {
  const { schema, timeoutMs, connectTimeoutMs, clock } = options
  const { isPooled } = await probeServer(connections, timeoutMs)
  const channel = `sojourn.${schema}`
  await prepareSchema(connections, { ...options, channel })
  const s = `"${schema}"`
  const database = createDatabase({ connections, prepares: options.prepare ?? !isPooled, timeoutMs, clock })
  const state = reading(`SELECT ${s}.durability() AS durability, head FROM ${s}.state`)
  const readState = async () => {
    const [row] = await database.read(state)
    return {
      head: columnsOf(row ?? {}, 'state').count('head'),
      durability: oneOf(row, 'durability', ['D0', 'D1', 'D3']),
    }
  }
  const listenUrl = options.listenUrl ?? (isPooled ? null : options.url)
  const watch = createWatch({
    channel,
    listen: listenUrl === null ? null : () => openDedicated({ url: listenUrl, connectTimeoutMs }),
    head: async () => (await readState()).head,
    clock,
  })
  const { durability } = await readState()
  const endings = createEndings(database, s)
  const end: typeof endings = async (event, now) => {
    const ended = await endings(event, now)
    watch.wakeAll()
    return ended
  }
  return {
    sessions: createSessions(database, s, end),
    families: createFamilies(database, s),
    revocations: createRevocations(database, s, durability, end, watch),
    accounts: createAccounts(database, s),
    audit: createAudit(database, s),
    records: createRecords(database, s),
    fence: createFencing(s),
    async ping() {
      await readState()
    },
    async settings() {
      const [row] = await database.read(settings)
      const { is_standby, is_found, ...server } = row ?? {}
      const known = Object.entries(server).map(([name, value]) => [name, String(value)] as const)
      return {
        ...Object.fromEntries(known),
        durability: (await readState()).durability,
        schema_version: SCHEMA_VERSION,
        pooled: isPooled,
        listening: watch.isListening,
      }
    },
    async close() {
      watch.close()
      await database.close()
    },
  }
}

const settings = reading(`SELECT current_setting('server_version') AS server_version, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('synchronous_standby_names') AS synchronous_standby_names`)
