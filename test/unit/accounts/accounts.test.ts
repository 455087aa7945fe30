/** Accounts over the memory store: sign-up, sign-in, password change, resets, claims. */
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { acceptClaims } from '../../../src/accounts/account-claims.ts'
import { type Accounts, createAccounts } from '../../../src/accounts/accounts.ts'
import { normaliseEmail, readEmail } from '../../../src/accounts/email.ts'
import type { PasswordHasher } from '../../../src/accounts/passwords.ts'
import { AuthError, type AuthErrorCode, isAuthError } from '../../../src/errors.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { Store } from '../../../src/login/store.ts'
import type { Receipt } from '../../../src/revocation/revoke.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts'

const EMAIL = 'ada@example.org'
const PASSWORD = 'plum-otter-cargo'
const RECEIPT: Receipt = {
  incarnation: 'i',
  offset: 1,
  confirmedBy: 'acks',
  waitedFor: [],
  verifiers: [],
  ms: 0,
  remoteEffectiveAt: null,
}

/** Marks its work, so that a test can count it. */
function cheapHasher() {
  const calls = { hash: 0, verify: 0, nothing: 0, strength: 1 }
  const hasher: PasswordHasher = {
    async hash(password) {
      calls.hash++
      return `cheap$${calls.strength}$${password}`
    },
    async verify(hash, password) {
      calls.verify++
      return hash.replace(/^cheap\$\d+\$/, '') === password
    },
    async verifyNothing() {
      calls.nothing++
    },
    needsRehash: (hash) => !hash.startsWith(`cheap$${calls.strength}$`),
  }
  return { hasher, calls }
}

let store: Store
let clock: TestClock
let accounts: Accounts
let calls: ReturnType<typeof cheapHasher>['calls']
let ended: string[]
let changed: string[]

beforeEach(() => {
  store = createMemoryStore()
  clock = createTestClock()
  const cheap = cheapHasher()
  calls = cheap.calls
  ended = []
  changed = []
  accounts = createAccounts({
    store: store.accounts,
    records: store.records,
    hasher: cheap.hasher,
    clock,
    logins: {
      async endAll(subject) {
        ended.push(subject)
        return RECEIPT
      },
      async changeClaims(subject) {
        changed.push(subject)
        return { ...RECEIPT, claims: (await store.accounts.findById(subject))?.claims ?? {} }
      },
    },
  })
})

async function code(work: Promise<unknown>): Promise<AuthErrorCode | 'none'> {
  try {
    await work
    return 'none'
  } catch (error) {
    if (isAuthError(error)) return error.code
    throw error
  }
}

describe('an email address', () => {
  it.each([
    ['Ada@Example.ORG', 'ada@example.org'],
    ['  ada@example.org ', 'ada@example.org'],
    ['ada+list@münchen.example', 'ada+list@xn--mnchen-3ya.example'],
    ['ａｄａ@example.org', 'ada@example.org'],
    ["o'hara@example.org", "o'hara@example.org"],
    ['operator@localhost', 'operator@localhost'],
  ])('%s is kept as %s', (given, kept) => {
    expect(normaliseEmail(given)).toBe(kept)
  })

  it.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'a b@example.org',
    'ada@exa mple.org',
    'ada@example..org',
    'ada@-example.org',
    'ada@127.0.0.1',
    'ada@[127.0.0.1]',
    'ada@example.org:80',
    'ada@example.org/path',
    'ada@example.org?x',
    '"ada"@example.org',
    'ada@bob@example.org',
    'ada\u0000@example.org',
    'ada\r\n@example.org',
    '.ada@example.org',
    'a..da@example.org',
    `${'a'.repeat(65)}@example.org`,
    `ada@${'a.'.repeat(130)}org`,
    'x'.repeat(100_000),
    '<script>@example.org',
    'ada\ud800@example.org',
  ])('%j is none', (given) => {
    expect(readEmail(given)).toBeNull()
  })

  it('is the same when it is read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'binary' })), (text) => {
        const email = readEmail(text)
        if (email !== null) expect(readEmail(email)).toBe(email)
      }),
    )
  })
})

