/** The slots against a Map: whatever is added and removed in whatever order, each is found and nobody else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256Latin1 } from '../../../src/crypto/digest.ts'
import { randomId } from '../../../src/crypto/random.ts'
import { createRevocationView } from '../../../src/revocation/view.ts'
import { createSlotIndex } from '../../../src/session/slot-index.ts'
import { createSlots, LAST_SECOND } from '../../../src/session/slots.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { sessionFor } from '../../support/sessions.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const clock = createTestClock()
const view = createRevocationView({ clock, judge: async () => 'alive' })

describe('slots', () => {
  it('are found by cookie and by session, each by its own, through growth and reuse', () => {
    const step = fc.record({ add: fc.boolean(), pick: fc.nat(1_000_000) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 400, size: 'max' }), (steps) => {
        const slots = createSlots(1000, view, () => null)
        const model = new Map<string, number>()
        const gone: string[] = []
        for (const { add, pick } of steps) {
          if (add || model.size === 0) {
            const id = randomId()
            const slot = slots.add(sha256Latin1(id), sessionFor('ann', clock.now(), { id }))
            model.set(id, slot)
          } else {
            const id = [...model.keys()][pick % model.size] ?? ''
            slots.remove(model.get(id) ?? -1)
            model.delete(id)
            gone.push(id)
          }
        }
        expect(slots.size).toBe(model.size)
        expect(new Set(model.values()).size).toBe(model.size)
        for (const [id, slot] of model) {
          expect([slots.find(sha256Latin1(id)), slots.bySession(id), slots.session(slot).id]).toEqual([slot, slot, id])
        }
        for (const id of gone) expect([slots.find(sha256Latin1(id)), slots.bySession(id)]).toEqual([-1, -1])
      }),
      { numRuns: 60 },
    )
  })

  it('hold a second beyond 2038, and none beyond the last', () => {
    const slots = createSlots(10, view, () => null)
    const slot = slots.add(sha256Latin1('a'), sessionFor('ann', clock.now()))
    slots.setUntil(slot, 2 ** 31 + 5, Number.POSITIVE_INFINITY)
    slots.attend(slot, 2 ** 31 + 9, Number.POSITIVE_INFINITY)
    expect([slots.goodUntil(slot), slots.readUntil(slot), slots.quietUntil(slot), slots.reloadAt(slot)]).toEqual([
      2 ** 31 + 5,
      LAST_SECOND,
      2 ** 31 + 5,
      LAST_SECOND,
    ])
  })

  it('give up the unused first, and one of the used when all are', () => {
    const slots = createSlots(10, view, () => null)
    const ids = ['a', 'b', 'c']
    for (const id of ids) slots.add(sha256Latin1(id), sessionFor('ann', clock.now(), { id }))
    for (const id of ['a', 'c']) slots.find(sha256Latin1(id))
    expect(slots.session(slots.victim()).id).toBe('b')
    for (const id of ids) slots.find(sha256Latin1(id))
    expect(ids).toContain(slots.session(slots.victim()).id)
  })
})

describe('slot index', () => {
  it('finds everybody when all have the same home, and after removals in every order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1, 2, 15, 16), { minLength: 1, maxLength: 7 }),
        fc.array(fc.nat(6), { maxLength: 7 }),
        (homes, removals) => {
          const index = createSlotIndex(4, 0)
          const words = new Int32Array(homes.flatMap((home, slot) => [home, slot, 0, 0]))
          const find = (slot: number): number => {
            for (let place = (words[4 * slot] as number) & index.mask; ; place = (place + 1) & index.mask) {
              const held = index.places[place] as number
              if (held === 0) return -1
              if (held - 1 === slot) return slot
            }
          }
          const living = new Set(homes.keys())
          for (const slot of living) index.add(words, slot)
          for (const slot of removals) {
            if (!living.delete(slot)) continue
            index.remove(words, slot)
            expect(() => index.remove(words, slot)).toThrow(TypeError)
            for (const one of homes.keys()) expect(find(one)).toBe(living.has(one) ? one : -1)
          }
        },
      ),
    )
  })

  it('keep what is used often through a scan of a million others that fills them twice between two uses', () => {
    const slots = createSlots(5000, view, () => null)
    const some = sessionFor('ann', clock.now())
    // 22 characters and all the bits that the indexes look at, without a digest to be made a million times.
    const nameOf = (i: number): string => {
      const mixed = Math.imul(i + 1, 0x9e3779b1)
      const letters = [0, 6, 12, 18, 24].map((shift) => ALPHABET[(mixed >>> shift) & 63]).join('')
      return `${letters}${letters}${letters}${letters}AA`
    }
    const insert = (i: number): string => {
      const id = nameOf(i)
      if (slots.size >= 5000) slots.remove(slots.victim())
      slots.add(`${id}${id.slice(1)}`, { ...some, id })
      return `${id}${id.slice(1)}`
    }
    const hot = Array.from({ length: 500 }, (_, i) => insert(i))
    const isHeld = () => hot.filter((digest) => slots.find(digest) >= 0).length
    for (let i = 500; i < 1_000_500; i++) {
      if (i % 10_000 === 500) expect([isHeld(), isHeld(), isHeld()]).toEqual([500, 500, 500])
      insert(i)
    }
    expect(slots.size).toBe(5000)
  })
})
