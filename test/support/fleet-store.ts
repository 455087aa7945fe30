/** A store as `SOJOURN_STORE` names it, for a process that is no server. */
import { systemClock } from '../../src/clock.ts'
import type { Store } from '../../src/login/store.ts'
import { readStore } from '../../src/server/config-store.ts'
import { openStore } from '../../src/server/open-store.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { PATIENT } from './store-at.ts'

export function openStoreAt(url: string): Promise<Store> {
  const choice = readStore(url, '.', (problem) => {
    throw new Error(problem)
  })
  if (choice.kind === 'sqlite')
    return Promise.resolve(createSqliteStore({ path: choice.path, busyTimeoutMs: PATIENT.timeoutMs }))
  return openStore(choice, systemClock)
}

/** A log that has never been used counts as one that was lost: whoever knows better need not wait for a lease. */
export async function settleLog(store: Store): Promise<void> {
  await store.revocations.settle((await store.revocations.members()).incarnation)
}