describe('sign-up and sign-in', () => {
  it('makes an account that its password opens', async () => {
    const account = await accounts.signUp({ email: ' Ada@Example.org', password: PASSWORD })
    expect(account).toMatchObject({ email: EMAIL, claims: { roles: [] }, mustChangePassword: false, version: 1 })
    expect(account.id).toMatch(/^[\w-]{22}$/)
    expect((await accounts.signIn({ email: EMAIL.toUpperCase(), password: PASSWORD })).id).toBe(account.id)
  })

  it('refuses a second account under the same address, also when twenty ask at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => code(accounts.signUp({ email: EMAIL, password: PASSWORD }))),
    )
    expect(results.filter((result) => result === 'none')).toHaveLength(1)
    expect(results.filter((result) => result === 'account.exists')).toHaveLength(19)
  })

  it('gives one answer, and does the same work, for a wrong password and an unknown address', async () => {
    await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const messages = new Set<string>()
    for (const input of [
      { email: EMAIL, password: 'wrong-password' },
      { email: 'bob@example.org', password: PASSWORD },
      { email: 'no address', password: PASSWORD },
      { email: EMAIL, password: 'x'.repeat(10_000) },
    ]) {
      const before = calls.verify + calls.nothing
      const error: unknown = await accounts.signIn(input).catch((caught: unknown) => caught)
      expect(isAuthError(error, 'account.credentials')).toBe(true)
      messages.add((error as AuthError).message)
      expect(calls.verify + calls.nothing).toBe(before + 1)
    }
    expect(messages.size).toBe(1)
  })

  it('hashes anew when the parameters have changed, and remains open', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    calls.strength = 2
    await accounts.signIn({ email: EMAIL, password: PASSWORD })
    expect((await store.accounts.findById(id))?.passwordHash).toBe(`cheap$2$${PASSWORD}`)
    await accounts.signIn({ email: EMAIL, password: PASSWORD })
    expect(calls.hash).toBe(2)
  })

  it('takes a password typed in another Unicode form', async () => {
    await accounts.signUp({ email: EMAIL, password: 'caf\u00e9 au lait' })
    expect(await code(accounts.signIn({ email: EMAIL, password: 'cafe\u0301 au lait' }))).toBe('none')
  })

  it('sees a password change between the check and the session', async () => {
    const account = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    expect(await accounts.stillSignsIn(account, PASSWORD)).toBe(true)
    await accounts.changePassword(account.id, PASSWORD, 'seven-tall-herons')
    expect(await accounts.stillSignsIn(account, PASSWORD)).toBe(false)
    expect(await accounts.stillSignsIn(account, 'seven-tall-herons')).toBe(true)
  })
})

describe('a password change', () => {
  it('needs the current password and a new one', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    expect(await code(accounts.changePassword(id, 'wrong', 'seven-tall-herons'))).toBe('account.credentials')
    expect(await code(accounts.changePassword(id, PASSWORD, PASSWORD))).toBe('account.invalid')
    expect(await code(accounts.changePassword(id, PASSWORD, 'short'))).toBe('account.password_weak')
    expect(await code(accounts.changePassword('nobody', PASSWORD, 'seven-tall-herons'))).toBe('account.credentials')
    expect(await code(accounts.changePassword(id, PASSWORD, 'seven-tall-herons'))).toBe('none')
    expect(await code(accounts.signIn({ email: EMAIL, password: PASSWORD }))).toBe('account.credentials')
    expect(await code(accounts.signIn({ email: EMAIL, password: 'seven-tall-herons' }))).toBe('none')
  })

  it('has one winner when two run at once', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const results = await Promise.all(
      ['seven-tall-herons', 'nine-small-wrens'].map((next) => code(accounts.changePassword(id, PASSWORD, next))),
    )
    expect(results.sort()).toEqual(['account.credentials', 'none'])
  })
})

