/** Password rules and the argon2id hasher. */
import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCommonPassword } from '../../../src/accounts/common-passwords.ts'
import { acceptNewPassword, readPresentedPassword } from '../../../src/accounts/passwords.ts'
import { isAuthError } from '../../../src/errors.ts'
import { createArgon2Hasher } from '../../../src/server/argon2.ts'

const EMAIL = 'ada.lovelace@example.org'

function refusal(password: string, email = EMAIL): string {
  try {
    acceptNewPassword(password, email)
  } catch (error) {
    if (isAuthError(error, 'account.password_weak')) return error.message
    throw error
  }
  return ''
}

describe('a new password', () => {
  it('needs eight characters and takes 256 of them', () => {
    expect(refusal('tr0mb1n')).toContain('at least 8')
    expect(refusal('tr0mb1ne')).toBe('')
    expect(refusal('zq'.padEnd(256, 'äxyÖ9'))).toBe('')
    expect(refusal('zq'.padEnd(257, 'äxyÖ9'))).toContain('at most 256')
    expect(refusal('x'.repeat(1_000_000))).toContain('at most 256')
  })

  it('counts characters, not units of UTF-16', () => {
    expect(refusal('🦉🐝🦊🐙')).toContain('at least 8')
    expect(refusal('🦉🐝🦊🐙🦋🐢🦎🦀')).toBe('')
  })

  it('is one password in every way to type it', () => {
    expect(acceptNewPassword('cafe\u0301 au lait', EMAIL)).toBe(acceptNewPassword('caf\u00e9 au lait', EMAIL))
    expect(acceptNewPassword('ｗｉｄｅ ｌｅｔｔｅｒｓ', EMAIL)).toBe('wide letters')
  })

  it('keeps white space', () => {
    expect(acceptNewPassword('  two  spaces  ', EMAIL)).toBe('  two  spaces  ')
  })

  it('is not the email address nor its first part', () => {
    expect(refusal('Ada.Lovelace@example.org')).toContain('email')
    expect(refusal('ada.LOVELACE')).toContain('email')
  })

  it.each([
    'password',
    'Password1',
    'P@ssw0rd!',
    'iloveyou2024',
    '12345678',
    'qwertyuiop',
    'aaaaaaaaaa',
    'abcabcabc',
    '87654321',
    'zyxwvuts',
    'sojourn2026!',
    'correctHorseBatteryStaple',
  ])('is not the common %s', (password) => {
    expect(refusal(password)).toContain('attacker')
  })

  it.each(['plum-otter-cargo', 'Vierzehn Kraniche', 'x7$kQ!m2', 'passionfruit tart'])('may be %s', (password) => {
    expect(refusal(password)).toBe('')
  })

  it('refuses text that is no Unicode', () => {
    expect(refusal('abc\ud800defgh')).toContain('Unicode')
    expect(readPresentedPassword('abc\ud800defgh')).toBeNull()
  })

  it('never throws anything else, and what is accepted is read back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const problem = refusal(text)
        if (problem === '') expect(readPresentedPassword(text)).toBe(acceptNewPassword(text, EMAIL))
        expect(typeof isCommonPassword(text.toLowerCase())).toBe('boolean')
      }),
    )
  })
})

describe('argon2id', () => {
  const hasher = createArgon2Hasher({ memoryKib: 64, passes: 1 })

  it('makes a PHC string that only the same password opens', async () => {
    const hash = await hasher.hash('plum-otter-cargo')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await hasher.verify(hash, 'plum-otter-cargo')).toBe(true)
    expect(await hasher.verify(hash, 'plum-otter-carg0')).toBe(false)
    expect(await hasher.hash('plum-otter-cargo')).not.toBe(hash)
  })

  it('reads a hash that another implementation made (phc-winner-argon2 test vector form)', async () => {
    // argon2id, m=65536, t=2, p=1, "password", "somesalt": test.c of the reference implementation.
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await hasher.verify(known, 'password')).toBe(true)
    expect(await hasher.verify(known, 'passwore')).toBe(false)
  })

  it('says when the parameters have changed, and for a text that is no hash', async () => {
    const stronger = createArgon2Hasher({ memoryKib: 128, passes: 1 })
    const hash = await hasher.hash('plum-otter-cargo')
    expect(hasher.needsRehash(hash)).toBe(false)
    expect(stronger.needsRehash(hash)).toBe(true)
    expect(await stronger.verify(hash, 'plum-otter-cargo')).toBe(true)
    expect(hasher.needsRehash('')).toBe(true)
    expect(await hasher.verify('$2b$10$abc', 'x')).toBe(false)
  })

  it('by default is as strong as OWASP asks', async () => {
    const hash = await createArgon2Hasher().hash('plum-otter-cargo')
    expect(hash.startsWith('$argon2id$v=19$m=19456,t=2,p=1$')).toBe(true)
  })

  it('lets only so many wait, and refuses the next with a time to come back', async () => {
    const narrow = createArgon2Hasher({ memoryKib: 64, passes: 1, concurrency: 1, queueLength: 3 })
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => narrow.hash('plum-otter-cargo')))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
    for (const result of results) {
      if (result.status !== 'rejected') continue
      expect(isAuthError(result.reason, 'account.busy')).toBe(true)
      expect(result.reason.retryAfterSeconds).toBeGreaterThan(0)
    }
    expect(await narrow.verify(await narrow.hash('and on it goes'), 'and on it goes')).toBe(true)
  })

  it('does not hold up the event loop', async () => {
    const full = createArgon2Hasher()
    const before = performance.eventLoopUtilization()
    await Promise.all(Array.from({ length: 8 }, () => full.hash('plum-otter-cargo')))
    // Hashing on the loop itself would keep it busy from the first to the last; a busy machine alone does not.
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5)
  })
})
