/** Reads the log into a view, in order and without gaps, one reader at a time. */
import type { LogEntry, Renewal, RevocationEngine } from './engine.ts'
import type { FollowedView } from './view.ts'

export interface LogReaderOptions {
  readonly engine: Pick<RevocationEngine, 'readAfter' | 'floor'>
  readonly view: FollowedView
  /** Entries per read. */
  readonly pageSize: number
  /** Called for each entry once the view shows it. When it throws, the entry counts as not applied and comes again. */
  readonly onEntry: (entry: LogEntry) => void
  /** Called after each page that was applied; `isEnd`: worth an acknowledgement. */
  readonly onPage: (isEnd: boolean) => void
  /** Called when entries are missing: the position is worth nothing any more. */
  readonly onGap: () => void
}

export interface LogReader {
  /**
   * Takes a renewal's answer, unless it does not continue the log as it is known here: for `gap` entries have been pruned that
   * were not read yet, `other` is the log of another incarnation, or one that has lost its end.
   * @param appliedBefore what had been applied when the renewal was sent
   */
  accept(reply: Renewal, appliedBefore: number): 'accepted' | 'gap' | 'other'
  /** Resolves when a read that began after the call has come to the end of the log. @throws what the engine throws */
  read(): Promise<void>
  /** The one whose log is read; null before the first accepted renewal. */
  readonly incarnation: string | null
  /** True when all entries up to `offset` have been applied since the last `restart`. */
  hasReached(offset: number): boolean
  /** Forgets the position: the next read begins at the oldest retained entry, after the next accepted renewal. */
  restart(): void
  readonly applied: number
  /** Highest offset that a renewal has told of. */
  readonly head: number
}

export function createLogReader(options: LogReaderOptions): LogReader {
  const { engine, view, pageSize, onEntry, onPage, onGap } = options
  /** Rises with every restart: what was asked before counts for nothing. */
  let term = 0
  let incarnation: string | null = null
  /** Nothing has been read in this term: the first entry may have any offset. */
  let fresh = true
  let applied = 0
  let head = 0
  let reading: Promise<void> = Promise.resolve()
  let isReading = false
  let again = false

  function accept(reply: Renewal, appliedBefore: number): 'accepted' | 'gap' | 'other' {
    if (incarnation !== null && reply.incarnation !== incarnation) return 'other'
    // An answer that was overtaken by a read knows less than has been applied by now.
    if (!fresh && reply.head < appliedBefore) return 'other'
    if (!fresh && reply.firstRetained > applied + 1) return 'gap'
    incarnation = reply.incarnation
    head = Math.max(head, reply.head)
    return 'accepted'
  }

  function read(): Promise<void> {
    if (isReading) again = true
    else reading = readToEnd()
    return reading
  }

  async function readToEnd(): Promise<void> {
    isReading = true
    try {
      do {
        again = false
        await readPage()
      } while (again)
    } finally {
      // In the same breath as the end of the loop: who calls from now on starts a read of its own.
      isReading = false
    }
  }

  async function readPage(): Promise<void> {
    // JOIN first: an entry between a read and a later join would be waited for by nobody.
    if (incarnation === null) return
    const asked = { term, head }
    if (fresh) {
      const floor = await engine.floor()
      if (asked.term !== term) return
      view.raiseFloor(floor)
    }
    const entries = await engine.readAfter(applied, pageSize, incarnation)
    if (asked.term !== term) return
    if (!take(entries, asked.head)) {
      onGap()
      return
    }
    // A page may be shorter than was asked for: a renewal has told how far the log goes.
    const isMore = entries.length >= pageSize || (entries.length > 0 && applied < head)
    if (isMore) again = true
    onPage(!isMore || applied >= head)
  }

  /** Applies a page; false when entries are missing before it. */
  function take(entries: readonly LogEntry[], knownHead: number): boolean {
    for (const entry of entries) {
      if (entry.offset <= applied) continue
      if (!fresh && entry.offset !== applied + 1) return false
      view.apply(entry)
      onEntry(entry)
      applied = entry.offset
      fresh = false
    }
    if (entries.length === 0 && applied < knownHead) {
      // What a renewal told of is not there any more: pruned, for all of it has expired. Only a first read may skip that.
      if (!fresh) return false
      applied = knownHead
    }
    fresh = false
    return true
  }

  return {
    accept,
    read,
    hasReached: (offset) => !fresh && applied >= offset,
    restart() {
      term++
      incarnation = null
      fresh = true
      applied = 0
      head = 0
    },
    get incarnation() {
      return incarnation
    },
    get applied() {
      return applied
    },
    get head() {
      return head
    },
  }
}
