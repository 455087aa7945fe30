/** The slots of the near-cache: numbers in one array of words, found by cookie digest or by session id. */
import type { RevocationView } from '../revocation/check.ts'
import { idKey } from '../revocation/id-keys.ts'
import { PACKED_SESSION, PACKED_WORDS } from '../revocation/packed-key.ts'
import type { Session } from './session.ts'
import { createSlotIndex } from './slot-index.ts'

/** The last second that a word can hold, in 2106: whatever is later counts as it. */
export const LAST_SECOND = 0xffff_ffff

// What every request touches: 32 bytes that lie in one line of the processor's cache.
const DIGEST = 0
const QUIET_UNTIL = 4
const STAMP = 5
const USED = 6
const BYTES = 7
const HOT = 8

// What only some requests touch.
const KEY = 0
const GOOD_UNTIL = KEY + PACKED_WORDS
const READ_UNTIL = GOOD_UNTIL + 1
const TOUCH_AT = GOOD_UNTIL + 2
const RELOAD_AT = GOOD_UNTIL + 3
const COLD = RELOAD_AT + 1

/** What the slots ask of the revocation log's view. */
export type SlotView = Pick<RevocationView, 'pack' | 'lookPacked' | 'patchForPacked' | 'wallMsInLease' | 'epoch'>

const FIRST_SLOTS = 64
/** Answers that are remembered: the busiest sessions keep theirs, the many others make them anew. */
const ANSWERS = 4096
/** Uses that count: what was used so often stays while the hand comes round so often, for a scan of what is used once. */
const MOST_USES = 3
/** So many used slots the hand passes before it takes one all the same: an insertion never costs more. */
const MAX_STEPS = 1024

/**
 * The slots themselves; a slot in no use must not be asked about.
 *
 * @param answerOf what is made of a session once, and remembered while it can be
 */
