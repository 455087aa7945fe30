/** `sojourn/stores/postgres`: one Postgres database, shared by any number of machines. */

export type { PostgresStoreOptions } from './options.ts'
export { createPostgresStore, type PostgresStore } from './postgres-store.ts'
