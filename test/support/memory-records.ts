/** Records in memory, shared by instances that race: every call takes a turn of the event loop, as a real store's would. */
import type { Json } from '../../src/json.ts'
import type { Records, StoredRecord } from '../../src/records.ts'

/** Counts what was asked of it; `fail` makes every call throw. */
export interface MemoryRecords extends Records {
  readonly calls: { finds: number; writes: number }
  readonly raw: Map<string, StoredRecord>
  fail: Error | null
}

export function createMemoryRecords(): MemoryRecords {
  const raw = new Map<string, StoredRecord>()
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const records: MemoryRecords = {
    raw,
    calls: { finds: 0, writes: 0 },
    fail: null,
    async put(key, value) {
      await turn()
      raw.set(key, { value, version: 1 })
    },
    async find(key) {
      records.calls.finds++
      await turn()
      if (records.fail) throw records.fail
      return raw.get(key) ?? null
    },
    async compareAndSet(key, version, value) {
      await turn()
      if (records.fail) throw records.fail
      if ((raw.get(key)?.version ?? null) !== version) return false
      records.calls.writes++
      raw.set(key, { value: JSON.parse(JSON.stringify(value)) as Json, version: (version ?? 0) + 1 })
      return true
    },
    async take(key) {
      const found = raw.get(key)
      raw.delete(key)
      return found?.value ?? null
    },
    list: async () => [],
    deleteExpired: async () => 0,
  }
  return records
}
