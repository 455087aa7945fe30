/** The audit log in memory. */
import type { AuditStore } from '../../audit/store.ts'
import { assertOpen, checkLimit, frozenCopy, type MemoryState } from './state.ts'

/** The memory of a process is finite: beyond this many events the oldest are forgotten. */
const MAX_EVENTS = 100_000

export function createAudit(state: MemoryState): AuditStore {
  return {
    async append(event) {
      assertOpen(state)
      state.audit.push(frozenCopy({ ...event, sequence: ++state.auditSequence }))
      // In tenths, so that a full log is not moved at every event.
      if (state.audit.length > MAX_EVENTS * 1.1) state.audit.splice(0, state.audit.length - MAX_EVENTS)
    },

    async list(filter, before, limit) {
      assertOpen(state)
      checkLimit(limit)
      const found = []
      for (let i = state.audit.length - 1; i >= 0 && found.length < limit; i--) {
        const event = state.audit[i]
        if (!event || (before !== null && event.sequence >= before)) continue
        if (filter.subject !== undefined && event.subject !== filter.subject) continue
        if (filter.sessionId !== undefined && event.sessionId !== filter.sessionId) continue
        if (filter.action !== undefined && event.action !== filter.action) continue
        found.push(event)
      }
      return found
    },
  }
}
