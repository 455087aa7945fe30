/** Everything a store offers: the ports of all parts below, on one engine, so that steps which concern several are atomic. */
import type { AccountStore } from '../accounts/store.ts'
import type { AuditStore } from '../audit/store.ts'
import type { RecordsOf } from '../records.ts'
import type { FamilyStore } from '../refresh/store.ts'
import type { RevocationEngine } from '../revocation/engine.ts'
import type { SessionStore } from '../session/store.ts'

export interface Store {
  readonly sessions: SessionStore
  readonly families: FamilyStore
  readonly revocations: RevocationEngine
  readonly accounts: AccountStore
  readonly audit: AuditStore
  readonly records: RecordsOf
  /** Whether the store answers. @throws AuthError `store.unavailable` */
  ping(): Promise<void>
  /** Releases files, sockets and timers; later calls throw `store.unavailable`. */
  close(): Promise<void>
}
