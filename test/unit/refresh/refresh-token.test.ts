import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import {
  formatRefreshToken,
  newRefreshToken,
  openSuccessor,
  parseRefreshToken,
  sealForServer,
  sealSuccessor,
} from '../../../src/refresh/refresh-token.ts'

const OLD = 'an old application secret, 32 characters or more'
const NEW = 'a new application secret, 32 characters or more'
const ring = createSecretRing([OLD])
const FAMILY = 'AAAAAAAAAAAAAAAAAAAAAA'

describe('refresh token', () => {
  it('comes back as it was written', () => {
    const token = newRefreshToken(FAMILY, 7)
    const text = formatRefreshToken(token, ring)
    expect(text).toMatch(/^[A-Za-z0-9_-]{22}\.7\.[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{22}$/)
    expect(parseRefreshToken(text, ring)).toEqual(token)
  })

  it('stays good when a newer secret joins the ring, and dies with its own', () => {
    const text = formatRefreshToken(newRefreshToken(FAMILY, 0), ring)
    expect(parseRefreshToken(text, createSecretRing([NEW, OLD]))).not.toBeNull()
    expect(parseRefreshToken(text, createSecretRing([NEW]))).toBeNull()
  })

  it('is refused after any change of a single character', () => {
    const text = formatRefreshToken(newRefreshToken(FAMILY, 12), ring)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...'Aa0_-.+ \n'), (at, character) => {
        fc.pre(text[at] !== character)
        expect(parseRefreshToken(text.slice(0, at) + character + text.slice(at + 1), ring)).toBeNull()
      }),
    )
  })

  it('is refused for garbage of every kind', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseRefreshToken(text, ring) === null))
    for (const text of ['', '...', 'x'.repeat(1_000_000), `${FAMILY}.00.${'a'.repeat(32)}.${'b'.repeat(22)}`]) {
      expect(parseRefreshToken(text, ring)).toBeNull()
    }
  })

  it.each(['01', '-1', '1e3', '99999999999', ' 1', '1.0'])(
    'takes no step written as "%s", even with a good tag',
    (step) => {
      const rest = `${FAMILY}.${step}.${'a'.repeat(32)}`
      expect(parseRefreshToken(`${rest}.${ring.tag('refresh-token', rest)}`, ring)).toBeNull()
    },
  )

  it('hides its successor from everybody who does not hold it', async () => {
    const presented = newRefreshToken(FAMILY, 3)
    const next = newRefreshToken(FAMILY, 4)
    const sealed = await sealSuccessor(presented, next)
    expect(sealed).not.toContain(next.secret)
    expect(await openSuccessor(presented, sealed, ring)).toEqual(next)
    expect(await openSuccessor(newRefreshToken(FAMILY, 3), sealed, ring)).toBeNull()
    expect(await openSuccessor({ ...presented, step: 4 }, sealed, ring)).toBeNull()
    expect(await openSuccessor({ ...presented, familyId: 'B'.repeat(22) }, sealed, ring)).toBeNull()
  })

  it('is found again when the server went on without it', async () => {
    const presented = newRefreshToken(FAMILY, 3)
    const next = newRefreshToken(FAMILY, 4)
    const sealed = await sealForServer(next, ring)
    expect(await openSuccessor(presented, sealed, createSecretRing([NEW, OLD]))).toEqual(next)
  })
})
