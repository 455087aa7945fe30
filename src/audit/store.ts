/** Port of the audit log: it is only ever appended to. */
import type { AuditEvent, StoredAuditEvent } from './event.ts'

/** @throws AuthError `store.unavailable` from every method */
export interface AuditStore {
  append(event: AuditEvent): Promise<void>
  /** Newest first; events with a sequence below `before` (null: from the newest). */
  list(
    filter: { readonly subject?: string; readonly sessionId?: string; readonly action?: string },
    before: number | null,
    limit: number,
  ): Promise<readonly StoredAuditEvent[]>
}
