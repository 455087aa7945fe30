import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { createGenerations, type Generations, MAX_GENERATION } from '../../../src/revocation/generations.ts'
import { idKey } from '../../../src/revocation/id-keys.ts'

const NOW = 1_000_000
const UNTIL = NOW + 100

function judge(table: Generations, subject: string, generation: number): string {
  const { direct, k0, k1, k2, k3 } = idKey(subject)
  return table.judge(direct, k0, k1, k2, k3, generation)
}

function patchFor(table: Generations, subject: string, generation: number): JsonObject | null {
  const { direct, k0, k1, k2, k3 } = idKey(subject)
  return table.patchFor(direct, k0, k1, k2, k3, generation)
}

describe('generations', () => {
  it('are dead below one number and stale below another', () => {
    const table = createGenerations()
    table.raiseDead(idKey('u'), 3, UNTIL, NOW)
    table.raiseStale(idKey('u'), 5, null, UNTIL, NOW)
    const verdicts = [0, 2, 3, 4, 5, 6].map((generation) => judge(table, 'u', generation))
    expect(verdicts).toEqual(['dead', 'dead', 'stale', 'stale', 'alive', 'alive'])
    expect(judge(table, 'v', 0)).toBe('alive')
  })

  it('only rise', () => {
    const table = createGenerations()
    table.raiseDead(idKey('u'), 3, UNTIL, NOW)
    table.raiseDead(idKey('u'), 2, UNTIL, NOW)
    expect(judge(table, 'u', 2)).toBe('dead')
  })

  it('call an absent generation dead', () => {
    const table = createGenerations()
    table.raiseDead(idKey('u'), 1, UNTIL, NOW)
    expect(judge(table, 'u', undefined as never)).toBe('dead')
    expect(judge(table, 'u', Number.NaN)).toBe('dead')
  })

  it('serve the newest patch only', () => {
    const table = createGenerations()
    const key = idKey('u')
    table.raiseStale(key, 1, null, UNTIL, NOW)
    expect(patchFor(table, 'u', 0)).toBeNull()
    table.raiseStale(key, 1, { roles: ['one'] }, UNTIL, NOW)
    expect(patchFor(table, 'u', 0)).toEqual({ roles: ['one'] })
    // Not for who carries current claims already.
    expect(patchFor(table, 'u', 1)).toBeNull()
    // The announcement again: it takes nothing away.
    table.raiseStale(key, 1, null, UNTIL, NOW)
    expect(patchFor(table, 'u', 0)).toEqual({ roles: ['one'] })
    table.raiseStale(key, 2, null, UNTIL, NOW)
    expect(patchFor(table, 'u', 0)).toBeNull()
    expect(patchFor(table, 'u', 1)).toBeNull()
    // Late, of an older generation.
    table.raiseStale(key, 1, { roles: ['one'] }, UNTIL, NOW)
    expect(patchFor(table, 'u', 0)).toBeNull()
    table.raiseStale(key, 2, { roles: ['two'] }, UNTIL, NOW)
    expect(patchFor(table, 'u', 0)).toEqual({ roles: ['two'] })
    expect(patchFor(table, 'u', 1)).toEqual({ roles: ['two'] })
  })

  it('come to the same in whatever order and however often the entries come', () => {
    const entry = fc.record({
      subject: fc.constantFrom('u', 'v', 'AAAAAAAAAAAAAAAAAAAAAA'),
      generation: fc.integer({ min: 1, max: 6 }),
      kind: fc.constantFrom('dead', 'stale', 'patch'),
    })
    const both = fc
      .array(entry, { maxLength: 30 })
      .chain((entries) =>
        fc.tuple(
          fc.constant(entries),
          fc.shuffledSubarray([...entries, ...entries], { minLength: entries.length * 2 }),
        ),
      )
    fc.assert(
      fc.property(both, (orders) => {
        const seen = orders.map((entries) => {
          const table = createGenerations()
          for (const { subject, generation, kind } of entries) {
            if (kind === 'dead') table.raiseDead(idKey(subject), generation, UNTIL, NOW)
            else {
              const patch = kind === 'patch' ? { g: generation } : null
              table.raiseStale(idKey(subject), generation, patch, UNTIL, NOW)
            }
          }
          return ['u', 'v', 'AAAAAAAAAAAAAAAAAAAAAA'].flatMap((subject) =>
            [0, 1, 2, 3, 4, 5, 6].map((g) => [judge(table, subject, g), patchFor(table, subject, g)]),
          )
        })
        expect(seen[1]).toEqual(seen[0])
      }),
    )
  })

  it('are forgotten with their last entry, patches too', () => {
    const table = createGenerations()
    table.raiseStale(idKey('u'), 1, { roles: [] }, UNTIL, NOW)
    table.raiseDead(idKey('u'), 1, UNTIL + 100, NOW)
    for (let i = 0; i < 64; i++) table.sweep(UNTIL + 50)
    expect(judge(table, 'u', 0)).toBe('dead')
    for (let i = 0; i < 64; i++) table.sweep(UNTIL + 100)
    expect(judge(table, 'u', 0)).toBe('alive')
    expect(table.size).toBe(0)
    // The place of the patch is used again.
    table.raiseStale(idKey('v'), 1, { roles: ['x'] }, UNTIL, NOW)
    expect(patchFor(table, 'v', 0)).toEqual({ roles: ['x'] })
    table.clear()
    expect(patchFor(table, 'v', 0)).toBeNull()
    expect(table.size).toBe(0)
  })

  it('take at most 64 bytes a subject beyond the patch', () => {
    const table = createGenerations()
    for (let i = 0; i < 100_000; i++) {
      table.raiseDead(idKey(`user-${i}`), i, UNTIL, NOW)
      table.raiseStale(idKey(`user-${i}`), MAX_GENERATION - i, { i }, UNTIL, NOW)
    }
    expect(table.size).toBe(100_000)
    expect(table.bytes / table.size).toBeLessThanOrEqual(64)
    for (let i = 0; i < 100_000; i += 101) {
      expect(judge(table, `user-${i}`, i)).toBe('stale')
      expect(judge(table, `user-${i}`, MAX_GENERATION - i)).toBe('alive')
      expect(patchFor(table, `user-${i}`, i)).toEqual({ i })
    }
  })
})
