/** `sojourn/stores/sqlite`: one SQLite file, durable on one machine, shared by its processes. */
export { createSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
