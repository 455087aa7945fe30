/** The audit log: who did what, by ids only. */
import type { Clock } from '../clock.ts'
import type { AuditEvent, StoredAuditEvent } from './event.ts'
import type { AuditStore } from './store.ts'

/** What a caller knows of an event; the rest is filled in. */
export type AuditEntry = Pick<AuditEvent, 'action' | 'actor'> & Partial<Omit<AuditEvent, 'at' | 'action' | 'actor'>>

export interface Audit {
  /** Writes one event. @throws AuthError `store.unavailable` */
  record(entry: AuditEntry): Promise<void>
  /** Newest first; events with a sequence below `before`. @throws AuthError `store.unavailable` */
  list: AuditStore['list']
}

const LONGEST_TEXT = 256

/** @param clock stamps each event */
export function createAudit(store: AuditStore, clock: Clock): Audit {
  return {
    record: (entry) =>
      store.append({
        at: clock.now(),
        action: entry.action,
        actor: entry.actor,
        subject: entry.subject ?? null,
        sessionId: entry.sessionId ?? null,
        address: entry.address?.slice(0, LONGEST_TEXT) ?? null,
        detail: entry.detail ?? {},
      }),
    list: (filter, before, limit): Promise<readonly StoredAuditEvent[]> => store.list(filter, before, limit),
  }
}
