/** Refresh families in memory. */
import { equalTexts } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import type { Family } from '../../refresh/family.ts'
import type { FamilyStore } from '../../refresh/store.ts'
import {
  append,
  assertOpen,
  checkLimit,
  frozenCopy,
  liveSession,
  type MemoryState,
  removeFamily,
  removeSession,
  replaceSession,
} from './state.ts'

export function createFamilies(state: MemoryState): FamilyStore {
  const live = (id: string | undefined, now: number): Family | null => {
    const family = id === undefined ? undefined : state.families.get(id)
    return family && family.floor >= state.floor && liveSession(state, family.sessionId, now) ? family : null
  }
  return {
    newId: randomId,

    async create(family, now) {
      assertOpen(state)
      if (family.floor < state.floor || !liveSession(state, family.sessionId, now)) return 'missing'
      if (state.families.has(family.id) || state.familyIdBySession.has(family.sessionId)) return 'exists'
      state.families.set(family.id, frozenCopy(family))
      state.familyIdBySession.set(family.sessionId, family.id)
      return 'created'
    },

    async find(id, now) {
      assertOpen(state)
      return live(id, now)
    },

    async findBySession(sessionId, now) {
      assertOpen(state)
      return live(state.familyIdBySession.get(sessionId), now)
    },

    async rotate(id, presented, next, windowSeconds, until, now) {
      assertOpen(state)
      const family = live(id, now)
      if (!family) return { outcome: 'missing' }
      const { step, hash } = presented
      if (!Number.isSafeInteger(step) || step < 0 || step > family.step) return { outcome: 'unknown' }
      if (step === family.step) {
        if (!equalTexts(hash, family.secretHash)) return { outcome: 'unknown' }
        const rotated = Object.freeze({
          ...family,
          step: step + 1,
          secretHash: next.secretHash,
          previousHash: hash,
          rotatedAt: now,
          sealedSuccessor: next.sealedSuccessor,
        })
        state.families.set(id, rotated)
        seen(state, family.sessionId, now)
        return { outcome: 'rotated', family: rotated }
      }
      if (step === family.step - 1) {
        if (family.previousHash === null || !equalTexts(hash, family.previousHash)) return { outcome: 'unknown' }
        if (family.rotatedAt !== null && now < family.rotatedAt + windowSeconds) return { outcome: 'replayed', family }
      }
      const { sessionId, subject } = family
      removeSession(state, sessionId)
      return { outcome: 'reused', family, appended: append(state, { kind: 'session', sessionId, subject, until }) }
    },

    async revoke(id) {
      assertOpen(state)
      return removeFamily(state, id)
    },

    async deleteExpired(now, limit) {
      assertOpen(state)
      checkLimit(limit)
      let removed = 0
      for (const id of state.families.keys()) {
        if (live(id, now)) continue
        removeFamily(state, id)
        if (++removed === limit) break
      }
      return removed
    },
  }
}

function seen(state: MemoryState, sessionId: string, now: number): void {
  const session = state.sessions.get(sessionId)?.session
  if (session && now > session.lastSeenAt) replaceSession(state, Object.freeze({ ...session, lastSeenAt: now }))
}