describe('the sessions of an account whose password is changed', () => {
  const NEXT = 'seven-tall-herons'

  it('are ended by the caller, who keeps its own, or all of them when it can keep none', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    await accounts.changePassword(id, PASSWORD, NEXT, async () => true)
    expect(ended).toEqual([])
    await accounts.changePassword(id, NEXT, PASSWORD, async () => false)
    await accounts.changePassword(id, PASSWORD, NEXT)
    expect(ended).toEqual([id, id])
    expect(await store.records('password-change').list(null, 10, clock.now())).toEqual([])
  })

  it('are ended by the next sign-in when they could not be ended then', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const fail = () => Promise.reject(new AuthError('store.unavailable', 'down'))
    expect(await code(accounts.changePassword(id, PASSWORD, NEXT, fail))).toBe('store.unavailable')
    expect(ended).toEqual([])
    await accounts.signIn({ email: EMAIL, password: NEXT })
    expect(ended).toEqual([id])
    await accounts.signIn({ email: EMAIL, password: NEXT })
    expect(ended).toEqual([id])
  })

  it('are ended without a sign-in, once nobody can be about it any more', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const fail = () => Promise.reject(new AuthError('store.unavailable', 'down'))
    expect(await code(accounts.changePassword(id, PASSWORD, NEXT, fail))).toBe('store.unavailable')
    clock.advance(59)
    expect(await accounts.finishPasswordChanges()).toBe(0)
    clock.advance(1)
    expect(await accounts.finishPasswordChanges()).toBe(1)
    expect(ended).toEqual([id])
    expect(await accounts.finishPasswordChanges()).toBe(0)
  })

  it('stay when the change itself was not made', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const never = createAccounts({
      store: { ...store.accounts, save: () => Promise.reject(new AuthError('store.unavailable', 'down')) },
      records: store.records,
      hasher: cheapHasher().hasher,
      clock,
      logins: { endAll: async () => RECEIPT, changeClaims: async () => ({ ...RECEIPT, claims: {} }) },
    })
    expect(await code(never.changePassword(id, PASSWORD, NEXT))).toBe('store.unavailable')
    clock.advance(60)
    expect(await accounts.finishPasswordChanges()).toBe(0)
    await accounts.signIn({ email: EMAIL, password: PASSWORD })
    expect(ended).toEqual([])
  })

  it('are ended though a change of another account, or a second one that was not made, came in between', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const other = await accounts.signUp({ email: 'bob@example.org', password: PASSWORD })
    const fail = () => Promise.reject(new AuthError('store.unavailable', 'down'))
    await code(accounts.changePassword(id, PASSWORD, NEXT, fail))
    await accounts.changePassword(other.id, PASSWORD, NEXT)
    await code(accounts.changePassword(id, 'wrong-one-here', 'nine-small-wrens'))
    ended = []
    clock.advance(60)
    expect(await accounts.finishPasswordChanges()).toBe(1)
    expect(ended).toEqual([id])
  })
})

