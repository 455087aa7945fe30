/** Any text can be stored, and comes back as what it was; no two become the same. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { restored, storable } from '../../../src/stores/postgres/storable.ts'

const anyText = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 1 }), fc.constantFrom('\0', '\u0001', '\ud800', '\udc00', 'a')),
})

it('comes back as what it was, and is what Postgres can hold', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const stored = storable(text)
      expect(stored.isWellFormed() && !stored.includes('\0')).toBe(true)
      expect(restored(stored)).toBe(text)
    }),
  )
})

it('is itself where it can be', () => {
  for (const text of ['', 'abc', 'ünï', '\u{1f600}', '"']) expect(storable(text)).toBe(text)
})

it('is damaged where it cannot have come from here', () => {
  for (const stored of ['\u0001', '\u0001{', '\u00015', '\u0001["a"]']) expect(restored(stored)).toBeNull()
})
