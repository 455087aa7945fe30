/**
 * The contract of every store: one suite, whatever engine is behind it and whatever runs the tests. A new back end passes it
 * in a few lines: `storeContract({ describe, it }, 'mine', () => createMyStore(...))`.
 */
import { isAuthError } from '../errors.ts'
import type { Store } from '../login/store.ts'
import { accountContract } from './account-contract.ts'
import { auditContract } from './audit-contract.ts'
import type { ContractSuite, TestRunner } from './contract-suite.ts'
import { expect } from './expect.ts'
import { familyContract } from './family-contract.ts'
import { recordContract } from './record-contract.ts'
import { recoveryContract } from './recovery-contract.ts'
import { revocationContract } from './revocation-contract.ts'
import { sessionContract } from './session-contract.ts'
import { aFamily, anAccount, anAuditEvent, aSession, T0 } from './store-fixtures.ts'
import { subjectContract } from './subject-contract.ts'

/**
 * Registers the suite, some hundred tests. It needs no hooks and no assertions of the runner's, only that the tests of one
 * suite run one after the other.
 *
 * @param runner `{ describe, it }` of vitest, node:test, jest or the like
 * @param makeStore an empty store, of its own for each test; the suite closes it
 */
export function storeContract(
  { describe, it }: TestRunner,
  name: string,
  makeStore: () => Store | Promise<Store>,
): void {
  let store: Store | null = null
  let isBusy = false
  const current = (): Store => {
    if (!store) throw new TypeError('there is a store only while a test runs')
    return store
  }
  const suite: ContractSuite = {
    current,
    aSession(change = {}) {
      const subject = change.subject === undefined ? 'subject-1' : change.subject
      return aSession({ id: current().sessions.newId(subject), ...change })
    },
    aFamily: (sessionId, change = {}) => aFamily(sessionId, { id: current().families.newId(sessionId), ...change }),
    it(title, test) {
      it(title, async () => {
        if (isBusy) throw new TypeError('the tests of a store run one after the other')
        isBusy = true
        try {
          const made = await makeStore()
          store = made
          await test().finally(() => made.close())
        } finally {
          store = null
          isBusy = false
        }
      })
    },
  }
  describe(`${name} store`, () => {
    describe('sessions', () => sessionContract(suite))
    describe('subjects', () => subjectContract(suite))
    describe('families', () => familyContract(suite))
    describe('revocations', () => revocationContract(suite))
    describe('recovery', () => recoveryContract(suite))
    describe('records', () => recordContract(suite))
    describe('accounts', () => accountContract(suite))
    describe('audit', () => auditContract(suite))
    describe('the whole', () => wholeContract(suite))
  })
}

function wholeContract({ it, current, aSession, aFamily }: ContractSuite): void {
  it('answers a ping', async () => {
    await expect(current().ping()).resolves.toBeUndefined()
  })

  it('refuses every call once it is closed, and closes twice', async () => {
    const store = current()
    const session = aSession()
    await store.close()
    await store.close()
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.ping(),
      () => store.sessions.find(session.id, T0),
      () => store.sessions.create(session, null, T0),
      () => store.families.create(aFamily(session.id), T0),
      () => store.revocations.renew('v'),
      () => store.revocations.readAfter(0, 1),
      () => store.accounts.create(anAccount()),
      () => store.audit.append(anAuditEvent()),
      () => store.records('code').find('k', T0),
    ]
    for (const call of calls) {
      const error = await call().catch((caught: unknown) => caught)
      expect(isAuthError(error, 'store.unavailable'), String(error)).toBe(true)
    }
  })

  it('refuses a limit that is no whole number from 1 on', async () => {
    const store = current()
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await expect(store.sessions.list(null, limit, T0)).rejects.toThrow(TypeError)
      await expect(store.sessions.deleteExpired(T0, limit)).rejects.toThrow(TypeError)
      await expect(store.revocations.readAfter(0, limit)).rejects.toThrow(TypeError)
      await expect(store.records('code').list(null, limit, T0)).rejects.toThrow(TypeError)
      await expect(store.accounts.list(null, limit)).rejects.toThrow(TypeError)
      await expect(store.audit.list({}, null, limit)).rejects.toThrow(TypeError)
    }
  })
}
