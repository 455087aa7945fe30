/** A packed credential is judged as a prepared one, whatever the log says and whatever the ids look like. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RevocationEvent } from '../../../src/revocation/engine.ts'
import { PACKED_WORDS } from '../../../src/revocation/packed-key.ts'
import { createRevocationView } from '../../../src/revocation/view.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

const id = fc.constantFrom('AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAAB', 'ann', 'bob', 'ü')
const generation = fc.nat(3)
const until = 2_000_000_000
const event: fc.Arbitrary<RevocationEvent> = fc.oneof(
  id.map((sessionId) => ({ kind: 'session' as const, sessionId, subject: null, until })),
  fc.record({ subject: id, generation }).map((of) => ({ kind: 'subject' as const, ...of, until })),
  fc
    .record({ subject: id, generation, patch: fc.constantFrom(null, { roles: ['a'] }) })
    .map((of) => ({ kind: 'claims' as const, ...of, until })),
)

it('is judged as a prepared one', () => {
  fc.assert(
    fc.property(fc.array(event), id, id, generation, fc.nat(5), (events, sessionId, subject, gen, slot) => {
      const view = createRevocationView({ clock: createTestClock(), judge: async () => 'alive' })
      for (const [i, one] of events.entries()) view.apply({ offset: i + 1, event: one })
      const ref = { sessionId, subject, tokenId: null, generation: gen }
      const words = new Int32Array(6 * PACKED_WORDS)
      const at = slot * PACKED_WORDS
      view.pack(ref, words, at)
      const key = view.prepare(ref)
      expect(view.lookPacked(words, at, gen)).toBe(view.look(key))
      expect(view.patchForPacked(words, at, gen)).toBe(view.patchFor(key))
      expect(words.filter((word, i) => word !== 0 && (i < at || i >= at + PACKED_WORDS))).toHaveLength(0)
    }),
  )
})

it('refuses what cannot be judged, and a token', () => {
  const view = createRevocationView({ clock: createTestClock(), judge: async () => 'alive' })
  const words = new Int32Array(PACKED_WORDS)
  const ref = { sessionId: 's', subject: 'ann', tokenId: null, generation: 0 }
  for (const wrong of [{ subject: '' }, { sessionId: '\ud800' }, { generation: -1 }, { generation: Number.NaN }]) {
    expect(() => view.pack({ ...ref, ...wrong }, words, 0)).toThrow(
      expect.objectContaining({ code: 'token.claim_invalid' }),
    )
  }
  expect(() => view.pack({ ...ref, tokenId: 't' }, words, 0)).toThrow(TypeError)
})