describe('a reset', () => {
  it('works once, ends all sessions and stores no code', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const reset = await accounts.requestReset(EMAIL)
    const secret = reset?.code.split('.')[1] ?? ''
    const stored = await store.records('password-reset').list(null, 10, clock.now())
    expect(JSON.stringify(stored)).not.toContain(secret)
    await accounts.resetPassword(reset?.code ?? '', 'seven-tall-herons')
    expect(ended).toEqual([id])
    expect(await code(accounts.resetPassword(reset?.code ?? '', 'nine-small-wrens'))).toBe('account.reset_invalid')
    expect(await code(accounts.signIn({ email: EMAIL, password: 'seven-tall-herons' }))).toBe('none')
  })

  it('is over after 30 minutes, to the second', async () => {
    await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const reset = await accounts.requestReset(EMAIL)
    clock.advance(30 * 60)
    expect(await code(accounts.resetPassword(reset?.code ?? '', 'seven-tall-herons'))).toBe('account.reset_invalid')
  })

  it('leaves the code good when the new password is weak', async () => {
    await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const reset = await accounts.requestReset(EMAIL)
    expect(await code(accounts.resetPassword(reset?.code ?? '', 'short'))).toBe('account.password_weak')
    expect(await code(accounts.resetPassword(reset?.code ?? '', 'seven-tall-herons'))).toBe('none')
  })

  it('is replaced by a newer one', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const older = await accounts.requestReset(id)
    const newer = await accounts.requestReset(id)
    expect(await code(accounts.resetPassword(older?.code ?? '', 'seven-tall-herons'))).toBe('account.reset_invalid')
    expect(await code(accounts.resetPassword(newer?.code ?? '', 'seven-tall-herons'))).toBe('none')
  })

  it('has one winner of twenty', async () => {
    await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const reset = await accounts.requestReset(EMAIL)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => code(accounts.resetPassword(reset?.code ?? '', `seven-tall-herons-${i}`))),
    )
    expect(results.filter((result) => result === 'none')).toHaveLength(1)
  })

  it('is refused for garbage, and for nobody', async () => {
    expect(await accounts.requestReset('nobody@example.org')).toBeNull()
    await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const reset = await accounts.requestReset(EMAIL)
    const [id, secret = ''] = (reset?.code ?? '').split('.')
    for (const bad of [
      '',
      '.',
      `${id}.`,
      `${id}.${'A'.repeat(32)}`,
      `${'A'.repeat(22)}.${secret}`,
      'x'.repeat(100_000),
    ])
      expect(await code(accounts.resetPassword(bad, 'seven-tall-herons'))).toBe('account.reset_invalid')
    expect(await code(accounts.resetPassword(reset?.code ?? '', 'seven-tall-herons'))).toBe('none')
  })
})

describe('claims', () => {
  it('are set and told to every verifier', async () => {
    const { id } = await accounts.signUp({ email: EMAIL, password: PASSWORD })
    const result = await accounts.setClaims(id, { roles: ['editor'], plan: 'team' })
    expect(result.claims).toEqual({ roles: ['editor'], plan: 'team' })
    expect(changed).toEqual([id])
    expect(await code(accounts.setClaims('nobody', { roles: [] }))).toBe('account.invalid')
  })

  it.each<[string, unknown]>([
    ['a list', []],
    ['null', null],
    ['text', 'roles'],
    ['a protocol claim', { sub: 'root' }],
    ['scope', { scope: 'all' }],
    ['gen', { gen: 0 }],
    ['a name with a space', { 'a b': 1 }],
    ['a prototype', JSON.parse('{"__proto__": {"roles": ["operator"]}}')],
    ['a prototype further in', JSON.parse('{"a": {"__proto__": 1}}')],
    ['roles that are no list', { roles: 'operator' }],
    ['roles that are no names', { roles: [1] }],
    ['six levels', { a: { b: { c: { d: { e: { f: 1 } } } } } }],
    ['too many', Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`c${i}`, 1]))],
    ['too much', { a: 'x'.repeat(5000) }],
    ['a broken text', { a: '\ud800' }],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
  ])('refuses %s', (_name, value) => {
    expect(() => acceptClaims(value)).toThrow(AuthError)
  })

  it('come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('plan', 'team', 'a.b', 'https://x/y'), fc.jsonValue({ maxDepth: 2 })),
        (claims) => {
          // That name is refused wherever it stands (above).
          fc.pre(!JSON.stringify(claims).includes('"__proto__"'))
          expect(acceptClaims(claims)).toEqual(claims as JsonObject)
        },
      ),
    )
  })
})

describe('the first operator', () => {
  it('is made once, on an instance without accounts, and must choose a password', async () => {
    const made = await Promise.all([
      accounts.createFirstOperator('operator@localhost'),
      accounts.createFirstOperator('operator@localhost'),
    ])
    const [first] = made.filter((result) => result !== null)
    expect(made.filter((result) => result !== null)).toHaveLength(1)
    expect(first?.account).toMatchObject({ mustChangePassword: true, claims: { roles: ['operator'] } })
    const { id } = await accounts.signIn({ email: 'operator@localhost', password: first?.password ?? '' })
    expect((await accounts.changePassword(id, first?.password ?? '', PASSWORD)).mustChangePassword).toBe(false)
    expect(await accounts.createFirstOperator('operator@localhost')).toBeNull()
  })
})