export function createSlots<Answer>(maxSlots: number, view: SlotView, answerOf: (session: Session) => Answer | null) {
  const byDigest = createSlotIndex(HOT, DIGEST)
  const byId = createSlotIndex(COLD, KEY + PACKED_SESSION)
  let capacity = Math.min(FIRST_SLOTS, maxSlots)
  let hot = new Int32Array(capacity * HOT)
  let cold = new Int32Array(capacity * COLD)
  let sessions: (Session | null)[] = []
  let free: number[] = []
  let hand = 0
  let size = 0
  /** By the last bits of the slot; `answered` says of which one it is. */
  const answers = new Array<Answer | null>(ANSWERS).fill(null)
  const answered = new Int32Array(ANSWERS).fill(-1)

  const session = (slot: number): Session => sessions[slot] as Session
  const readHot = (slot: number, word: number): number => (hot[slot * HOT + word] as number) >>> 0
  const readCold = (slot: number, word: number): number => (cold[slot * COLD + word] as number) >>> 0
  const second = (at: number): number => Math.min(at, LAST_SECOND)

  /** null: nothing can be made of this one. */
  const answer = (slot: number): Answer | null => {
    const place = slot & (ANSWERS - 1)
    if (answered[place] === slot) return answers[place] as Answer | null
    const made = answerOf(session(slot))
    answered[place] = slot
    answers[place] = made
    return made
  }
  const unanswer = (slot: number): void => {
    const place = slot & (ANSWERS - 1)
    if (answered[place] !== slot) return
    answered[place] = -1
    answers[place] = null
  }

  const newSlot = (): number => {
    const known = free.pop()
    if (known !== undefined) return known
    if (sessions.length >= capacity) {
      capacity = Math.min(2 * capacity, Math.max(maxSlots, capacity + 1))
      const [oldHot, oldCold] = [hot, cold]
      hot = new Int32Array(capacity * HOT)
      hot.set(oldHot)
      cold = new Int32Array(capacity * COLD)
      cold.set(oldCold)
    }
    sessions.push(null)
    return sessions.length - 1
  }

  const use = (at: number): void => {
    const uses = hot[at + USED] as number
    if (uses < MOST_USES) hot[at + USED] = uses + 1
  }

  /** The slot with this digest, or -1. */
  const slotOf = (digest: string): number => {
    const k0 = wordOf(digest, 0)
    const { places, mask } = byDigest
    for (let place = k0 & mask; ; place = (place + 1) & mask) {
      const held = places[place] as number
      if (held === 0) return -1
      const at = (held - 1) * HOT
      if (hot[at] !== k0 || hot[at + 1] !== wordOf(digest, 4)) continue
      if (hot[at + 2] === wordOf(digest, 8) && hot[at + 3] === wordOf(digest, 12)) return held - 1
    }
  }

  return {
    get size() {
      return size
    },
    /** The slot of the cookie with this digest (`sha256Latin1`), or -1. Marks it as used. */
    find(digest: string): number {
      const slot = slotOf(digest)
      if (slot >= 0) use(slot * HOT)
      return slot
    },
    /**
     * All of a warm request: the answer of the slot with this digest, if nothing was applied since it was found good, the
     * lease holds and it is before its `quietUntil`. The clocks are read last; this is the moment of the decision.
     */
    hit(digest: string): Answer | null {
      const slot = slotOf(digest)
      if (slot < 0) return null
      const at = slot * HOT
      if ((hot[at + STAMP] as number) >>> 0 !== view.epoch) return null
      use(at)
      return view.wallMsInLease() < 1000 * ((hot[at + QUIET_UNTIL] as number) >>> 0) ? answer(slot) : null
    },
    bySession(sessionId: string): number {
      const { places, mask } = byId
      for (let place = idKey(sessionId).k0 & mask; ; place = (place + 1) & mask) {
        const held = places[place] as number
        if (held === 0) return -1
        if (session(held - 1).id === sessionId) return held - 1
      }
    },
    /** A slot for a session that has none, all its numbers 0. */
    add(digest: string, added: Session): number {
      const slot = newSlot()
      hot.fill(0, slot * HOT, (slot + 1) * HOT)
      cold.fill(0, slot * COLD, (slot + 1) * COLD)
      for (let i = 0; i < 4; i++) hot[slot * HOT + DIGEST + i] = wordOf(digest, 4 * i)
      const { id, subject, generation } = added
      // An anonymous session has no subject that anything could be revoked by: its own id stands in.
      view.pack({ sessionId: id, subject: subject ?? id, tokenId: null, generation }, cold, slot * COLD + KEY)
      sessions[slot] = added
      byDigest.add(hot, slot)
      byId.add(cold, slot)
      size++
      return slot
    },
    remove(slot: number): void {
      unanswer(slot)
      byDigest.remove(hot, slot)
      byId.remove(cold, slot)
      sessions[slot] = null
      free.push(slot)
      size--
    },
    /** The slot to give up: the first one that was not used since the hand last came by. */
    victim(): number {
      for (let steps = 0; ; ) {
        const slot = hand
        hand = hand + 1 < sessions.length ? hand + 1 : 0
        if (sessions[slot] === null) continue
        if (hot[slot * HOT + USED] === 0 || ++steps > MAX_STEPS) return slot
        ;(hot[slot * HOT + USED] as number)--
      }
    },
    clear(): void {
      answered.fill(-1)
      answers.fill(null)
      capacity = Math.min(FIRST_SLOTS, maxSlots)
      hot = new Int32Array(capacity * HOT)
      cold = new Int32Array(capacity * COLD)
      sessions = []
      free = []
      byDigest.clear()
      byId.clear()
      hand = 0
      size = 0
    },

    session,
    /** Not found good yet, and with no answer. */
    setSession(slot: number, next: Session): void {
      unanswer(slot)
      sessions[slot] = next
      hot[slot * HOT + STAMP] = 0
    },
    answer,
    look: (slot: number, generation: number) => view.lookPacked(cold, slot * COLD + KEY, generation),
    patchFor: (slot: number, generation: number) => view.patchForPacked(cold, slot * COLD + KEY, generation),

    goodUntil: (slot: number) => readCold(slot, GOOD_UNTIL),
    readUntil: (slot: number) => readCold(slot, READ_UNTIL),
    setUntil(slot: number, goodUntil: number, readUntil: number): void {
      cold[slot * COLD + GOOD_UNTIL] = second(goodUntil)
      cold[slot * COLD + READ_UNTIL] = second(readUntil)
    },
    quietUntil: (slot: number) => readHot(slot, QUIET_UNTIL),
    touchAt: (slot: number) => readCold(slot, TOUCH_AT),
    reloadAt: (slot: number) => readCold(slot, RELOAD_AT),
    attend(slot: number, touchAt: number, reloadAt: number): void {
      cold[slot * COLD + TOUCH_AT] = second(touchAt)
      cold[slot * COLD + RELOAD_AT] = second(reloadAt)
      hot[slot * HOT + QUIET_UNTIL] = second(Math.min(readCold(slot, GOOD_UNTIL), touchAt, reloadAt))
    },
    isGood: (slot: number) => readHot(slot, STAMP) === view.epoch,
    setGood(slot: number, epoch: number): void {
      // One that no word can hold (after 4 000 000 000 entries) is never equal again: checks are slower then, not wrong.
      hot[slot * HOT + STAMP] = epoch
    },
    bytes: (slot: number) => readHot(slot, BYTES),
    setBytes(slot: number, bytes: number): void {
      hot[slot * HOT + BYTES] = Math.min(bytes, LAST_SECOND)
    },
  }
}

/** Four bytes of a digest as a word. */
function wordOf(digest: string, at: number): number {
  return (
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)
  )
}
