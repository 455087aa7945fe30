/** createSqliteStore: every port on one SQLite file. */
import { resolve } from 'node:path'
import { type Clock, systemClock } from '../../clock.ts'
import type { Store } from '../../login/store.ts'
import { createAccounts } from './accounts.ts'
import { createAudit } from './audit.ts'
import type { Value } from './connection.ts'
import { openDatabase } from './database.ts'
import { createFamilies } from './families.ts'
import { createRecords } from './records.ts'
import { createRevocations } from './revocations.ts'
import { SCHEMA_VERSION } from './schema.ts'
import { createSessions } from './sessions.ts'
import { assertSettings, readSettings } from './settings.ts'

export interface SqliteStoreOptions {
  /** The database file; it and its directory are made when missing, for this user only. */
  readonly path: string
  /** Its monotonic side times the waiting for locks. */
  readonly clock?: Clock
  /** How long a call waits for a lock that another process holds; default 5000. The event loop runs on meanwhile. */
  readonly busyTimeoutMs?: number
}

export interface SqliteStore extends Store {
  /** What the live connection says of itself: its pragmas, and the schema version. @throws AuthError `store.unavailable` */
  settings(): Promise<Readonly<Record<string, Value>>>
}

/**
 * Opens a store on one file (durability D1); several processes may use the same file at the same time.
 *
 * @throws AuthError `store.version` (a newer Sojourn wrote it), `store.corrupt` (no database, or another program's),
 *   `store.unavailable` (cannot be read or written); the message names the file and says what is wrong
 * @throws TypeError for options that cannot be meant
 */
export function createSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { path, clock = systemClock, busyTimeoutMs = 5_000 } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw new TypeError('path must name a file')
  if (path === ':memory:') throw new TypeError('for a store in memory use createMemoryStore')
  if (!Number.isFinite(busyTimeoutMs) || busyTimeoutMs < 0) throw new TypeError('busyTimeoutMs must be 0 or more')
  const monoMs = () => clock.monoMs()
  const database = openDatabase({ path: resolve(path), busyTimeoutMs, monoMs })
  return {
    sessions: createSessions(database),
    families: createFamilies(database, monoMs),
    revocations: createRevocations(database),
    accounts: createAccounts(database),
    audit: createAudit(database),
    records: createRecords(database),
    ping: () => database.read(assertSettings),
    settings: () => database.read((connection) => ({ ...readSettings(connection), schema_version: SCHEMA_VERSION })),
    close: () => database.close(),
  }
}
