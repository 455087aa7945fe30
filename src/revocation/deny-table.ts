/** Dead ids, each until the moment from which no credential can carry it any more. */
import type { IdKey } from './id-keys.ts'
import { createSlotTable } from './slot-table.ts'

/** A set of exact 128-bit keys: 20 bytes a slot. Ids that are digested and ids that are taken as they are never meet. */
export interface DenyTable {
  /** @param until seconds since 1970; the latest of several counts. @param now drops what has expired where room is needed */
  add(key: IdKey, until: number, now: number): void
  /** What has expired may still be there: it is dead either way. */
  has(direct: boolean, k0: number, k1: number, k2: number, k3: number): boolean
  /** Drops a 64th of what has expired. */
  sweep(now: number): void
  /** The log is read again: `droppedAt` is 0 again. */
  restart(): void
  readonly size: number
  readonly bytes: number
  /** The latest `now` at which an entry was dropped as expired; 0: none ever. */
  readonly droppedAt: number
}

const WORDS = 5

export function createDenyTable(): DenyTable {
  const direct = createSlotTable(WORDS)
  const digested = createSlotTable(WORDS)
  return {
    add(key, until, now) {
      const table = key.direct ? direct : digested
      table.upsert(key, until, now)
    },
    has: (isDirect, k0, k1, k2, k3) => (isDirect ? direct : digested).find(k0, k1, k2, k3) >= 0,
    sweep(now) {
      direct.sweep(now)
      digested.sweep(now)
    },
    restart() {
      direct.restart()
      digested.restart()
    },
    get size() {
      return direct.size + digested.size
    },
    get bytes() {
      return direct.bytes + digested.bytes
    },
    get droppedAt() {
      return Math.max(direct.droppedAt, digested.droppedAt)
    },
  }
}
