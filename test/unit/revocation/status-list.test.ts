import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeStatusList,
  encodeStatusList,
  INVALID,
  type StatusBits,
  type StatusList,
  setStatus,
  statusAt,
  statusCount,
} from '../../../src/revocation/status-list.ts'
import { gzip } from '../../../src/revocation/status-list-deflate.ts'

const BITS: readonly StatusBits[] = [1, 2, 4, 8]
const statusesOf = (list: StatusList): (number | null)[] =>
  Array.from({ length: statusCount(list) }, (_, index) => statusAt(list, index))

describe('the vectors of the draft', () => {
  it.each([
    [1, 'eNrbuRgAAhcBXQ', 'b9a3', [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]],
    [2, 'eNo76fITAAPfAgc', 'c944f9', [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]],
  ] as const)('of %d bits unpack to their arrays', async (bits, lst, bytes, statuses) => {
    const list = await decodeStatusList({ bits, lst })
    expect(Array.from(list.bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(bytes)
    expect(statusesOf(list)).toEqual(statuses)
  })

  it('of a million entries, whatever its text: the array counts', async () => {
    const revoked = [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345]
    const list: StatusList = { bits: 1, bytes: new Uint8Array(2 ** 17) }
    for (const index of revoked) setStatus(list, index, INVALID)
    const read = await decodeStatusList(await encodeStatusList(list))
    expect(statusesOf(read).flatMap((status, index) => (status === 0 ? [] : [index]))).toEqual(revoked)
  })
})

describe('a list', () => {
  const anyList = fc.constantFrom(...BITS).chain((bits) =>
    fc.record({
      bits: fc.constant(bits),
      statuses: fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: 1, maxLength: 200 }),
    }),
  )

  it('gives back what was set, and nothing else moves', async () => {
    await fc.assert(
      fc.asyncProperty(anyList, async ({ bits, statuses }) => {
        const bytes = new Uint8Array(Math.ceil((statuses.length * bits) / 8))
        const list: StatusList = { bits, bytes }
        // From the last to the first: a neighbour that a place ran into would be overwritten, or overwrite.
        for (let i = statuses.length - 1; i >= 0; i--) setStatus(list, i, statuses[i] as number)
        const read = await decodeStatusList(await encodeStatusList(list))
        expect(statusesOf(read).slice(0, statuses.length)).toEqual(statuses)
        expect(
          statusesOf(read)
            .slice(statuses.length)
            .every((status) => status === 0),
        ).toBe(true)
        expect(read.bytes).toEqual(bytes)
      }),
      { numRuns: 200 },
    )
  })

  it('lies in memory as the draft says: from the least significant bit on', () => {
    fc.assert(
      fc.property(anyList, ({ bits, statuses }) => {
        const list: StatusList = { bits, bytes: new Uint8Array(Math.ceil((statuses.length * bits) / 8)) }
        for (const [index, status] of statuses.entries()) setStatus(list, index, status)
        const wanted = new Uint8Array(list.bytes.length)
        statuses.forEach((status, index) => {
          wanted[Math.floor((index * bits) / 8)]! += status * 2 ** ((index * bits) % 8)
        })
        expect(list.bytes).toEqual(wanted)
      }),
    )
  })

  it.each(BITS)('of %d bits has no place outside of it, and takes no status that does not fit', (bits) => {
    const list: StatusList = { bits, bytes: new Uint8Array(3) }
    const count = 24 / bits
    expect(statusCount(list)).toBe(count)
    for (const index of [-1, count, count + 1, 2 ** 32, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(statusAt(list, index), String(index)).toBeNull()
      expect(() => setStatus(list, index, 0), String(index)).toThrow(RangeError)
    }
    for (const status of [-1, 2 ** bits, 0.5, Number.NaN]) expect(() => setStatus(list, 0, status)).toThrow(RangeError)
    expect(list.bytes).toEqual(new Uint8Array(3))
  })
})

it('gzips for the wire', async () => {
  const text = new TextEncoder().encode('statuslist'.repeat(100))
  const small = await gzip(text)
  expect(small.length).toBeLessThan(60)
  expect([small[0], small[1]]).toEqual([0x1f, 0x8b])
})

it('is as small as the draft says: a million entries, one in a hundred revoked', async () => {
  const list: StatusList = { bits: 2, bytes: new Uint8Array(2 ** 18) }
  expect((await encodeStatusList(list)).lst.length).toBeLessThan(500)
  // A linear congruence, so that the figure is the same everywhere.
  let state = 20261123
  for (let revoked = 0; revoked < 10_486; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const index = state >>> 12
    if (statusAt(list, index) === 0) revoked++
    setStatus(list, index, INVALID)
  }
  const bytes = ((await encodeStatusList(list)).lst.length * 3) / 4
  expect(bytes).toBeLessThan(20_000)
})
