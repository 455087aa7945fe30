/** Records in memory. */
import type { Records, RecordsOf } from '../../records.ts'
import { assertOpen, checkLimit, frozenCopy, type MemoryState, type RecordRow } from './state.ts'

export function createRecords(state: MemoryState): RecordsOf {
  return (kind) => {
    if (!/^[A-Za-z0-9-]+$/.test(kind)) throw new TypeError('a kind of records is named by letters, digits and -')
    const rows = state.records.get(kind) ?? new Map<string, RecordRow>()
    state.records.set(kind, rows)
    return recordsOfKind(state, rows)
  }
}

function recordsOfKind(state: MemoryState, rows: Map<string, RecordRow>): Records {
  const live = (key: string, now: number): RecordRow | null => {
    const row = rows.get(key)
    return row && !isOver(row, now) ? row : null
  }
  return {
    async put(key, value, expiresAt) {
      assertOpen(state)
      rows.set(key, { value: frozenCopy(value), version: 1, expiresAt })
    },

    async find(key, now) {
      assertOpen(state)
      const row = live(key, now)
      return row && { value: row.value, version: row.version }
    },

    async compareAndSet(key, version, value, expiresAt, now) {
      assertOpen(state)
      const row = live(key, now)
      if ((row?.version ?? null) !== version) return false
      rows.set(key, { value: frozenCopy(value), version: (row?.version ?? 0) + 1, expiresAt })
      return true
    },

    async take(key, now) {
      assertOpen(state)
      const row = live(key, now)
      rows.delete(key)
      return row ? row.value : null
    },

    async list(cursor, limit, now) {
      assertOpen(state)
      checkLimit(limit)
      const keys = [...rows.keys()].filter((key) => (cursor === null || key > cursor) && live(key, now)).sort()
      return keys.slice(0, limit).flatMap((key) => {
        const row = rows.get(key)
        return row ? [{ key, value: row.value, version: row.version }] : []
      })
    },

    async deleteExpired(now, limit) {
      assertOpen(state)
      checkLimit(limit)
      let removed = 0
      for (const [key, row] of rows) {
        if (!isOver(row, now)) continue
        rows.delete(key)
        if (++removed === limit) break
      }
      return removed
    },
  }
}

function isOver(row: RecordRow, now: number): boolean {
  return row.expiresAt !== null && now >= row.expiresAt
}
