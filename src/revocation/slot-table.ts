/** Exact 128-bit keys with a few words beside each, in flat memory: the table under deny table and generations. */
import type { IdKey } from './id-keys.ts'

/** Places of the words in a slot. `UNTIL` (seconds since 1970) is 0 in an empty slot and at least 1 in any other. */
export const UNTIL = 4

const SEGMENT_BITS = 6
const SEGMENTS = 1 << SEGMENT_BITS
const REST_BITS = 32 - SEGMENT_BITS
const REST_MASK = (1 << REST_BITS) - 1
const MAX_LOAD = 0.875
/** Load right after a rebuild: at five words a slot an entry then costs at most 20 / 0.82 = 24.4 bytes. */
const REBUILT_LOAD = 0.82
/** Slots behind the last home, for what is pushed past the end; the very last one always stays empty and ends a search. */
const TAIL = 24

interface Segment {
  words: Int32Array
  /** Slots that are somebody's home; `words` holds `TAIL` more. */
  homes: number
  count: number
}

/**
 * Open addressing with linear probing in which the entries lie in the order of their first key word. A search ends at
 * the first greater one, so a miss costs as little as a hit (about 4 slots side by side at load 0.875), and a rebuild is
 * one sweep. 64 segments, chosen by the topmost bits, grow and shrink on their own: a rebuild moves a 64th.
 */
export interface SlotTable {
  /** Words of the segment that an entry with this first key word lies in; null: it has no entry. */
  segmentOf(k0: number): Int32Array | null
  /** Index of the key's first word within `segmentOf(k0)`, or -1. */
  find(k0: number, k1: number, k2: number, k3: number): number
  /** As `find`, but inserts what is missing (further words 0). `until` is raised to the maximum of both. */
  upsert(key: IdKey, until: number, now: number): number
  /** Looks through the next segment and drops what has expired; 64 calls see all. */
  sweep(now: number): void
  clear(): void
  /** The log is read again, so that what was dropped too early comes back: `droppedAt` is 0 again. */
  restart(): void
  readonly size: number
  readonly bytes: number
  /** The latest `now` at which an entry was dropped as expired; 0: none ever. */
  readonly droppedAt: number
}

