/** Finds slots by a key of four words that lies in the slot itself: open addressing, four bytes a place. */

export interface SlotIndex {
  /**
   * A place holds its slot plus 1; 0 is an empty one. The slot whose key begins with `k0` lies at `k0 & mask`, or in the run
   * of places from there on that are not empty. At most half of the places are taken.
   */
  readonly places: Int32Array
  readonly mask: number
  /** Enters a slot; its key must not be here yet. `words` holds all slots. */
  add(words: Int32Array, slot: number): void
  /** Takes a slot out, its key still in place. */
  remove(words: Int32Array, slot: number): void
  clear(): void
}

const FIRST_PLACES = 16

/** @param width words of a slot; `offset` of them come before its key. The first word of a key must be evenly spread. */
export function createSlotIndex(width: number, offset: number): SlotIndex {
  let count = 0
  const index = { places: new Int32Array(FIRST_PLACES), mask: FIRST_PLACES - 1, add, remove, clear }

  function homeOf(words: Int32Array, slot: number): number {
    return (words[slot * width + offset] as number) & index.mask
  }

  function enter(words: Int32Array, slot: number): void {
    const { places, mask } = index
    let place = homeOf(words, slot)
    while (places[place] !== 0) place = (place + 1) & mask
    places[place] = slot + 1
  }

  function add(words: Int32Array, slot: number): void {
    if (2 * (count + 1) > index.places.length) {
      const old = index.places
      index.places = new Int32Array(2 * old.length)
      index.mask = index.places.length - 1
      for (const held of old) if (held !== 0) enter(words, held - 1)
    }
    enter(words, slot)
    count++
  }

  function remove(words: Int32Array, slot: number): void {
    const { places, mask } = index
    let hole = homeOf(words, slot)
    while (places[hole] !== slot + 1) {
      if (places[hole] === 0) throw new TypeError('this slot is not in the index')
      hole = (hole + 1) & mask
    }
    // Whoever comes later in the run and has its home at or before the hole moves into it, so that no search ends early.
    for (let next = (hole + 1) & mask; places[next] !== 0; next = (next + 1) & mask) {
      const home = homeOf(words, (places[next] as number) - 1)
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      places[hole] = places[next] as number
      hole = next
    }
    places[hole] = 0
    count--
  }

  function clear(): void {
    index.places = new Int32Array(FIRST_PLACES)
    index.mask = FIRST_PLACES - 1
    count = 0
  }

  return index
}
