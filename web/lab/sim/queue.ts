/** What is due, earliest first; what is due at the same moment in the order in which it was put in (a binary heap). */

export interface Due {
  readonly atMs: number
  readonly turn: number
  /** Answers true when nothing can be waiting for a promise because of it. */
  readonly run: () => boolean
  isCancelled: boolean
}

export interface Queue {
  readonly first: Due | undefined
  put(due: Due): void
  take(): Due | undefined
}

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn)

export function createQueue(): Queue {
  const heap: Due[] = []

  /** Moves the last one up, or the first one down, to where it belongs. */
  const rise = (from: number): void => {
    let at = from
    const one = heap[at] as Due
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up] as Due
      if (!isBefore(one, parent)) break
      heap[at] = parent
      at = up
    }
    heap[at] = one
  }
  const sink = (one: Due): void => {
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      const right = heap[down + 1]
      if (right && isBefore(right, heap[down] as Due)) down++
      const child = heap[down] as Due
      if (!isBefore(child, one)) break
      heap[at] = child
      at = down
    }
    heap[at] = one
  }

  return {
    get first() {
      return heap[0]
    },
    put(due) {
      heap.push(due)
      rise(heap.length - 1)
    },
    take() {
      const first = heap[0]
      const last = heap.pop()
      if (first !== last && last) sink(last)
      return first
    },
  }
}
