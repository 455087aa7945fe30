/** A store by the address of a server, or the path of a file. */
import type { Store } from '../../src/login/store.ts'
import { createPostgresStore } from '../../src/stores/postgres/index.ts'
import { createRedisStore } from '../../src/stores/redis/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'

export async function openAnyStore(address: string): Promise<Store> {
  if (address.startsWith('redis:')) return createRedisStore({ url: address })
  if (address.startsWith('postgres:')) return createPostgresStore({ url: address })
  return createSqliteStore({ path: address })
}
