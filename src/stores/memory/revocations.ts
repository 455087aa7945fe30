/** The revocation log and the registry in memory: one process, one incarnation. */
import { AuthError } from '../../errors.ts'
import type { RevocationEngine } from '../../revocation/engine.ts'
import { restoreEvent } from './restore.ts'
import { append, assertOpen, checkLimit, listMembers, liveSession, type MemoryState, subjectState } from './state.ts'

export function createRevocations(state: MemoryState): RevocationEngine {
  const { incarnation } = state
  return {
    durability: 'D0',
    overlapMs: 0,

    async renew(id) {
      assertOpen(state)
      const member = state.members.get(id) ?? { renewals: 0, acked: 0 }
      state.members.set(id, { renewals: member.renewals + 1, acked: member.acked })
      return { incarnation, head: state.head, firstRetained: firstRetained(state), settled: true }
    },

    async readAfter(offset, limit, of = incarnation) {
      assertOpen(state)
      checkLimit(limit)
      if (of !== incarnation) throw new AuthError('store.unavailable', 'the revocation log has become another one')
      const from = Math.max(0, offset + 1 - firstRetained(state))
      return state.log.slice(from, from + limit)
    },

    async ack(id, offset) {
      assertOpen(state)
      const member = state.members.get(id)
      // Beyond the head nothing can have been applied: such an ack would count for entries that come later.
      if (!member || offset > state.head || offset <= member.acked) return
      state.members.set(id, { renewals: member.renewals, acked: offset })
    },

    async members() {
      assertOpen(state)
      return { incarnation, members: listMembers(state), settled: true }
    },

    async leave(id) {
      assertOpen(state)
      state.members.delete(id)
    },

    async reap(id, renewals) {
      assertOpen(state)
      return state.members.get(id)?.renewals === renewals && state.members.delete(id)
    },

    async revokeToken(tokenId, until) {
      assertOpen(state)
      return append(state, { kind: 'token', tokenId, until })
    },

    async bumpClaims(subject, until) {
      assertOpen(state)
      const { generation: old, deadBelow } = subjectState(state, subject)
      const generation = old + 1
      state.subjects.set(subject, Object.freeze({ generation, deadBelow, staleBelow: generation }))
      return { ...append(state, { kind: 'claims', subject, generation, patch: null, until }), generation }
    },

    async publishPatch(subject, generation, patch, until) {
      assertOpen(state)
      if (subjectState(state, subject).generation !== generation) return null
      return append(state, { kind: 'claims', subject, generation, patch, until })
    },

    async raiseFloor(keyIds, until) {
      assertOpen(state)
      const floor = ++state.floor
      return { ...append(state, { kind: 'floor', floor, keyIds, until }), floor }
    },

    async restore(events, now) {
      assertOpen(state)
      for (const event of events) restoreEvent(state, event, now)
      return { incarnation, offset: state.head, members: listMembers(state), settled: true }
    },

    async settle() {
      assertOpen(state)
    },

    async floor() {
      assertOpen(state)
      return state.floor
    },

    async subject(subject) {
      assertOpen(state)
      return subjectState(state, subject)
    },

    async judge(credential, now) {
      assertOpen(state)
      const session = liveSession(state, credential.sessionId, now)
      const { deadBelow, staleBelow } = subjectState(state, credential.subject)
      const { generation, tokenId } = credential
      // Compared so that an absent or ill-typed generation is dead, not alive.
      if (session?.subject !== credential.subject || !(generation >= deadBelow)) return 'dead'
      if (tokenId !== null && state.revokedTokens.has(tokenId)) return 'dead'
      return generation >= staleBelow ? 'alive' : 'stale'
    },

    async prune(now) {
      assertOpen(state)
      let passed = 0
      for (const { event, offset } of state.log) {
        if (event.until > now) break
        if (event.kind === 'token' && state.revokedTokens.get(event.tokenId) === offset) {
          state.revokedTokens.delete(event.tokenId)
        }
        passed++
      }
      if (passed > 0) state.log = state.log.slice(passed)
      return passed
    },

    watch(wake) {
      // A watcher of its own each time, so that the same function may watch twice and stop twice.
      const watcher = () => wake()
      state.watchers.add(watcher)
      return () => {
        state.watchers.delete(watcher)
      }
    },
  }
}

function firstRetained(state: MemoryState): number {
  return state.log[0]?.offset ?? state.head + 1
}
