/**
 * Opens the store that a place names: a `postgres://` URL (its fragment names the schema), a `redis://` URL (the prefix),
 * otherwise a file of SQLite.
 */
import type { Store } from '../../src/login/store.ts'
import { createPostgresStore } from '../../src/stores/postgres/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { settledRedisStore } from './redis-stores.ts'

/** For a machine that twenty processes keep busy. */
export const PATIENT = { connectTimeoutMs: 30_000, timeoutMs: 30_000 }

export async function openStoreAt(place: string): Promise<Store> {
  const [url = '', schema] = place.split('#')
  if (place.startsWith('redis://')) {
    return settledRedisStore({ url, commandTimeoutMs: PATIENT.timeoutMs, ...(schema ? { prefix: schema } : {}) })
  }
  if (!place.startsWith('postgres://')) return createSqliteStore({ path: place })
  return createPostgresStore({ url, ...PATIENT, connections: 3, ...(schema ? { schema } : {}) })
}
