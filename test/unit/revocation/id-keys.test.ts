import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../../src/crypto/base64url.ts'
import { type IdKey, idKey } from '../../../src/revocation/id-keys.ts'

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 })
const text = (key: IdKey): string => `${key.direct} ${key.k0} ${key.k1} ${key.k2} ${key.k3}`

describe('idKey', () => {
  it('is the same for the same id', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        expect(idKey(id)).toEqual(idKey(`${id} `.slice(0, -1)))
      }),
    )
  })

  it('is another for every other 128 bits', () => {
    const flip = fc.tuple(bytes, fc.nat({ max: 127 }))
    fc.assert(
      fc.property(flip, ([id, bit]) => {
        const other = id.slice()
        other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
        const keys = [idKey(encodeBase64url(id)), idKey(encodeBase64url(other))] as const
        expect(keys[0].direct && keys[1].direct).toBe(true)
        expect(text(keys[0])).not.toBe(text(keys[1]))
      }),
    )
  })

  it('has words of 32 bits, signed', () => {
    fc.assert(
      fc.property(fc.oneof(bytes.map(encodeBase64url), fc.string()), (id) => {
        const { k0, k1, k2, k3 } = idKey(id)
        for (const word of [k0, k1, k2, k3]) expect(word).toBe(word | 0)
      }),
    )
  })

  it.each([
    ['21 characters', 'AAAAAAAAAAAAAAAAAAAAA'],
    ['23 characters', 'AAAAAAAAAAAAAAAAAAAAAAA'],
    ['bits behind the end', 'AAAAAAAAAAAAAAAAAAAAAB'],
    ['a foreign character at the start', '+AAAAAAAAAAAAAAAAAAAAA'],
    ['a foreign character in the middle', 'AAAAAAAAAA=AAAAAAAAAAA'],
    ['a foreign character at the end', 'AAAAAAAAAAAAAAAAAAAAA/'],
    ['a foreign character before the end', 'AAAAAAAAAAAAAAAAAAAA A'],
    ['beyond ASCII', 'AAAAAAAAAAAAAAAAAAAAé'.padEnd(22, 'A')],
    ['nothing', ''],
  ])('digests what is not 22 canonical characters: %s', (_what, id) => {
    expect(idKey(id).direct).toBe(false)
  })

  it('tells all ids of a large set apart', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 50_000; i++) {
      const raw = new Uint8Array(16)
      new DataView(raw.buffer).setUint32((i & 3) * 4, i)
      seen.add(text(idKey(encodeBase64url(raw))))
      seen.add(text(idKey(`user-${i}`)))
    }
    // Four of the first kind are the id of all zeros but once.
    expect(seen.size).toBe(100_000)
  })
})
