import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTokenCache, NO_STAMP } from '../../../src/verifier/token-cache.ts'

const open = (maxEntries: number, maxBytes = 1000) => createTokenCache<string, string>({ maxEntries, maxBytes })
const put = (cache: ReturnType<typeof open>, name: string, size = 10) =>
  cache.put(name, `entry ${name}`, `answer ${name}`, 7, size)

describe('createTokenCache', () => {
  it('answers what was put, under no stamp at first', () => {
    const cache = open(4)
    const slot = put(cache, 'a')
    expect(cache.find('a')).toBe(slot)
    expect(cache.find('b')).toBe(-1)
    expect([cache.entry(slot), cache.answer(slot), cache.expiresAt(slot), cache.stampOf(slot)]).toEqual([
      'entry a',
      'answer a',
      7,
      NO_STAMP,
    ])
    cache.remember(slot, 'another answer', 5)
    expect([cache.answer(slot), cache.stampOf(slot)]).toEqual(['another answer', 5])
    cache.remove(slot)
    cache.remove(slot)
    expect([cache.find('a'), cache.size]).toEqual([-1, 0])
  })

  it('leaves no stamp behind for the next one in a slot', () => {
    const cache = open(4)
    const slot = put(cache, 'a')
    cache.remember(slot, 'x', 5)
    cache.remove(slot)
    expect(put(cache, 'b')).toBe(slot)
    expect([cache.stampOf(slot), cache.answer(slot)]).toEqual([NO_STAMP, 'answer b'])
    cache.remember(slot, 'x', 5)
    put(cache, 'b')
    expect(cache.stampOf(cache.find('b'))).toBe(NO_STAMP)
  })

  it('drops what is not used first', () => {
    const cache = open(3)
    for (const name of ['a', 'b', 'c']) put(cache, name)
    cache.find('a')
    cache.find('c')
    put(cache, 'd')
    expect(['a', 'b', 'c', 'd'].filter((name) => cache.find(name) >= 0)).toEqual(['a', 'c', 'd'])
  })

  it('keeps no entry that is larger than all of it', () => {
    const cache = open(3, 100)
    put(cache, 'b')
    expect(put(cache, 'a', 101)).toBe(-1)
    expect([cache.find('a'), cache.size]).toEqual([-1, 1])
    expect(put(open(0), 'a')).toBe(-1)
  })

  it('passes no more than a few used entries for an insertion', () => {
    const cache = open(10_000, 1e9)
    const names = Array.from({ length: 10_000 }, (_, i) => `e${i}`)
    for (const name of names) put(cache, name)
    for (const name of names) cache.find(name)
    put(cache, 'new')
    expect(names.filter((name) => cache.find(name) < 0)).toEqual(['e64'])
    expect(cache.size).toBe(10_000)
  })

  it('stays within its bounds and true to what was put, whatever happens', () => {
    const step = fc.record({
      action: fc.constantFrom('put', 'put', 'find', 'remove'),
      name: fc.integer({ min: 0, max: 100 }).map(String),
      size: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 90 }), (steps, maxEntries) => {
        const cache = createTokenCache<object, object>({ maxEntries, maxBytes: 800 })
        const held = new Map<string, { entry: object; size: number }>()
        for (const { action, name, size } of steps) {
          const slot = cache.find(name)
          if (slot >= 0) expect(cache.entry(slot)).toBe(held.get(name)?.entry)
          if (action === 'put') {
            const entry = { name }
            held.set(name, { entry, size })
            expect(cache.entry(cache.put(name, entry, entry, 1, size))).toBe(entry)
          } else if (action === 'remove' && slot >= 0) {
            cache.remove(slot)
            expect(cache.find(name)).toBe(-1)
          }
        }
        const found = [...held.keys()].filter((name) => cache.find(name) >= 0)
        expect(new Set(found.map((name) => cache.find(name))).size).toBe(found.length)
        expect(found).toHaveLength(cache.size)
        expect(cache.size).toBeLessThanOrEqual(maxEntries)
        expect(found.reduce((sum, name) => sum + (held.get(name)?.size ?? 0), 0)).toBeLessThanOrEqual(800)
      }),
    )
  })
})
