/**
 * The statuses of all lists in this process's memory, derived from the revocation log: at first from every token that has a
 * place, judged as any verifier judges it; then from each entry that is applied. So every server comes to the same lists, after
 * a restart too.
 */
import type { RevocationView } from './check.ts'
import type { LogEntry, RevocationEvent } from './engine.ts'
import { INVALID, type StatusBits, type StatusList, setStatus } from './status-list.ts'
import { LIST_PLACES, type Placed, type StatusIndex, type StatusPlace } from './status-list-index.ts'
import { parseName, retiresAt } from './status-list-names.ts'

export const STATUS_BITS: StatusBits = 2

export interface StatusFlipsOptions {
  readonly index: StatusIndex
  readonly view: Pick<RevocationView, 'prepare' | 'look' | 'floor'>
  /** Called after an entry has become visible in the view. Returns how to stop. */
  onApplied(listener: (entry: LogEntry) => void): () => void
  /** Called when everything known may have changed. Returns how to stop. */
  onReset(listener: () => void): () => void
  /** Seconds since 1970. */
  readonly now: () => number
  readonly places?: number
}

export interface StatusFlips {
  /** Resolves when whatever had been applied at the call is in the lists. @throws AuthError `store.unavailable` */
  catchUp(): Promise<void>
  /** A list as it is now, and a number that changes with it. */
  read(list: string): { readonly statuses: StatusList; readonly version: number }
  /** Whether entries are waiting to be looked up, or all has to be read again. */
  readonly isBehind: boolean
}

/** A list that was raised over is revoked as a whole. */
const ALL_INVALID = 0b01010101
/** Looked up one by one up to so many, or as many as there are tokens; beyond that it is cheaper to judge all tokens anew. */
const FEW = 1000
const TOGETHER = 50

interface Held {
  readonly statuses: StatusList
  version: number
}

export function createStatusFlips(options: StatusFlipsOptions): StatusFlips {
  const { index, view, now, places = LIST_PLACES } = options
  const bytes = (places * STATUS_BITS) / 8
  let lists = new Map<string, Held>()
  let waiting: RevocationEvent[] = []
  /** Everything has to be judged anew: nothing has been read yet, or not all of what happened is known. */
  let isFresh = true
  let tokenCount = 0
  let versions = 0
  let tail: Promise<void> = Promise.resolve()

  const startOver = (): void => {
    isFresh = true
    waiting = []
  }
  options.onReset(startOver)
  options.onApplied(({ event }) => {
    // The floor is asked of the view; a change of claims revokes nothing.
    if (isFresh || event.kind === 'claims' || event.kind === 'floor') return
    waiting.push(event)
    if (waiting.length > Math.max(FEW, tokenCount)) startOver()
  })

  const holdIn = (held: Map<string, Held>, list: string): Held => {
    let found = held.get(list)
    if (!found) {
      found = { statuses: { bits: STATUS_BITS, bytes: new Uint8Array(bytes) }, version: ++versions }
      held.set(list, found)
    }
    return found
  }

  const flip = (held: Map<string, Held>, { list, index: at }: StatusPlace): void => {
    const found = holdIn(held, list)
    setStatus(found.statuses, at, INVALID)
    found.version = ++versions
  }

  const isDead = ({ sessionId, subject, tokenId, generation }: Placed): boolean =>
    view.look(view.prepare({ sessionId, subject, tokenId, generation })) === 'dead'

  const readAll = async (): Promise<void> => {
    // From here on entries wait: each token is judged by all that was applied before it was read.
    isFresh = false
    waiting = []
    const judged = new Map<string, Held>()
    let count = 0
    for await (const page of index.all()) {
      count += page.length
      for (const placed of page) if (isDead(placed)) flip(judged, placed)
    }
    lists = judged
    tokenCount = count
  }

  const placesOf = async (event: RevocationEvent): Promise<readonly StatusPlace[]> => {
    switch (event.kind) {
      case 'token': {
        const placed = await index.findToken(event.tokenId)
        return placed ? [placed] : []
      }
      case 'session':
        return (await index.ofSession(event.sessionId))?.places ?? []
      case 'subject':
        return (await index.ofSubject(event.subject))
          .filter(({ generation }) => generation < event.generation)
          .flatMap(({ places }) => places)
      case 'claims':
      case 'floor':
        return []
    }
  }

  const takeIn = async (): Promise<void> => {
    const events = waiting
    waiting = []
    for (let at = 0; at < events.length; at += TOGETHER) {
      const found = await Promise.all(events.slice(at, at + TOGETHER).map(placesOf))
      for (const placed of found.flat()) flip(lists, placed)
    }
  }

  const step = async (): Promise<void> => {
    try {
      await (isFresh ? readAll() : takeIn())
    } catch (cause) {
      // What was taken from the queue is in no list.
      startOver()
      throw cause
    }
    for (const list of lists.keys()) {
      const name = parseName(list)
      if (!name || retiresAt(name) <= now()) lists.delete(list)
    }
  }

  return {
    catchUp() {
      const done = tail.then(step)
      tail = done.then(
        () => undefined,
        // Whoever called is told.
        () => undefined,
      )
      return done
    },
    read(list) {
      const floor = parseName(list)?.floor ?? 0
      if (floor >= view.floor) return holdIn(lists, list)
      return { statuses: { bits: STATUS_BITS, bytes: new Uint8Array(bytes).fill(ALL_INVALID) }, version: -1 }
    },
    get isBehind() {
      return isFresh || waiting.length > 0
    },
  }
}
