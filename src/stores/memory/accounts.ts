/** Accounts in memory. */
import type { AccountStore } from '../../accounts/store.ts'
import { assertOpen, checkLimit, frozenCopy, type MemoryState } from './state.ts'

export function createAccounts(state: MemoryState): AccountStore {
  const { accounts, accountIdByEmail } = state
  return {
    async create(account) {
      assertOpen(state)
      if (accounts.has(account.id) || accountIdByEmail.has(account.email)) return 'exists'
      accounts.set(account.id, frozenCopy(account))
      accountIdByEmail.set(account.email, account.id)
      return 'created'
    },

    async findById(id) {
      assertOpen(state)
      return accounts.get(id) ?? null
    },

    async findByEmail(email) {
      assertOpen(state)
      return accounts.get(accountIdByEmail.get(email) ?? '') ?? null
    },

    async save(account) {
      assertOpen(state)
      const current = accounts.get(account.id)
      if (!current) return 'missing'
      if (current.version !== account.version - 1) return 'conflict'
      const holder = accountIdByEmail.get(account.email)
      if (holder !== undefined && holder !== account.id) return 'exists'
      accountIdByEmail.delete(current.email)
      accountIdByEmail.set(account.email, account.id)
      accounts.set(account.id, frozenCopy(account))
      return 'saved'
    },

    async list(cursor, limit) {
      assertOpen(state)
      checkLimit(limit)
      const ids = [...accounts.keys()].filter((id) => cursor === null || id > cursor).sort()
      return ids.slice(0, limit).flatMap((id) => accounts.get(id) ?? [])
    },

    async count() {
      assertOpen(state)
      return accounts.size
    },
  }
}
