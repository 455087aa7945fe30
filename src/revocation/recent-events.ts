/** The newest entries that a verifier has applied, word for word: the tables only know digests and cannot give an entry back. */
import type { LogEntry } from './engine.ts'

export interface RecentEvents {
  /** In the order of the log; one that is held already changes nothing. */
  add(entry: LogEntry, monoMs: number): void
  /**
   * Drops what was applied longer ago than is kept, but for the newest of it, which shows that all before it was there. To be
   * called while the log answers, and only then: during an outage nothing gets too old to be worth keeping.
   */
  trim(monoMs: number): void
  /** All of them, oldest first; none is held afterwards. */
  takeAll(): readonly LogEntry[]
}

/** @param limit at most so many @param keepMs for so long after they were applied */
export function createRecentEvents(limit: number, keepMs: number): RecentEvents {
  let held: { readonly entry: LogEntry; readonly atMs: number }[] = []
  /** Those before it have been dropped. */
  let first = 0

  function dropTo(place: number): void {
    first = place
    if (first < 1024 || first < held.length / 2) return
    held = held.slice(first)
    first = 0
  }

  return {
    add(entry, monoMs) {
      const newest = held.at(-1)
      if (newest && entry.offset <= newest.entry.offset) return
      held.push({ entry, atMs: monoMs })
      if (held.length - first > limit) dropTo(first + 1)
    },
    trim(monoMs) {
      let place = first
      while ((held[place + 1]?.atMs ?? monoMs) < monoMs - keepMs) place++
      if (place > first) dropTo(place)
    },
    takeAll() {
      const entries = held.slice(first).map(({ entry }) => entry)
      held = []
      first = 0
      return entries
    },
  }
}
