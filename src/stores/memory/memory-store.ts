/** createMemoryStore: every port on the memory of one process. */
import type { Store } from '../../login/store.ts'
import { createAccounts } from './accounts.ts'
import { assertAlone } from './alone.ts'
import { createAudit } from './audit.ts'
import { createFamilies } from './families.ts'
import { createRecords } from './records.ts'
import { createRevocations } from './revocations.ts'
import { createSessions } from './sessions.ts'
import { assertOpen, createState } from './state.ts'

export interface MemoryStoreOptions {
  /**
   * In a worker of a cluster or a worker thread: no other one decides about the same logins. Without it such a store is refused
   * there, for what another worker revokes would never be heard of.
   */
  readonly onlyInThisWorker?: boolean
}

/**
 * A store for tests, the Lab and single processes that may forget (durability D0). Each one is an incarnation of its own.
 * Values are copied on the way in and frozen on the way out. The newest 100 000 audit events are kept.
 *
 * @throws TypeError in a worker of a cluster and in a worker thread, unless it is `onlyInThisWorker`
 */
export function createMemoryStore({ onlyInThisWorker = false }: MemoryStoreOptions = {}): Store {
  if (!onlyInThisWorker) assertAlone()
  const state = createState()
  return {
    sessions: createSessions(state),
    families: createFamilies(state),
    revocations: createRevocations(state),
    accounts: createAccounts(state),
    audit: createAudit(state),
    records: createRecords(state),
    async ping() {
      assertOpen(state)
    },
    async close() {
      state.open = false
      state.watchers.clear()
    },
  }
}
