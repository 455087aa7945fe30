/** The clock of a simulation: events in the order of their times, first come first served where two are due at once. */

export interface Events {
  /** Milliseconds. */
  readonly nowMs: number
  /** @param a @param b what the event is about */
  at(timeMs: number, kind: number, a: number, b: number): void
  /** Runs until the next event would be later. */
  runUntil(endMs: number, handle: (kind: number, a: number, b: number) => void): void
  readonly handled: number
}

const WIDTH = 5
const TIME = 0
const ORDER = 1
const KIND = 2
const A = 3
const B = 4

/** A binary heap in flat memory: millions of events, none of them an object. */
export function createEvents(): Events {
  let heap = new Float64Array(WIDTH * 4096)
  let size = 0
  let order = 0
  let nowMs = 0
  let handled = 0
  const top = { kind: 0, a: 0, b: 0 }

  function isBefore(one: number, other: number): boolean {
    const difference = word(one + TIME) - word(other + TIME)
    return difference < 0 || (difference === 0 && word(one + ORDER) < word(other + ORDER))
  }
  const word = (at: number): number => heap[at] as number

  function swap(one: number, other: number): void {
    for (let i = 0; i < WIDTH; i++) {
      const kept = word(one + i)
      heap[one + i] = word(other + i)
      heap[other + i] = kept
    }
  }

  function pop(): void {
    nowMs = word(TIME)
    top.kind = word(KIND)
    top.a = word(A)
    top.b = word(B)
    size--
    heap.copyWithin(0, size * WIDTH, (size + 1) * WIDTH)
    for (let at = 0; ; ) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && isBefore((child + 1) * WIDTH, child * WIDTH)) child++
      if (!isBefore(child * WIDTH, at * WIDTH)) break
      swap(child * WIDTH, at * WIDTH)
      at = child
    }
  }

  return {
    get nowMs() {
      return nowMs
    },
    get handled() {
      return handled
    },
    at(timeMs, kind, a, b) {
      if ((size + 1) * WIDTH > heap.length) {
        const larger = new Float64Array(heap.length * 2)
        larger.set(heap)
        heap = larger
      }
      heap.set([timeMs, order++, kind, a, b], size * WIDTH)
      for (let at = size++; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!isBefore(at * WIDTH, parent * WIDTH)) break
        swap(at * WIDTH, parent * WIDTH)
        at = parent
      }
    },
    runUntil(endMs, handle) {
      while (size > 0 && word(TIME) <= endMs) {
        pop()
        handled++
        handle(top.kind, top.a, top.b)
      }
      nowMs = endMs
    },
  }
}
