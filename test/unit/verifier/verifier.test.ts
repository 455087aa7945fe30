import { beforeEach, describe, expect, it } from 'vitest'
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts'
import { DEFAULT_ALGORITHMS } from '../../../src/token/algorithms.ts'
import { createKeySet, createStaticKeySource, type KeySource, readJwkSet } from '../../../src/token/key-set.ts'
import { createVerifier, type VerifierOptions } from '../../../src/verifier/index.ts'
import { createVerifierOver } from '../../../src/verifier/verifier.ts'
import { codeOf, codeOfAsync } from '../../support/codes.ts'
import { AUDIENCE, goodClaims, ISSUER, makeKey, NOW, segment } from '../../support/tokens.ts'

const [es, ed, rs, hs] = await Promise.all([makeKey('ES256'), makeKey('EdDSA'), makeKey('RS256'), makeKey('HS256')])
let clock: TestClock
beforeEach(() => {
  clock = createTestClock({ now: NOW })
})

const open = (change: Partial<VerifierOptions> = {}) =>
  createVerifier({
    keys: { keys: [es.verifyJwk, ed.verifyJwk, rs.verifyJwk] },
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: clock.now,
    ...change,
  })

describe('createVerifier', () => {
  it.each<[string, unknown]>([
    ['no options', undefined],
    ['no keys', { keys: undefined }],
    ['keys and an address', { jwksUrl: 'https://a.example/jwks' }],
    ['no issuer', { issuer: '' }],
    ['no audience', { audience: [] }],
    ['an audience that is no text', { audience: [1] }],
    ['no algorithm', { algorithms: [] }],
    ['the algorithm none', { algorithms: ['none'] }],
    ['an algorithm that is a property of every object', { algorithms: ['toString'] }],
    ['an empty typ', { typ: '' }],
    ['required claims that are no list', { requiredClaims: 'sub' }],
    ['a life that is no number', { maxLifetimeSeconds: '60' }],
    ['no life', { maxLifetimeSeconds: 0 }],
    ['a tolerance that is no number', { clockToleranceSeconds: Number.NaN }],
    ['a negative tolerance', { clockToleranceSeconds: -1 }],
    ['a clock that is no function', { clock: NOW }],
    ['revocations that are none', { revocations: {} }],
    ['a published secret', { keys: undefined, jwksUrl: 'https://a.example/jwks', algorithms: ['HS256'] }],
  ])('refuses %s', (_, change) => {
    expect(() => (change === undefined ? createVerifier(undefined as never) : open(change as object))).toThrow(
      TypeError,
    )
  })

  it('says that it knows nothing of revocations', async () => {
    expect(open().revocation).toBe('none')
    expect((await open().verifyDetailed(await es.token())).freshness).toBe('stale')
  })

  it.each([
    ['ES256', es],
    ['EdDSA', ed],
    ['RS256', rs],
  ] as const)('verifies %s at once, and answers the claims', async (_, key) => {
    const token = await key.token()
    expect(open().verifyNow(token)).toEqual(goodClaims())
    expect(await open().verify(token)).toEqual(goodClaims())
    expect(await open().verifyDetailed(token)).toMatchObject({ claims: goodClaims() })
  })

  it('takes a secret only when HS256 is named', async () => {
    const token = await hs.token()
    expect(codeOf(() => open({ keys: { keys: [es.verifyJwk, hs.jwk] } }).verifyNow(token))).toBe('token.algorithm')
    expect(open({ keys: { keys: [hs.jwk] }, algorithms: ['HS256'] }).verifyNow(token)).toEqual(goodClaims())
  })

  it('demands the typ that it is told, with and without application/', async () => {
    const verifier = open({ typ: 'application/logout+jwt' })
    expect(verifier.verifyNow(await es.token(undefined, { typ: 'logout+JWT' }))).toBeDefined()
    expect(codeOf(() => verifier.verifyNow(''))).toBe('token.malformed')
    for (const typ of [undefined, 'at+jwt', 'JWT']) {
      const token = await es.token(undefined, { typ })
      expect(codeOf(() => verifier.verifyNow(token))).toBe('token.type')
    }
  })

  it('demands the claims that it is told', async () => {
    const verifier = open({ requiredClaims: ['tenant', 'constructor'] })
    const without = await es.token(goodClaims({ tenant: 1 }))
    expect(codeOf(() => verifier.verifyNow(without))).toBe('token.claim_missing')
    const token = await es.token(goodClaims({ tenant: 1, constructor: null }))
    expect(verifier.verifyNow(token)).toMatchObject({ tenant: 1 })
  })

  it('does not see later changes of the options', async () => {
    const options = {
      keys: { keys: [es.verifyJwk] },
      issuer: ISSUER,
      audience: [AUDIENCE],
      algorithms: ['ES256' as const],
      clock: clock.now,
    }
    const verifier = createVerifier(options)
    const token = await es.token(goodClaims({ aud: 'evil' }))
    options.audience.push('evil')
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.audience')
  })

  it.each<[string, string, () => string | Promise<string>]>([
    ['a text', 'token.malformed', () => 'x'],
    ['a size', 'token.too_large', () => 'x'.repeat(8193)],
    ['an alg that is not listed', 'token.algorithm', () => es.token(undefined, { alg: 'ES512' })],
    ['an unknown kid', 'token.key_unknown', () => es.token(undefined, { kid: 'other' })],
    ['the kid of a key for another algorithm', 'token.key_unknown', () => es.token(undefined, { kid: rs.jwk.kid })],
    ['another key', 'token.signature', async () => (await makeKey('ES256')).token(undefined, { kid: es.jwk.kid })],
    [
      'a signature of another length',
      'token.signature',
      async () => `${(await es.token()).split('.').slice(0, 2).join('.')}.${segment('short')}`,
    ],
    ['padding', 'token.malformed', async () => `${await es.token()}=`],
    ['an end', 'token.expired', () => es.token(goodClaims({ exp: NOW }))],
  ])('refuses %s with %s, however it is asked', async (_, code, make) => {
    const token = await make()
    const verifier = open()
    for (let round = 0; round < 2; round++) {
      expect(codeOf(() => verifier.verifyNow(token))).toBe(code)
      expect(await codeOfAsync(() => verifier.verify(token))).toBe(code)
      expect(await codeOfAsync(() => verifier.verifyDetailed(token))).toBe(code)
    }
  })

  it('refuses what is no text', async () => {
    for (const value of [undefined, null, 1, {}, [await es.token()], new String(await es.token())]) {
      expect(codeOf(() => open().verifyNow(value as string))).toBe('token.malformed')
      expect(await codeOfAsync(() => open().verify(value as string))).toBe('token.malformed')
    }
  })

  it('puts nothing of the token into an error', async () => {
    const token = await es.token(goodClaims({ sub: 'private-subject', aud: 'x' }))
    const error = await open()
      .verify(token)
      .catch((thrown: unknown) => thrown)
    const text = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`
    expect(text).not.toContain('private-subject')
    for (const part of token.split('.')) expect(text).not.toContain(part)
  })
})

describe('the verified-token cache', () => {
  it('answers the same frozen claims', async () => {
    const verifier = open()
    const token = await es.token(goodClaims({ nested: { list: [{ a: 1 }] } }))
    const claims = verifier.verifyNow(token) as unknown as { nested: { list: { a: number }[] } }
    expect(verifier.verifyNow(token)).toBe(claims)
    expect(await verifier.verify(token)).toBe(claims)
    expect(() => Object.assign(claims, { sub: 'admin' })).toThrow(TypeError)
    expect(() => Object.assign(claims.nested.list[0] as object, { a: 2 })).toThrow(TypeError)
    expect(() => claims.nested.list.push({ a: 2 })).toThrow(TypeError)
  })

  it('never answers past exp, at the very second', async () => {
    const verifier = open()
    const token = await es.token()
    expect(verifier.verifyNow(token)).toBeDefined()
    clock.advance(599)
    expect(verifier.verifyNow(token)).toBeDefined()
    clock.advance(1)
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.expired')
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.expired')
  })

  it('is not shared between verifiers or policies', async () => {
    const token = await es.token()
    expect(open().verifyNow(token)).toBeDefined()
    expect(codeOf(() => open({ audience: 'other' }).verifyNow(token))).toBe('token.audience')
    expect(codeOf(() => open({ keys: { keys: [rs.verifyJwk] } }).verifyNow(token))).toBe('token.key_unknown')
  })

  it('does not take one token for another that begins or ends alike', async () => {
    const verifier = open()
    const token = await es.token()
    verifier.verifyNow(token)
    const [header, , signature] = token.split('.') as [string, string, string]
    const forged = [
      `${header}.${segment(goodClaims({ sub: 'admin' }))}.${signature}`,
      `${token}A`,
      token.slice(0, -1),
      `${token}\0`,
      `${token.slice(0, -1)}\ud800`,
      `${token.slice(0, -1)}\ufffd`,
    ]
    for (const text of forged) expect(codeOf(() => verifier.verifyNow(text))).toMatch(/^token\.(signature|malformed)$/)
  })

  it('keeps no refusal', async () => {
    const verifier = open()
    const early = await es.token(goodClaims({ nbf: NOW + 10 }))
    expect(codeOf(() => verifier.verifyNow(early))).toBe('token.not_yet_valid')
    clock.advance(10)
    expect(verifier.verifyNow(early)).toBeDefined()
  })

  it('is bounded, and checks anew what it has dropped', async () => {
    let verified = 0
    const source = createStaticKeySource({ keys: [ed.verifyJwk] }, DEFAULT_ALGORITHMS)
    const counting: KeySource = {
      ...source,
      find(keyId, algorithm) {
        verified++
        return source.find(keyId, algorithm)
      },
    }
    const verifier = createVerifierOver(
      counting,
      { issuer: ISSUER, audience: AUDIENCE, clock: clock.now },
      { cache: { maxEntries: 2, maxBytes: 1e6 } },
    )
    const tokens = await Promise.all([1, 2, 3, 4].map((i) => ed.token(goodClaims({ jti: `t${i}` }))))
    for (const token of tokens) for (let i = 0; i < 3; i++) expect(verifier.verifyNow(token)).toBeDefined()
    expect(verified).toBe(4)
    for (const token of tokens) expect(verifier.verifyNow(token)).toBeDefined()
    expect(verified).toBeGreaterThan(4)
  })
})

describe('keys that change', () => {
  /** A source whose keys a test replaces, and which may have to be asked. */
  const changing = (jwks: readonly object[]) => {
    const load = (keys: readonly object[]) => [...readJwkSet({ keys }, DEFAULT_ALGORITHMS).byJson.values()]
    let held = load(jwks)
    const state = { epoch: 1, isReady: true, asked: 0, next: null as readonly object[] | null, isFailing: false }
    const source: KeySource = {
      get epoch() {
        return state.epoch
      },
      get isReady() {
        return state.isReady
      },
      get isFailing() {
        return state.isFailing
      },
      refreshAt: Number.POSITIVE_INFINITY,
      find: (keyId, algorithm) => createKeySet(held).find(keyId, algorithm),
      has: (key) => held.includes(key),
      async refresh() {
        state.isReady = true
      },
      refreshSoon: () => {},
      mayAskAgain: () => state.next !== null,
      async askAgain() {
        state.asked++
        replace(state.next ?? [])
        state.next = null
      },
    }
    const replace = (keys: readonly object[]) => {
      held = load(keys)
      state.epoch++
    }
    const same = () => state.epoch++
    const verifier = createVerifierOver(source, { issuer: ISSUER, audience: AUDIENCE, clock: clock.now })
    return { state, verifier, replace, same }
  }

  it('kills what a removed key had vouched for', async () => {
    const { verifier, replace } = changing([es.verifyJwk])
    const token = await es.token()
    expect(verifier.verifyNow(token)).toBeDefined()
    replace([ed.verifyJwk])
    expect(codeOf(() => verifier.verifyNow(token))).toBe('token.key_unknown')
  })

  it('keeps what a remaining key vouches for', async () => {
    const { verifier, same } = changing([es.verifyJwk])
    const token = await es.token()
    const claims = verifier.verifyNow(token)
    same()
    expect(verifier.verifyNow(token)).toBe(claims)
  })

  it('asks once more for an unknown key', async () => {
    const { state, verifier } = changing([es.verifyJwk])
    state.next = [es.verifyJwk, ed.verifyJwk]
    const token = await ed.token()
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(await verifier.verify(token)).toBeDefined()
    expect(state.asked).toBe(1)
    const unknown = await (await makeKey('ES256')).token()
    expect(codeOf(() => verifier.verifyNow(unknown))).toBe('token.key_unknown')
    expect(await codeOfAsync(() => verifier.verify(unknown))).toBe('token.key_unknown')
    expect(state.asked).toBe(1)
  })

  it('loads before it judges', async () => {
    const { state, verifier } = changing([es.verifyJwk])
    state.isReady = false
    const token = await es.token()
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(await verifier.verify(token)).toBeDefined()
  })

  it('does not call a key unknown while the keys cannot be loaded', async () => {
    const { state, verifier } = changing([es.verifyJwk])
    state.isFailing = true
    const token = await ed.token()
    expect(codeOf(() => verifier.verifyNow(token))).toBe('keys.unavailable')
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('keys.unavailable')
  })
})

describe('without node:crypto', () => {
  it.each([
    ['ES256', es],
    ['EdDSA', ed],
    ['RS256', rs],
  ] as const)('verifies %s with a promise first, then from the cache', async (_, key) => {
    const source = createStaticKeySource({ keys: [key.verifyJwk] }, DEFAULT_ALGORITHMS, null)
    const verifier = createVerifierOver(source, { issuer: ISSUER, audience: AUDIENCE, clock: clock.now })
    const token = await key.token()
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(await verifier.verify(token)).toEqual(goodClaims())
    expect(verifier.verifyNow(token)).toEqual(goodClaims())
    const bad = `${token.slice(0, -10)}AAAAAAAAAA`
    expect(verifier.verifyNow(bad)).toBeUndefined()
    expect(await codeOfAsync(() => verifier.verify(bad))).toMatch(/^token\.(signature|malformed)$/)
  })
})
