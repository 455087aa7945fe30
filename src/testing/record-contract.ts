/** The contract of records. */

import type { Json } from '../json.ts'
import type { ContractSuite } from './contract-suite.ts'
import { expect } from './expect.ts'
import { T0, tally, together } from './store-fixtures.ts'

export function recordContract({ it, current }: ContractSuite): void {
  const codes = () => current().records('code')

  it('gives back any JSON value', async () => {
    const values: readonly Json[] = [null, true, 0, -1.5, '', 'text "ünï" \u0000', [], [1, [2]], {}, { a: { b: null } }]
    for (const [i, value] of values.entries()) {
      await codes().put(`k${i}`, value, null, T0)
      expect(await codes().find(`k${i}`, T0)).toEqual({ value, version: 1 })
    }
    expect(await codes().find('absent', T0)).toBeNull()
    expect(await codes().find('\ud800', T0)).toBeNull()
    await expect(codes().put('k', undefined as unknown as Json, null, T0)).rejects.toThrow(TypeError)
  })

  it('keeps kinds apart, and refuses a kind with an odd name', async () => {
    await codes().put('k', 'code', null, T0)
    await current().records('client').put('k', 'client', null, T0)
    expect(await codes().find('k', T0)).toMatchObject({ value: 'code' })
    expect(await current().records('client').take('k', T0)).toBe('client')
    expect(await codes().find('k', T0)).toMatchObject({ value: 'code' })
    for (const kind of ['', 'a b', 'a:b', "'", 'ä']) expect(() => current().records(kind)).toThrow(TypeError)
  })

  it('is gone from the very second named', async () => {
    await codes().put('k', 1, T0 + 10, T0)
    await codes().put('for ever', 1, null, T0)
    expect(await codes().find('k', T0 + 9)).toEqual({ value: 1, version: 1 })
    expect(await codes().find('k', T0 + 10)).toBeNull()
    expect(await codes().list(null, 9, T0 + 10)).toEqual([{ key: 'for ever', value: 1, version: 1 }])
    expect(await codes().take('k', T0 + 10)).toBeNull()
    expect(await codes().find('for ever', T0 + 1e9)).not.toBeNull()
  })

  it('puts over whatever was there, at version 1', async () => {
    await codes().put('k', 1, null, T0)
    await codes().compareAndSet('k', 1, 2, null, T0)
    await codes().put('k', 3, T0 + 10, T0)
    expect(await codes().find('k', T0)).toEqual({ value: 3, version: 1 })
    expect(await codes().find('k', T0 + 10)).toBeNull()
  })

  it('sets only at the version named', async () => {
    expect(await codes().compareAndSet('k', 1, 'x', null, T0)).toBe(false)
    expect(await codes().compareAndSet('k', null, 'a', T0 + 10, T0)).toBe(true)
    expect(await codes().compareAndSet('k', null, 'x', null, T0)).toBe(false)
    expect(await codes().compareAndSet('k', 2, 'x', null, T0)).toBe(false)
    expect(await codes().find('k', T0)).toEqual({ value: 'a', version: 1 })
    expect(await codes().compareAndSet('k', 1, 'b', T0 + 20, T0)).toBe(true)
    expect(await codes().find('k', T0 + 19)).toEqual({ value: 'b', version: 2 })
    expect(await codes().compareAndSet('k', 2, 'x', null, T0 + 20)).toBe(false)
    expect(await codes().compareAndSet('k', null, 'c', null, T0 + 20)).toBe(true)
    expect(await codes().find('k', T0 + 20)).toEqual({ value: 'c', version: 1 })
  })

  it('lists live records in key order, in pages', async () => {
    for (const key of ['b', 'a', 'd', 'c', 'B', '', 'a-1']) await codes().put(key, key, null, T0)
    await codes().put('ab', 'dead', T0 + 1, T0)
    const keys = async (cursor: string | null, limit: number) =>
      (await codes().list(cursor, limit, T0 + 1)).map(({ key }) => key)
    expect(await keys(null, 99)).toEqual(['', 'B', 'a', 'a-1', 'b', 'c', 'd'])
    expect(await keys(null, 4)).toEqual(['', 'B', 'a', 'a-1'])
    expect(await keys('b', 4)).toEqual(['c', 'd'])
    expect(await keys('d', 4)).toEqual([])
  })

  it('deletes expired records of its kind, a batch at a time', async () => {
    for (let i = 0; i < 5; i++) await codes().put(`k${i}`, i, T0 + 10, T0)
    await codes().put('live', 1, T0 + 11, T0)
    await current()
      .records('other')
      .put('k', 1, T0 + 10, T0)
    expect(await codes().deleteExpired(T0 + 9, 99)).toBe(0)
    expect(await codes().deleteExpired(T0 + 10, 3)).toBe(3)
    expect(await codes().deleteExpired(T0 + 10, 3)).toBe(2)
    expect(await codes().deleteExpired(T0 + 10, 3)).toBe(0)
    expect(await codes().find('live', T0 + 10)).not.toBeNull()
    expect(
      await current()
        .records('other')
        .deleteExpired(T0 + 10, 3),
    ).toBe(1)
  })

  it('is out of reach of whoever holds a value', async () => {
    const value = { list: [1] }
    await codes().put('k', value, null, T0)
    value.list.push(2)
    expect(await codes().find('k', T0)).toEqual({ value: { list: [1] }, version: 1 })
  })

  it('is taken by one of twenty callers', async () => {
    await codes().put('k', 'prize', T0 + 10, T0)
    const answers = await together(20, () => codes().take('k', T0 + 9))
    expect(tally(answers)).toEqual({ prize: 1, null: 19 })
    expect(await codes().find('k', T0)).toBeNull()
  })

  it('is set by one of twenty callers, from nothing and from a version', async () => {
    for (const version of [null, 1]) {
      const answers = await together(20, (i) => codes().compareAndSet('k', version, i, null, T0))
      expect(tally(answers)).toEqual({ true: 1, false: 19 })
      expect(await codes().find('k', T0)).toEqual({ value: answers.indexOf(true), version: (version ?? 0) + 1 })
    }
  })
}
