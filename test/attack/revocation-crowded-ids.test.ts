/** Ids chosen to crowd one place of the deny table must cost no more than random ones: the place depends on a secret. */
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../src/crypto/base64url.ts'
import { idKey } from '../../src/revocation/id-keys.ts'
import { createSlotTable, UNTIL } from '../../src/revocation/slot-table.ts'

const COUNT = 1 << 16
const WIDTH = 5

/** Ids as an attacker would lay them out: `COUNT` of them that differ only where `place` puts the number. */
const LAYOUTS: Readonly<Record<string, (bytes: DataView, i: number) => void>> = {
  'counting in the first word': (bytes, i) => bytes.setUint32(0, i),
  'counting in the last word': (bytes, i) => bytes.setUint32(12, i),
  'multiples of 65536 in the first word': (bytes, i) => bytes.setUint32(0, i << 16),
  'the same difference in every word': (bytes, i) => {
    for (let at = 0; at < 16; at += 4) bytes.setUint32(at, i)
  },
  'top bits of every word': (bytes, i) => {
    for (let at = 0; at < 4; at++) bytes.setUint32(at * 4, ((i >> (at * 4)) & 15) << 28)
  },
  'one bit set, two bits set, three': (bytes, i) => {
    for (const bit of [i & 127, (i >> 7) & 127, (i >> 14) & 3]) {
      bytes.setUint8(bit >> 3, bytes.getUint8(bit >> 3) ^ (1 << (bit & 7)))
    }
  },
}

/** The longest search that a table of these ids can cost, in slots. */
function longestRun(idOf: (i: number) => string): number {
  const table = createSlotTable(WIDTH)
  for (let i = 0; i < COUNT; i++) table.upsert(idKey(idOf(i)), 2_000_000_000, 0)
  let longest = 0
  for (let segment = 0; segment < 64; segment++) {
    const words = table.segmentOf(segment << 26)
    let run = 0
    for (let at = UNTIL; words && at < words.length; at += WIDTH) {
      run = words[at] === 0 ? 0 : run + 1
      longest = Math.max(longest, run)
    }
  }
  return longest
}

describe('chosen ids', () => {
  it.each(Object.entries(LAYOUTS))('crowd no place of the table: %s', (_name, layOut) => {
    const run = longestRun((i) => {
      const raw = new Uint8Array(16)
      layOut(new DataView(raw.buffer), i)
      return encodeBase64url(raw)
    })
    // Random ids: about 250 at this load. What is possible at worst is 1024, all ids of a 64th in one run.
    expect(run).toBeLessThan(700)
  })

  it('cannot be checked against a table that was filled before: places differ by process, not by id alone', () => {
    // The words that name a place are no function of the id that somebody outside could compute.
    const plain = idKey('AAAAAAAAAAAAAAAAAAAAAA')
    expect(new Set([plain.k0, plain.k1])).not.toEqual(new Set([0]))
  })
})
