/** Port of the account store. */
import type { Account } from './account.ts'

/** Each method is one atomic step. @throws AuthError `store.unavailable` from every method */
export interface AccountStore {
  /** `exists`: id or email is taken; nothing changed. */
  create(account: Account): Promise<'created' | 'exists'>
  findById(id: string): Promise<Account | null>
  findByEmail(email: string): Promise<Account | null>
  /** Replaces the row if its version is `account.version - 1`. */
  save(account: Account): Promise<'saved' | 'conflict' | 'missing' | 'exists'>
  /** In order of id, starting after `cursor`. */
  list(cursor: string | null, limit: number): Promise<readonly Account[]>
  count(): Promise<number>
}
