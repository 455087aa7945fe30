import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../../src/crypto/base64url.ts'
import { createDenyTable, type DenyTable } from '../../../src/revocation/deny-table.ts'
import { idKey } from '../../../src/revocation/id-keys.ts'

const NOW = 1_000_000

function has(table: DenyTable, id: string): boolean {
  const { direct, k0, k1, k2, k3 } = idKey(id)
  return table.has(direct, k0, k1, k2, k3)
}

function numbered(i: number): string {
  const raw = new Uint8Array(16)
  new DataView(raw.buffer).setUint32(12, i)
  return encodeBase64url(raw)
}

describe('the deny table', () => {
  it('agrees with a map, whatever is added, expires and is swept', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ id: fc.nat({ max: 400 }), life: fc.integer({ min: 1, max: 300 }) }) },
      { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 200 }) }) },
      { weight: 1, arbitrary: fc.constant({ sweep: true as const }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const table = createDenyTable()
        const model = new Map<string, number>()
        let now = NOW
        for (const one of steps) {
          if ('pass' in one) now += one.pass
          else if ('sweep' in one) for (let i = 0; i < 64; i++) table.sweep(now)
          else {
            const id = one.id % 3 === 0 ? `name-${one.id}` : numbered(one.id)
            table.add(idKey(id), now + one.life, now)
            model.set(id, Math.max(model.get(id) ?? 0, now + one.life))
          }
        }
        for (let i = 0; i <= 400; i++) {
          for (const id of [numbered(i), `name-${i}`]) {
            const until = model.get(id)
            // What has expired may be there or not; what has not must be, and nothing else may.
            if (until === undefined) expect(has(table, id)).toBe(false)
            else if (until > now) expect(has(table, id)).toBe(true)
          }
        }
        for (let i = 0; i < 64; i++) table.sweep(now)
        expect(table.size).toBe([...model.values()].filter((until) => until > now).length)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps the later of two expiries', () => {
    const table = createDenyTable()
    table.add(idKey('a'), NOW + 100, NOW)
    table.add(idKey('a'), NOW + 10, NOW)
    for (let i = 0; i < 64; i++) table.sweep(NOW + 50)
    expect(has(table, 'a')).toBe(true)
    expect(table.size).toBe(1)
    expect(table.droppedAt).toBe(0)
    for (let i = 0; i < 64; i++) table.sweep(NOW + 100)
    expect(has(table, 'a')).toBe(false)
    expect(table).toMatchObject({ size: 0, bytes: 0, droppedAt: NOW + 100 })
    table.restart()
    expect(table.droppedAt).toBe(0)
  })

  it('holds moments beyond 2038', () => {
    const table = createDenyTable()
    table.add(idKey('a'), 0xffff_ffff, NOW)
    table.add(idKey('a'), 0xf000_0000, NOW)
    for (let i = 0; i < 64; i++) table.sweep(0xf100_0000)
    expect(has(table, 'a')).toBe(true)
  })

  it('takes at most 25 bytes an entry when it is large, and gives memory back', () => {
    const table = createDenyTable()
    for (let i = 0; i < 200_000; i++) table.add(idKey(numbered(i)), NOW + (i < 190_000 ? 10 : 100), NOW)
    expect(table.size).toBe(200_000)
    expect(table.bytes / table.size).toBeLessThanOrEqual(25)
    for (let i = 0; i < 200_000; i += 97) expect(has(table, numbered(i))).toBe(true)
    for (let i = 200_000; i < 220_000; i++) expect(has(table, numbered(i))).toBe(false)
    for (let i = 0; i < 64; i++) table.sweep(NOW + 50)
    expect(table.size).toBe(10_000)
    expect(table.bytes / table.size).toBeLessThanOrEqual(30)
    for (let i = 190_000; i < 200_000; i++) expect(has(table, numbered(i))).toBe(true)
  })
})
