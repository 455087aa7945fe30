/** What the log says of subjects: below which generation credentials are dead, below which their claims are stale. */
import type { JsonObject } from '../json.ts'
import type { IdKey } from './id-keys.ts'
import { createSlotTable, type SlotTable } from './slot-table.ts'

/** Raised only, by subject; forgotten when the last entry about the subject has expired. */
export interface Generations {
  /** Credentials with a generation below `generation` are dead. */
  raiseDead(key: IdKey, generation: number, until: number, now: number): void
  /**
   * Claims below `generation` are stale. The patch of the newest claims generation known is kept, any older one dropped:
   * a raise without a patch leaves none.
   */
  raiseStale(key: IdKey, generation: number, patch: JsonObject | null, until: number, now: number): void
  judge(direct: boolean, k0: number, k1: number, k2: number, k3: number, generation: number): 'alive' | 'stale' | 'dead'
  /** The patch that serves credentials of this generation, or null. */
  patchFor(direct: boolean, k0: number, k1: number, k2: number, k3: number, generation: number): JsonObject | null
  sweep(now: number): void
  clear(): void
  readonly size: number
  /** Without what the patches themselves take. */
  readonly bytes: number
  readonly droppedAt: number
}

/** The largest generation that a slot holds. */
export const MAX_GENERATION = 0xffff_ffff

const WORDS = 8
const DEAD = 5
const STALE = 6
/** Place in `patches` plus 1; 0: none. */
const PATCH = 7

export function createGenerations(): Generations {
  const patches: (JsonObject | null)[] = []
  const free: number[] = []
  const direct = createSlotTable(WORDS, release)
  const digested = createSlotTable(WORDS, release)

  function release(words: Int32Array, at: number): void {
    const place = words[at + PATCH] as number
    if (place === 0) return
    patches[place - 1] = null
    free.push(place - 1)
    words[at + PATCH] = 0
  }

  function keep(words: Int32Array, at: number, patch: JsonObject): void {
    const place = free.pop() ?? patches.length
    patches[place] = patch
    words[at + PATCH] = place + 1
  }

  function slot(key: IdKey, until: number, now: number): { words: Int32Array; at: number } {
    const table = key.direct ? direct : digested
    const at = table.upsert(key, until, now)
    const words = table.segmentOf(key.k0)
    if (!words) throw new TypeError('a slot lies in a segment')
    return { words, at }
  }

  const tableOf = (isDirect: boolean): SlotTable => (isDirect ? direct : digested)

  return {
    raiseDead(key, generation, until, now) {
      const { words, at } = slot(key, until, now)
      if (generation > wordAt(words, at + DEAD)) words[at + DEAD] = generation
    },
    raiseStale(key, generation, patch, until, now) {
      const { words, at } = slot(key, until, now)
      const known = wordAt(words, at + STALE)
      if (generation < known) return
      if (generation > known) words[at + STALE] = generation
      // The announcement of a generation may come again after its patch: it takes nothing away.
      else if (patch === null) return
      release(words, at)
      if (patch !== null) keep(words, at, patch)
    },
    judge(isDirect, k0, k1, k2, k3, generation) {
      const table = tableOf(isDirect)
      const at = table.find(k0, k1, k2, k3)
      const words = at < 0 ? null : table.segmentOf(k0)
      if (!words) return 'alive'
      if (!(generation >= wordAt(words, at + DEAD))) return 'dead'
      return generation >= wordAt(words, at + STALE) ? 'alive' : 'stale'
    },
    patchFor(isDirect, k0, k1, k2, k3, generation) {
      const table = tableOf(isDirect)
      const at = table.find(k0, k1, k2, k3)
      const words = at < 0 ? null : table.segmentOf(k0)
      if (!words || !(generation < wordAt(words, at + STALE))) return null
      const place = words[at + PATCH] as number
      return place === 0 ? null : (patches[place - 1] ?? null)
    },
    sweep(now) {
      direct.sweep(now)
      digested.sweep(now)
    },
    clear() {
      for (const table of [direct, digested]) {
        table.clear()
        table.restart()
      }
    },
    get size() {
      return direct.size + digested.size
    },
    get bytes() {
      return direct.bytes + digested.bytes + 8 * (patches.length + free.length)
    },
    get droppedAt() {
      return Math.max(direct.droppedAt, digested.droppedAt)
    },
  }
}

function wordAt(words: Int32Array, at: number): number {
  return (words[at] as number) >>> 0
}
