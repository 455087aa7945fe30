/** Records in SQLite. */
import { sha256Base64url } from '../../crypto/digest.ts'
import type { Json } from '../../json.ts'
import type { Records, RecordsOf, StoredRecord } from '../../records.ts'
import { checkLimit, following, removeInBatches } from './batches.ts'
import { columnsOf } from './columns.ts'
import type { Connection, Row } from './connection.ts'
import type { Database } from './database.ts'

const IS_LIVE = '(expires_at IS NULL OR expires_at > ?)'

export function createRecords(database: Database): RecordsOf {
  return (kind) => {
    if (!/^[A-Za-z0-9-]+$/.test(kind)) throw new TypeError('a kind of records is named by letters, digits and -')
    return recordsOfKind(database, kind)
  }
}

function recordsOfKind(database: Database, kind: string): Records {
  const select = (connection: Connection, key: string, now: number): StoredRecord | null => {
    const sql = `SELECT * FROM records WHERE kind = ? AND key = ? AND ${IS_LIVE}`
    const row = connection.get(sql, kind, key, now)
    return row ? parseRecord(row) : null
  }
  const write = (connection: Connection, key: string, value: Json, version: number, expiresAt: number | null): void => {
    connection.run(
      'INSERT OR REPLACE INTO records (kind, key, value, version, expires_at) VALUES (?, ?, ?, ?, ?)',
      kind,
      key,
      JSON.stringify(value),
      version,
      expiresAt,
    )
  }
  return {
    put: (key, value, expiresAt) => database.write((connection) => write(connection, key, value, 1, expiresAt)),

    find: (key, now) => database.read((connection) => select(connection, key, now)),

    compareAndSet: (key, version, value, expiresAt, now) =>
      database.write((connection) => {
        const current = select(connection, key, now)
        if ((current?.version ?? null) !== version) return false
        write(connection, key, value, (current?.version ?? 0) + 1, expiresAt)
        return true
      }),

    take: (key, now) =>
      database.write((connection) => {
        const current = select(connection, key, now)
        connection.run('DELETE FROM records WHERE kind = ? AND key = ?', kind, key)
        return current ? current.value : null
      }),

    async list(cursor, limit, now) {
      checkLimit(limit)
      const sql = `SELECT * FROM records WHERE kind = ? AND key ${following(cursor)} AND ${IS_LIVE} ORDER BY key LIMIT ?`
      const rows = await database.read((connection) => connection.all(sql, kind, cursor ?? '', now, limit))
      return rows.map((row) => ({ key: columnsOf(row, placeOf(row)).text('key'), ...parseRecord(row) }))
    },

    deleteExpired: (now, limit) =>
      removeInBatches(database, limit, (connection, rows) => {
        const sql = `DELETE FROM records WHERE kind = ? AND key IN
          (SELECT key FROM records WHERE kind = ? AND expires_at <= ? LIMIT ?)`
        return connection.run(sql, kind, kind, now, rows)
      }),
  }
}

function parseRecord(row: Row): StoredRecord {
  const columns = columnsOf(row, placeOf(row))
  return { value: columns.json('value'), version: columns.count('version') }
}

/** A key may be all that stands between a stranger and the value, so that it is named by its digest. */
function placeOf(row: Row): string {
  return `records/${row.kind}/sha256:${sha256Base64url(String(row.key))}`
}
