/** One connection to one file: its statements are prepared once, its values are what SQLite can hold. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'

export type Value = string | number | null
export type Row = Readonly<Record<string, SQLOutputValue>>

/** What a step inside a transaction (or a single read) sees. */
export interface Connection {
  get(sql: string, ...values: Value[]): Row | undefined
  all(sql: string, ...values: Value[]): Row[]
  /** Answers how many rows changed. */
  run(sql: string, ...values: Value[]): number
  /** Set by a step that appends to the log, read and cleared when its transaction has been committed. */
  appended: boolean
  readonly inTransaction: boolean
  close(): void
}

export function wrap(database: DatabaseSync): Connection {
  const prepared = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    let found = prepared.get(sql)
    if (!found) {
      found = database.prepare(sql)
      prepared.set(sql, found)
    }
    return found
  }
  return {
    get: (sql, ...values) => statement(sql).get(...values.map(bindable)),
    all: (sql, ...values) => statement(sql).all(...values.map(bindable)),
    run: (sql, ...values) => Number(statement(sql).run(...values.map(bindable)).changes),
    appended: false,
    get inTransaction() {
      return database.isTransaction
    },
    close: () => database.close(),
  }
}

/**
 * Text with half a surrogate pair has no UTF-8 form, and SQLite would store U+FFFD in its place, which names another row.
 * As bytes it equals no text: a look-up finds nothing, and a strict table refuses to hold it.
 */
function bindable(value: Value): Value | Uint8Array {
  return typeof value === 'string' && !value.isWellFormed() ? Buffer.from(value, 'utf16le') : value
}
