/** The contract of the account port. */

import type { ContractSuite } from './contract-suite.ts'
import { expect, there } from './expect.ts'
import { anAccount, tally, together } from './store-fixtures.ts'

export function accountContract({ it, current }: ContractSuite): void {
  const accounts = () => current().accounts

  it('gives back what was created, by id and by email', async () => {
    const account = anAccount({ mustChangePassword: true, claims: { roles: ['operator'], plan: null } })
    expect(await accounts().create(account)).toBe('created')
    expect(await accounts().findById(account.id)).toEqual(account)
    expect(await accounts().findByEmail(account.email)).toEqual(account)
    expect(await accounts().findById('nobody')).toBeNull()
    expect(await accounts().findByEmail('nobody@example.com')).toBeNull()
    expect(await accounts().findByEmail('')).toBeNull()
  })

  it('holds each id and each email once', async () => {
    const account = anAccount()
    await accounts().create(account)
    expect(await accounts().create(anAccount({ id: account.id }))).toBe('exists')
    expect(await accounts().create(anAccount({ email: account.email }))).toBe('exists')
    expect(await accounts().count()).toBe(1)
  })

  it('saves at the next version only', async () => {
    const account = anAccount()
    await accounts().create(account)
    const changed = { ...account, version: 2, passwordHash: 'new', claims: {}, mustChangePassword: true }
    expect(await accounts().save({ ...changed, version: 3 })).toBe('conflict')
    expect(await accounts().save(changed)).toBe('saved')
    expect(await accounts().save(changed)).toBe('conflict')
    expect(await accounts().findById(account.id)).toEqual(changed)
    expect(await accounts().save(anAccount({ version: 2 }))).toBe('missing')
  })

  it('moves to a free email and leaves the old one free', async () => {
    const [one, two] = [anAccount(), anAccount()]
    await accounts().create(one)
    await accounts().create(two)
    expect(await accounts().save({ ...one, version: 2, email: two.email })).toBe('exists')
    expect(await accounts().findByEmail(one.email)).toEqual(one)
    const moved = { ...one, version: 2, email: 'moved@example.com' }
    expect(await accounts().save(moved)).toBe('saved')
    expect(await accounts().findByEmail(one.email)).toBeNull()
    expect(await accounts().findByEmail('moved@example.com')).toEqual(moved)
    expect(await accounts().create(anAccount({ email: one.email }))).toBe('created')
  })

  it('lists in order of id, in pages', async () => {
    for (const id of ['c', 'a', 'e', 'b', 'd']) await accounts().create(anAccount({ id }))
    const ids = async (cursor: string | null, limit: number) =>
      (await accounts().list(cursor, limit)).map(({ id }) => id)
    expect(await ids(null, 3)).toEqual(['a', 'b', 'c'])
    expect(await ids('c', 3)).toEqual(['d', 'e'])
    expect(await ids('e', 3)).toEqual([])
    expect(await accounts().count()).toBe(5)
  })

  it('lets one of twenty callers have an email, and one save a version', async () => {
    const created = await together(20, () => accounts().create(anAccount({ email: 'wanted@example.com' })))
    expect(tally(created)).toEqual({ created: 1, exists: 19 })
    const account = there(await accounts().findByEmail('wanted@example.com'))
    const saved = await together(20, (i) => accounts().save({ ...account, version: 2, claims: { by: i } }))
    expect(tally(saved)).toEqual({ saved: 1, conflict: 19 })
  })
}
