/** The tables, as numbered migrations. A released migration never changes; a new need is a new number. */
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import type { Connection, Value } from './connection.ts'

/** 'SJRN' in SQLite's header, so that `file` and we know whose database it is. */
const APPLICATION_ID = 0x534a524e

type Migration = readonly (readonly [sql: string, ...values: Value[]])[]

const MIGRATIONS: readonly (() => Migration)[] = [version1, version2]

export const SCHEMA_VERSION = MIGRATIONS.length

/** @throws AuthError `store.version` when a newer Sojourn has written the file, also while we run */
export function assertNotNewer(connection: Connection): void {
  const version = userVersion(connection)
  if (version <= SCHEMA_VERSION) return
  throw new AuthError(
    'store.version',
    `the database has schema version ${version}, this Sojourn knows up to ${SCHEMA_VERSION}: start the newer Sojourn, or restore a backup`,
  )
}

/** @throws AuthError `store.version`; `store.corrupt` when the file is another program's database */
export function assertOurs(connection: Connection): void {
  // One statement, so one snapshot: another process may be making the tables right now.
  const file = connection.get(
    'SELECT (SELECT application_id FROM pragma_application_id) AS owner, (SELECT count(*) FROM sqlite_schema) AS tables',
  )
  if (file?.owner !== APPLICATION_ID && file?.tables !== 0) {
    throw new AuthError('store.corrupt', 'it is the database of another program')
  }
  assertNotNewer(connection)
}

/** Runs what is missing, all in one transaction, so that a crash leaves the old version whole. */
export function migrate(connection: Connection): void {
  if (userVersion(connection) === SCHEMA_VERSION) return
  connection.run('BEGIN IMMEDIATE')
  try {
    // Another process may have been first.
    assertOurs(connection)
    for (const migration of MIGRATIONS.slice(userVersion(connection))) {
      for (const [sql, ...values] of migration()) connection.run(sql, ...values)
    }
    connection.run(`PRAGMA user_version = ${SCHEMA_VERSION}`)
    connection.run('COMMIT')
  } catch (error) {
    if (connection.inTransaction) connection.run('ROLLBACK')
    throw error
  }
}

function userVersion(connection: Connection): number {
  return Number(Object.values(connection.get('PRAGMA user_version') ?? {})[0])
}

function version1(): Migration {
  return [
    [`PRAGMA application_id = ${APPLICATION_ID}`],
    [
      `CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        incarnation TEXT NOT NULL,
        head INTEGER NOT NULL,
        floor INTEGER NOT NULL
      ) STRICT`,
    ],
    ['INSERT INTO state (id, incarnation, head, floor) VALUES (1, ?, 0, 0)', randomId()],
    [
      // "key" is ANY: an id that came from outside is logged even when it is no proper text.
      `CREATE TABLE log (
        position INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key ANY,
        event TEXT NOT NULL,
        until INTEGER NOT NULL
      ) STRICT`,
    ],
    [
      `CREATE TABLE members (
        id TEXT PRIMARY KEY,
        renewals INTEGER NOT NULL,
        acked INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
    ],
    [
      `CREATE TABLE subjects (
        subject TEXT PRIMARY KEY,
        generation INTEGER NOT NULL,
        dead_below INTEGER NOT NULL,
        stale_below INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID`,
    ],
    [
      `CREATE TABLE sessions (
        id TEXT NOT NULL PRIMARY KEY,
        secret_hash TEXT,
        subject TEXT,
        mode TEXT NOT NULL,
        generation INTEGER NOT NULL,
        floor INTEGER NOT NULL,
        version INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        last_seen_at INTEGER NOT NULL,
        idle_timeout_seconds INTEGER NOT NULL,
        absolute_expires_at INTEGER NOT NULL,
        details TEXT NOT NULL
      ) STRICT`,
    ],
    ['CREATE INDEX sessions_by_subject ON sessions (subject, created_at, id) WHERE subject IS NOT NULL'],
    [
      `CREATE TABLE families (
        id TEXT NOT NULL PRIMARY KEY,
        session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
        floor INTEGER NOT NULL,
        step INTEGER NOT NULL,
        secret_hash TEXT NOT NULL,
        previous_hash TEXT,
        rotated_at INTEGER,
        sealed_successor TEXT,
        created_at INTEGER NOT NULL,
        details TEXT NOT NULL
      ) STRICT`,
    ],
    [
      `CREATE TABLE accounts (
        id TEXT NOT NULL PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        password_hash TEXT NOT NULL,
        claims TEXT NOT NULL,
        must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
        created_at INTEGER NOT NULL,
        version INTEGER NOT NULL
      ) STRICT`,
    ],
    [
      `CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor TEXT NOT NULL,
        subject TEXT,
        session_id TEXT,
        address TEXT,
        detail TEXT NOT NULL
      ) STRICT`,
    ],
    [
      `CREATE TABLE records (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        version INTEGER NOT NULL,
        expires_at INTEGER,
        PRIMARY KEY (kind, key)
      ) STRICT, WITHOUT ROWID`,
    ],
  ]
}

/** Nothing that runs at every request or every minute may look at each row of a large table. */
function version2(): Migration {
  return [
    [
      `ALTER TABLE sessions ADD COLUMN expires_at INTEGER
        GENERATED ALWAYS AS (min(last_seen_at + idle_timeout_seconds, absolute_expires_at)) VIRTUAL`,
    ],
    ['CREATE INDEX sessions_by_expiry ON sessions (expires_at)'],
    ['CREATE INDEX sessions_by_floor ON sessions (floor)'],
    ['CREATE INDEX families_by_floor ON families (floor)'],
    ["CREATE INDEX log_by_token ON log (key) WHERE kind = 'token'"],
    ['CREATE INDEX audit_by_subject ON audit (subject) WHERE subject IS NOT NULL'],
    ['CREATE INDEX audit_by_session ON audit (session_id) WHERE session_id IS NOT NULL'],
    ['CREATE INDEX audit_by_action ON audit (action)'],
    ['CREATE INDEX records_by_expiry ON records (kind, expires_at) WHERE expires_at IS NOT NULL'],
  ]
}
