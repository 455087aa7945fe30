/**
 * Sessions near at hand, so that a warm request reads no store. Revocation does not depend on it: the deny table is asked
 * on every request besides (docs/guarantee.md). What it must not do is show older claims or data than were seen before.
 *
 * Every session has a slot: a number, good until the next change of the cache, so never beyond an `await`. What a warm
 * request needs lies side by side in one array of words (docs/decisions/0006).
 */
import type { RevocationView } from '../revocation/check.ts'
import type { RevocationEvent } from '../revocation/engine.ts'
import { createLoads } from './loads.ts'
import { expiresAt, type Session } from './session.ts'
import { createSlots, LAST_SECOND, type SlotView } from './slots.ts'

/** A session and when to look after it; all in seconds since 1970. */
export interface Loaded {
  readonly session: Session
  /** When the row is too old to decide by. */
  readonly readUntil: number
  readonly touchAt: number
  readonly reloadAt: number
}

export interface NearCacheOptions<Answer> {
  readonly maxEntries: number
  readonly maxBytes: number
  readonly view: SlotView
  /** What is made of a session, and remembered while it is busy; null: nothing can be made of this one. */
  readonly answerOf: (session: Session) => Answer | null
}

export interface NearCache<Answer> {
  readonly size: number
  /** Estimated. */
  readonly bytes: number
  /**
   * The answer for the cookie with this digest, if its slot is good, the lease holds and it is before its `quietUntil`, by
   * the clocks, which are read last; otherwise null.
   */
  hit(digest: string): Answer | null
  /** The slot of the cookie with this digest (`sha256Latin1`), now in use; -1: it is not here. Only positive knowledge is ever held. */
  find(digest: string): number
  /** The slot of this session, or -1. */
  bySession(sessionId: string): number
  session(slot: number): Session
  /** The earlier of `readUntil` and the session's end. */
  goodUntil(slot: number): number
  /** Until then nothing has to be done and the row is good: the earliest of all, for one comparison per request. */
  quietUntil(slot: number): number
  touchAt(slot: number): number
  reloadAt(slot: number): number
  attend(slot: number, touchAt: number, reloadAt: number): void
  /** Whether it was found good and neither the session nor the revocation tables have changed since. */
  isGood(slot: number): boolean
  /** @param epoch of the view, read before it was looked at */
  setGood(slot: number, epoch: number): void
  /** The same one as before while the session has not changed and many others have not come by. */
  answer(slot: number): Answer | null
  /** What the revocation tables say of the session at this generation. */
  look(slot: number, generation: number): ReturnType<RevocationView['lookPacked']>
  patchFor(slot: number, generation: number): ReturnType<RevocationView['patchForPacked']>
  /** Puts a newer state of the same row in the place of what is held. */
  update(slot: number, session: Session): void
  /** As `update`, of a row that was read or written anew, if no higher version is held. */
  replace(slot: number, loaded: Loaded): void
  /**
   * Loads, once for all who ask for the same digest at the same time, and keeps what came unless an event that touches it
   * was applied meanwhile; then it is loaded again. null is never kept.
   */
  load(digest: string, sessionId: string, read: () => Promise<Loaded | null>): Promise<Session | null>
  /** Forgets a session, also for loads under way: they will be taken again. */
  drop(sessionId: string): void
  /** A session was saved at this version: loads under way that read an older one will be taken again. */
  saved(sessionId: string, version: number): void
  /** An entry of the log was applied. */
  applied(event: RevocationEvent): void
  /** Forgets everything; loads under way will be taken again. */
  clear(): void
}

/** Of a session without its claims and data: its record, words, places in the indexes. */
const BASE_BYTES = 600

export function createNearCache<Answer>(options: NearCacheOptions<Answer>): NearCache<Answer> {
  const { maxEntries, maxBytes, view, answerOf } = options
  const slots = createSlots(maxEntries, view, answerOf)
  const loads = createLoads()
  let bytes = 0

  const remove = (slot: number): void => {
    bytes -= slots.bytes(slot)
    slots.remove(slot)
  }
  const bySession = (sessionId: string): number => slots.bySession(sessionId)

  const put = (slot: number, { session, readUntil, touchAt, reloadAt }: Loaded): void => {
    const size = sizeOf(session)
    bytes += size - slots.bytes(slot)
    slots.setBytes(slot, size)
    slots.setSession(slot, session)
    slots.setUntil(slot, Math.min(readUntil, expiresAt(session)), readUntil)
    slots.attend(slot, touchAt, reloadAt)
  }

  const insert = (digest: string, loaded: Loaded): void => {
    const { session } = loaded
    const held = bySession(session.id)
    if (held >= 0 && slots.session(held).version > session.version) return
    if (held >= 0) remove(held)
    const size = sizeOf(session)
    if (size > maxBytes) return
    while (slots.size >= maxEntries || bytes + size > maxBytes) remove(slots.victim())
    put(slots.add(digest, session), loaded)
  }

  const update = (slot: number, session: Session): void => {
    put(slot, {
      session,
      readUntil: slots.readUntil(slot),
      touchAt: slots.touchAt(slot),
      reloadAt: slots.reloadAt(slot),
    })
  }

  return {
    get size() {
      return slots.size
    },
    get bytes() {
      return bytes
    },
    hit: slots.hit,
    find: slots.find,
    bySession,
    session: slots.session,
    goodUntil: slots.goodUntil,
    quietUntil: slots.quietUntil,
    touchAt: slots.touchAt,
    reloadAt: slots.reloadAt,
    attend: slots.attend,
    isGood: slots.isGood,
    setGood: slots.setGood,
    answer: slots.answer,
    look: slots.look,
    patchFor: slots.patchFor,
    update,
    replace(slot, loaded) {
      if (slots.session(slot).version <= loaded.session.version) put(slot, loaded)
    },
    load: (digest, sessionId, read) => loads.load(digest, sessionId, read, (loaded) => insert(digest, loaded)),
    drop(sessionId) {
      const held = bySession(sessionId)
      if (held >= 0) remove(held)
      loads.touch(sessionId)
    },
    saved: loads.saved,
    applied(event) {
      if (event.kind === 'session') {
        const held = bySession(event.sessionId)
        if (held >= 0) remove(held)
      }
      loads.applied(event)
    },
    clear() {
      slots.clear()
      bytes = 0
      loads.touchAll()
    },
  }
}

/** Text is counted at two bytes a character, as the engine may hold it. */
function sizeOf({ claims, data }: Session): number {
  return BASE_BYTES + 2 * (JSON.stringify(data).length + JSON.stringify(claims).length)
}

export { LAST_SECOND }
