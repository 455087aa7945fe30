/** Tokens that have been verified, by the digest of the whole token: bounded by count and bytes, the unused ones leave first. */

/**
 * Each entry has a slot: a number. What a hit needs lies side by side in arrays of numbers, not in an object of its own,
 * because over many tokens a check costs as much as the memory that it has to fetch.
 */
export interface TokenCache<Entry, Answer> {
  /** The slot of the token with this digest, now in use; -1: it is not here. */
  find(digest: string): number
  /** Seconds since 1970. */
  expiresAt(slot: number): number
  /** The stamp under which `answer` was right; whoever keeps the cache gives it a meaning. */
  stampOf(slot: number): number
  answer(slot: number): Answer
  entry(slot: number): Entry
  /** Sets what `answer` gives, and the stamp under which it holds. */
  remember(slot: number, answer: Answer, stamp: number): void
  /** Adds an entry, with no stamp; answers its slot, or -1 when it is larger than the whole cache. */
  put(digest: string, entry: Entry, answer: Answer, expiresAt: number, bytes: number): number
  remove(slot: number): void
  readonly size: number
}

export interface TokenCacheLimits {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** A stamp that is never right. */
export const NO_STAMP = 0
/** Uses that count: what was used so often stays while the hand comes round so often, for a scan of what is used once. */
const MOST_USES = 3
/** How many entries in use the hand passes before it takes one all the same: an insertion never costs more. */
const MAX_STEPS = 64
const FIRST_SLOTS = 64
const WIDTH = 4
const EXPIRES = 0
const STAMP = 1
const USED = 2
const SIZE = 3

/**
 * The clock algorithm: slots stand on a dial; the hand takes the first one that has no uses left, and one use from each that
 * it passes. A hit only counts, where a list in order of use would be relinked.
 */
export function createTokenCache<Entry, Answer>(limits: TokenCacheLimits): TokenCache<Entry, Answer> {
  const { maxEntries, maxBytes } = limits
  const byDigest = new Map<string, number>()
  /** By slot; an empty slot has no digest. */
  const digests: string[] = []
  const entries: (Entry | null)[] = []
  const answers: (Answer | null)[] = []
  const free: number[] = []
  /** By slot, `WIDTH` numbers each, so that a hit fetches all of them at once. */
  let cells = new Float64Array(WIDTH * FIRST_SLOTS)
  let hand = 0
  let bytes = 0

  const remove = (slot: number): void => {
    const digest = digests[slot]
    if (!digest) return
    byDigest.delete(digest)
    bytes -= cells[WIDTH * slot + SIZE] as number
    digests[slot] = ''
    entries[slot] = null
    answers[slot] = null
    cells[WIDTH * slot + STAMP] = NO_STAMP
    free.push(slot)
  }

  const evict = (): void => {
    for (let steps = 0; byDigest.size > 0; ) {
      const slot = hand
      hand = hand + 1 < digests.length ? hand + 1 : 0
      if (!digests[slot]) continue
      if (cells[WIDTH * slot + USED] === 0 || steps >= MAX_STEPS) {
        remove(slot)
        return
      }
      ;(cells[WIDTH * slot + USED] as number)--
      steps++
    }
  }

  return {
    find(digest) {
      const slot = byDigest.get(digest)
      if (slot === undefined) return -1
      const uses = cells[WIDTH * slot + USED] as number
      if (uses < MOST_USES) cells[WIDTH * slot + USED] = uses + 1
      return slot
    },
    expiresAt: (slot) => cells[WIDTH * slot + EXPIRES] as number,
    stampOf: (slot) => cells[WIDTH * slot + STAMP] as number,
    answer: (slot) => answers[slot] as Answer,
    entry: (slot) => entries[slot] as Entry,
    remember(slot, answer, stamp) {
      answers[slot] = answer
      cells[WIDTH * slot + STAMP] = stamp
    },
    put(digest, entry, answer, expiresAt, size) {
      const same = byDigest.get(digest)
      if (same !== undefined) remove(same)
      if (size > maxBytes || maxEntries < 1) return -1
      while (byDigest.size >= maxEntries || bytes + size > maxBytes) evict()
      const slot = free.pop() ?? digests.length
      if (WIDTH * slot >= cells.length) {
        const grown = new Float64Array(2 * cells.length)
        grown.set(cells)
        cells = grown
      }
      digests[slot] = digest
      entries[slot] = entry
      answers[slot] = answer
      cells[WIDTH * slot + EXPIRES] = expiresAt
      cells[WIDTH * slot + STAMP] = NO_STAMP
      cells[WIDTH * slot + USED] = 0
      cells[WIDTH * slot + SIZE] = size
      byDigest.set(digest, slot)
      bytes += size
      return slot
    },
    remove,
    get size() {
      return byDigest.size
    },
  }
}
