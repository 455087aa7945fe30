/** Records in Postgres. */
import { sha256Base64url } from '../../crypto/digest.ts'
import type { Json } from '../../json.ts'
import type { Records, RecordsOf, StoredRecord } from '../../records.ts'
import { checkLimit, removeInBatches } from './batches.ts'
import { columnsOf, type Row } from './columns.ts'
import type { Database } from './database.ts'
import { calling, reading } from './statement.ts'

/** @param s  the quoted name of the schema */
export function createRecords(database: Database, s: string): RecordsOf {
  const sql = statements(s)
  return (kind) => {
    if (!/^[A-Za-z0-9-]+$/.test(kind)) throw new TypeError('a kind of records is named by letters, digits and -')
    return recordsOfKind(database, sql, kind)
  }
}

function statements(s: string) {
  const live = `FROM ${s}.records r WHERE r.kind = $1 AND (r.expires_at IS NULL OR r.expires_at > $2)`
  return {
    put: calling(s, 'put_record', 4),
    set: calling(s, 'set_record', 6),
    take: calling(s, 'take_record', 3),
    deleteExpired: calling(s, 'delete_expired_records', 3, 'removed'),
    find: reading(`SELECT r.* ${live} AND r.key = $3`),
    list: reading(`SELECT r.* ${live} AND ($3::text IS NULL OR r.key > $3) ORDER BY r.key LIMIT $4`),
  }
}

function recordsOfKind(database: Database, sql: ReturnType<typeof statements>, kind: string): Records {
  return {
    async put(key, value, expiresAt) {
      await database.step(sql.put, kind, key, textOf(value), expiresAt)
    },

    async find(key, now) {
      const [row] = await database.read(sql.find, kind, now, key)
      return row ? parseRecord(row) : null
    },

    async compareAndSet(key, version, value, expiresAt, now) {
      const row = await database.step(sql.set, kind, key, version, textOf(value), expiresAt, now)
      return columnsOf(row ?? {}, 'compareAndSet').flag('set_record')
    },

    async take(key, now) {
      const row = (await database.step(sql.take, kind, key, now)) ?? {}
      const columns = columnsOf(row, placeOf({ kind, key }))
      return columns.textOrNull('take_record') === null ? null : columns.json('take_record')
    },

    async list(cursor, limit, now) {
      checkLimit(limit)
      const rows = await database.scan(sql.list, kind, now, cursor, limit)
      return rows.map((row) => ({ key: columnsOf(row, placeOf(row)).text('key'), ...parseRecord(row) }))
    },

    deleteExpired: (now, limit) => removeInBatches(database, limit, sql.deleteExpired, kind, now),
  }
}

/** @throws TypeError for what JSON cannot hold */
function textOf(value: Json): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('a stored value must be JSON')
  return text
}

function parseRecord(row: Row): StoredRecord {
  const columns = columnsOf(row, placeOf(row))
  return { value: columns.json('value'), version: columns.count('version') }
}

/** A key may be all that stands between a stranger and the value, so that it is named by its digest. */
function placeOf(row: Row): string {
  return `records/${row.kind}/sha256:${sha256Base64url(String(row.key))}`
}
