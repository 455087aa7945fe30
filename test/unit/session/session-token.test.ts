import { describe, expect, it } from 'vitest'
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import { randomId } from '../../../src/crypto/random.ts'
import { isSessionToken, newSessionToken, secretMatches, sessionIdOf } from '../../../src/session/session-token.ts'

describe('session token', () => {
  it('is an id of 22 and a secret of 22 characters, the store getting only a hash of the secret', () => {
    const token = newSessionToken(randomId())
    expect(token.value).toMatch(/^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/)
    expect(sessionIdOf(token.value)).toBe(token.id)
    expect(token.secretHash).toBe(sha256Base64url(token.value.slice(23)))
    expect(newSessionToken(randomId()).value).not.toBe(token.value)
  })

  it('proves its own secret only', () => {
    const token = newSessionToken(randomId())
    const other = newSessionToken(randomId())
    expect(secretMatches(token.value, token.secretHash)).toBe(true)
    expect(secretMatches(`${token.id}.${other.value.slice(23)}`, token.secretHash)).toBe(false)
    expect(secretMatches(token.value, null)).toBe(false)
  })

  it.each([
    ['empty', ''],
    ['too short', `${'a'.repeat(22)}.${'b'.repeat(21)}`],
    ['too long', `${'a'.repeat(22)}.${'b'.repeat(23)}`],
    ['dot in the wrong place', `${'a'.repeat(21)}.${'b'.repeat(23)}`],
    ['a space', `${'a'.repeat(21)} .${'b'.repeat(22)}`],
    ['a line break', `${'a'.repeat(22)}.${'b'.repeat(21)}\n`],
    ['standard base64', `${'a'.repeat(22)}.${'b'.repeat(21)}+`],
  ])('is not: %s', (_name, value) => {
    expect(isSessionToken(value)).toBe(false)
    expect(sessionIdOf(value)).toBeNull()
  })
})