/** @param onDrop called with the slot of an entry that is dropped (expired or cleared) */
export function createSlotTable(width: number, onDrop?: (words: Int32Array, at: number) => void): SlotTable {
  const segments: (Segment | null)[] = new Array<Segment | null>(SEGMENTS).fill(null)
  let swept = 0
  let droppedAt = 0

  function segmentOf(k0: number): Int32Array | null {
    const segment = segments[k0 >>> REST_BITS]
    return segment ? segment.words : null
  }

  function find(k0: number, k1: number, k2: number, k3: number): number {
    const segment = segments[k0 >>> REST_BITS]
    if (!segment) return -1
    const words = segment.words
    for (let at = homeOf(k0, segment.homes) * width; words[at + UNTIL] !== 0; at += width) {
      const found = words[at] as number
      if (found === k0) {
        if (words[at + 1] === k1 && words[at + 2] === k2 && words[at + 3] === k3) return at
      } else if (found > k0) return -1
    }
    return -1
  }

  function upsert(key: IdKey, until: number, now: number): number {
    const { k0, k1, k2, k3 } = key
    const found = find(k0, k1, k2, k3)
    const segment = segments[k0 >>> REST_BITS]
    if (found >= 0 && segment) {
      if (until > (segment.words[found + UNTIL] as number) >>> 0) segment.words[found + UNTIL] = until
      return found
    }
    for (let attempt = 0; ; attempt++) {
      const target = roomy(k0 >>> REST_BITS, now, attempt)
      const at = openSlot(target, k0)
      if (at < 0) continue
      const { words } = target
      words.fill(0, at, at + width)
      words[at] = k0
      words[at + 1] = k1
      words[at + 2] = k2
      words[at + 3] = k3
      words[at + UNTIL] = until
      target.count++
      return at
    }
  }

  /** The segment with room for one more entry; after a failed attempt with more room. */
  function roomy(index: number, now: number, attempt: number): Segment {
    const segment = segments[index]
    if (segment && attempt === 0 && segment.count + 1 <= segment.homes * MAX_LOAD) return segment
    const extra = attempt === 0 ? 1 : 1 + attempt * Math.ceil((segment?.count ?? 0) / 16 + 1)
    return rebuild(index, now, extra)
  }

  /** Makes room at the entry's place by moving the rest of its run one slot on; -1: the run has reached the end. */
  function openSlot(segment: Segment, k0: number): number {
    const { words } = segment
    let at = homeOf(k0, segment.homes) * width
    while (words[at + UNTIL] !== 0 && (words[at] as number) <= k0) at += width
    let end = at
    while (words[end + UNTIL] !== 0) end += width
    if (end + width >= words.length) return -1
    if (end > at) words.copyWithin(at + width, at, end)
    return at
  }

  /** Sweeps a segment into fresh memory without what has expired, with room for `extra` more entries. */
  function rebuild(index: number, now: number, extra: number): Segment {
    const old = segments[index]
    const live: number[] = []
    if (old) {
      for (let at = 0; at < old.words.length; at += width) {
        const until = (old.words[at + UNTIL] as number) >>> 0
        if (until === 0) continue
        if (until > now) live.push(at)
        else {
          droppedAt = Math.max(droppedAt, now)
          onDrop?.(old.words, at)
        }
      }
    }
    let homes = Math.max(4, Math.ceil((live.length + extra) / REBUILT_LOAD))
    for (;;) {
      const made = old ? layOut(old.words, live, homes) : emptySegment(homes)
      if (made) {
        segments[index] = made
        return made
      }
      homes += Math.ceil(homes / 16)
    }
  }

  /** The entries at `live`, in order, over `homes` slots; null when they run over the end. */
  function layOut(from: Int32Array, live: readonly number[], homes: number): Segment | null {
    const segment = emptySegment(homes)
    let next = 0
    for (const source of live) {
      const at = Math.max(next, homeOf(from[source] as number, homes) * width)
      if (at + width >= segment.words.length) return null
      for (let i = 0; i < width; i++) segment.words[at + i] = from[source + i] as number
      next = at + width
    }
    segment.count = live.length
    return segment
  }

  function emptySegment(homes: number): Segment {
    return { words: new Int32Array((homes + Math.min(TAIL, homes)) * width), homes, count: 0 }
  }

  return {
    segmentOf,
    find,
    upsert,
    sweep(now) {
      const index = swept
      swept = (swept + 1) % SEGMENTS
      const segment = segments[index]
      if (!segment) return
      let expired = 0
      for (let at = UNTIL; at < segment.words.length; at += width) {
        const until = (segment.words[at] as number) >>> 0
        if (until !== 0 && until <= now) expired++
      }
      if (expired === 0) return
      if (rebuild(index, now, 0).count === 0) segments[index] = null
    },
    clear() {
      for (const segment of segments) {
        for (let at = 0; onDrop && segment && at < segment.words.length; at += width) {
          if (segment.words[at + UNTIL] !== 0) onDrop(segment.words, at)
        }
      }
      segments.fill(null)
    },
    restart() {
      droppedAt = 0
    },
    get size() {
      return segments.reduce((sum, segment) => sum + (segment?.count ?? 0), 0)
    },
    get bytes() {
      return segments.reduce((sum, segment) => sum + (segment?.words.byteLength ?? 0), 0)
    },
    get droppedAt() {
      return droppedAt
    },
  }
}

/** Rises with `k0` within a segment, so that entries in the order of their keys are in the order of their homes. */
function homeOf(k0: number, homes: number): number {
  return Math.floor(((k0 & REST_MASK) * homes) / (REST_MASK + 1))
}
