/** The seam between the contract of stores, its parts, and whatever runs tests. */
import type { Store } from '../login/store.ts'
import type { Family } from '../refresh/family.ts'
import type { Session } from '../session/session.ts'

/** What vitest, node:test, jest and the like have in common; pass their own functions. */
export interface TestRunner {
  readonly describe: (name: string, tests: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>) => unknown
}

/** What a part of the contract is handed. */
export interface ContractSuite {
  it(name: string, test: () => Promise<void>): void
  /** The store of the test that is running. */
  readonly current: () => Store
  /** A row with an id of the store's own making, as a store may insist on. */
  readonly aSession: (change?: Partial<Session>) => Session
  readonly aFamily: (sessionId: string, change?: Partial<Family>) => Family
}
