/** Brings the schema up to date: one process at a time, all in one transaction, and nobody else's tables are touched. */
import { AuthError } from '../../errors.ts'
import { type PooledClient, TYPES } from './client-pool.ts'
import type { Row } from './columns.ts'
import type { Connections } from './connections.ts'
import { MIGRATIONS, SCHEMA_VERSION } from './migrations.ts'
import { TABLES } from './tables.ts'

export interface SchemaOptions {
  /** A plain name: lower-case letters, digits and _. */
  readonly schema: string
  readonly channel: string
  /** False: the schema must be there already. */
  readonly migrate: boolean
  readonly timeoutMs: number
}

type Run = (text: string, ...values: unknown[]) => Promise<readonly Row[]>

/**
 * @throws AuthError `store.version` (a newer Sojourn wrote it, or it must be migrated and may not be), `store.corrupt` (a table
 *   of another program has a name of ours), `store.unavailable`
 */
export async function prepareSchema(connections: Connections, options: SchemaOptions): Promise<void> {
  const { schema, channel, migrate } = options
  await connections.session(async (client) => {
    const run = runOn(client, options.timeoutMs)
    if ((await versionOf(run, schema)) === SCHEMA_VERSION) return
    if (!migrate) {
      throw new AuthError(
        'store.version',
        `the schema "${schema}" must be migrated first: start once with migrate: true`,
      )
    }
    // What fails leaves the connection closed, and with it the transaction undone.
    await run('BEGIN ISOLATION LEVEL READ COMMITTED')
    await run('SET LOCAL synchronous_commit = on')
    await run("SELECT pg_advisory_xact_lock(hashtextextended('sojourn/migrate/' || $1, 0))", schema)
    // Another process may have been first.
    const version = await versionOf(run, schema)
    // Asked first, for a role may own its schema without the right to make one.
    const made = await run('SELECT FROM pg_namespace WHERE nspname = $1', schema)
    if (made.length === 0) await run(`CREATE SCHEMA "${schema}"`)
    for (const migration of MIGRATIONS.slice(version ?? 0)) await run(migration(`"${schema}"`, channel))
    await run(
      `INSERT INTO "${schema}".schema_version VALUES ('sojourn', ${SCHEMA_VERSION})
        ON CONFLICT (product) DO UPDATE SET version = EXCLUDED.version`,
    )
    await run('COMMIT')
  })
}

/**
 * null: nothing is there yet. The catalogue is read as tables: names are looked up in a cache of the server process, which
 * knows nothing of what another has made while this one waited for the lock.
 */
async function versionOf(run: Run, schema: string): Promise<number | null> {
  const there = await run(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = ANY ($2) ORDER BY 1`,
    schema,
    TABLES,
  )
  const [first] = there
  if (!first) return null
  const version = await markOf(run, schema)
  if (version === null) {
    throw new AuthError(
      'store.corrupt',
      `the table "${schema}"."${first.name}" belongs to another program: name another schema`,
    )
  }
  if (version > SCHEMA_VERSION) {
    throw new AuthError(
      'store.version',
      `the schema "${schema}" has version ${version}, this Sojourn knows up to ${SCHEMA_VERSION}: start the newer Sojourn, or restore a backup`,
    )
  }
  return version
}

/** The version in our mark; null where there is none, or another program's table has its name. */
async function markOf(run: Run, schema: string): Promise<number | null> {
  const columns = await run(
    `SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relname = 'schema_version' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    schema,
  )
  if (columns.map(({ attname }) => attname).join() !== 'product,version') return null
  const [mark] = await run(`SELECT version FROM "${schema}".schema_version WHERE product = 'sojourn'`)
  return typeof mark?.version === 'number' ? mark.version : null
}

function runOn(client: PooledClient, timeoutMs: number): Run {
  return async (text, ...values) =>
    (await client.query({ text, values, types: TYPES, query_timeout: Math.max(timeoutMs, 30_000) })).rows
}
