import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import type { Session } from '../../../src/session/session.ts'
import { createSharedParts } from '../../../src/session/shared-parts.ts'
import { sessionFor } from '../../support/sessions.ts'

/** As a store makes it: every part a copy of its own. */
const copy = (session: Session): Session => JSON.parse(JSON.stringify(session))

it('makes equal parts one, and leaves the session as it was', () => {
  const { share } = createSharedParts()
  const over = { amr: ['pwd', 'otp'], claims: { roles: ['reader'] }, acr: 'high' }
  const [a, b] = [copy(sessionFor('ann', 1000, over)), copy(sessionFor('bob', 1000, over))]
  const [one, other] = [share(a), share(b)]
  expect([one, other]).toEqual([a, b])
  expect(other.claims).toBe(one.claims)
  expect(other.amr).toBe(one.amr)
  expect(one.data).toBe(a.data)
})

it('never takes different parts for equal', () => {
  const { share } = createSharedParts()
  const parts = fc.record({
    amr: fc.array(fc.constantFrom('a', 'b', 'a b', '"', ','), { maxLength: 3 }),
    acr: fc.constantFrom(null, '', 'null', 'a'),
    claims: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue({ maxDepth: 1 })),
    device: fc.record({ userAgent: fc.constantFrom(null, '', 'null', 'a'), address: fc.constantFrom(null, 'a') }),
  })
  fc.assert(
    fc.property(fc.array(parts, { minLength: 2, maxLength: 20 }), (all) => {
      for (const { claims, ...rest } of all) {
        const session = copy(sessionFor('ann', 1000, { ...rest, claims: claims as JsonObject }))
        expect(JSON.stringify(share(session))).toBe(JSON.stringify(session))
      }
    }),
  )
})

it('forgets rather than fill the memory with parts that nobody shares', () => {
  const { share } = createSharedParts()
  const common = share(copy(sessionFor('ann', 1000, { claims: { roles: ['reader'] } })))
  for (let i = 0; i < 3000; i++) share(copy(sessionFor('ann', 1000, { claims: { only: i } })))
  const later = share(copy(sessionFor('ann', 1000, { claims: { roles: ['reader'] } })))
  expect(later.claims).toEqual(common.claims)
  const long = { text: 'x'.repeat(600) }
  const first = share(copy(sessionFor('ann', 1000, { claims: long })))
  expect(share(copy(sessionFor('ann', 1000, { claims: long }))).claims).not.toBe(first.claims)
})
