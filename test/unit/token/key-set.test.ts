import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import { DEFAULT_ALGORITHMS } from '../../../src/token/algorithms.ts'
import type { VerifyKey } from '../../../src/token/jwk.ts'
import { createKeySet, createStaticKeySource, MAX_KEYS, readJwkSet } from '../../../src/token/key-set.ts'
import { createLoadedKeySource } from '../../../src/token/loaded-key-source.ts'
import { createRemoteKeySource } from '../../../src/token/remote-key-set.ts'
import { codeOf, codeOfAsync } from '../../support/codes.ts'
import { makeKey, NOW } from '../../support/tokens.ts'

const [es, es2, ed, rs, hs] = await Promise.all([
  makeKey('ES256'),
  makeKey('ES256'),
  makeKey('EdDSA'),
  makeKey('RS256'),
  makeKey('HS256'),
])
const id = (key: { jwk: { kid?: unknown } }) => key.jwk.kid as string

describe('a fixed set', () => {
  it('finds by kid and algorithm', () => {
    const source = createStaticKeySource({ keys: [es.verifyJwk, es2.verifyJwk, ed.verifyJwk] }, DEFAULT_ALGORITHMS)
    expect(source.find(id(es), 'ES256')?.keyId).toBe(id(es))
    expect(source.find(id(es), 'RS256')).toBeNull()
    expect(source.find('unknown', 'ES256')).toBeNull()
    expect(source.find(id(ed), 'Ed25519')?.keyId).toBe(id(ed))
  })

  it('takes a token without kid only when exactly one key fits', () => {
    const source = createStaticKeySource({ keys: [es.verifyJwk, es2.verifyJwk, ed.verifyJwk] }, DEFAULT_ALGORITHMS)
    expect(source.find(null, 'EdDSA')?.keyId).toBe(id(ed))
    expect(source.find(null, 'ES256')).toBeNull()
    expect(source.find(null, 'RS256')).toBeNull()
  })

  it('takes neither of two keys of one kid, but tells kty apart', () => {
    const same = (kid: string, key: typeof es) => ({ ...key.verifyJwk, kid })
    const source = createStaticKeySource({ keys: [same('k', es), same('k', es2), same('k', rs)] }, DEFAULT_ALGORITHMS)
    expect(source.find('k', 'ES256')).toBeNull()
    expect(source.find('k', 'RS256')?.algorithm).toBe('RS256')
  })

  it('does not find a key without kid by an empty or odd kid', () => {
    const { kid: _, ...bare } = es.verifyJwk
    const source = createStaticKeySource({ keys: [bare] }, DEFAULT_ALGORITHMS)
    expect(source.find(null, 'ES256')?.keyId).toBeNull()
    for (const odd of ['null', 'undefined', '__proto__', 'constructor']) expect(source.find(odd, 'ES256')).toBeNull()
  })

  it('leaves out keys for other uses and refuses bad ones', () => {
    const others = [{ ...es.verifyJwk, use: 'enc' }, { kty: 'unknown' }, hs.jwk]
    const source = createStaticKeySource({ keys: [...others, es2.verifyJwk] }, DEFAULT_ALGORITHMS)
    expect(source.find(null, 'ES256')?.keyId).toBe(id(es2))
    expect(codeOf(() => createStaticKeySource({ keys: [es.jwk] }, DEFAULT_ALGORITHMS))).toBe('key.invalid')
    expect(codeOf(() => createStaticKeySource({ keys: [null] }, DEFAULT_ALGORITHMS))).toBe('key.invalid')
    expect(codeOf(() => createStaticKeySource({ keys: [{ kty: 'oct', k: 'AAAA' }] }, ['HS256']))).toBe('key.weak')
  })

  it.each([undefined, null, 1, 'x', [], {}, { keys: {} }, { keys: [] }])('refuses %j as a set', (set) => {
    expect(() => createStaticKeySource(set, DEFAULT_ALGORITHMS)).toThrow(TypeError)
  })

  it('bounds the set', () => {
    const keys = Array.from({ length: MAX_KEYS + 1 }, () => es.verifyJwk)
    expect(codeOf(() => readJwkSet({ keys }, DEFAULT_ALGORITHMS))).toBe('key.invalid')
  })
})

describe('keys that are loaded', () => {
  const key = (keyId: string): VerifyKey => ({ keyId, algorithm: 'ES256', isSynchronous: true, verify: () => false })
  const setUp = () => {
    const state = { now: NOW, loads: 0, keys: [key('a')], fail: false, hold: null as Promise<void> | null }
    const source = createLoadedKeySource({
      async load() {
        state.loads++
        await state.hold
        if (state.fail) throw new Error('down')
        return { keys: state.keys, maxAgeSeconds: 600 }
      },
      clock: () => state.now,
      askAgainSeconds: 30,
      retrySeconds: 5,
      graceSeconds: 600,
      maxStaleSeconds: 86_400,
    })
    return { state, source }
  }

  it('loads once for everybody who asks at the same time', async () => {
    const { state, source } = setUp()
    expect(source.isReady).toBe(false)
    await Promise.all(Array.from({ length: 20 }, () => source.refresh()))
    expect([state.loads, source.isReady, source.epoch]).toEqual([1, true, 1])
  })

  it('asks again for an unknown key at most once in 30 seconds', async () => {
    const { state, source } = setUp()
    await source.refresh()
    state.keys = [key('b')]
    await Promise.all(Array.from({ length: 20 }, () => source.askAgain()))
    expect([state.loads, source.find('b', 'ES256')?.keyId]).toEqual([2, 'b'])
    expect(source.mayAskAgain()).toBe(false)
    await source.askAgain()
    state.now += 29
    await source.askAgain()
    expect(state.loads).toBe(2)
    state.now += 1
    expect(source.mayAskAgain()).toBe(true)
    await source.askAgain()
    expect(state.loads).toBe(3)
  })

  it('drops keys that are gone', async () => {
    const { state, source } = setUp()
    await source.refresh()
    const gone = source.find('a', 'ES256') as VerifyKey
    state.keys = [key('b')]
    await source.refresh()
    expect([source.has(gone), source.find('a', 'ES256'), source.epoch]).toEqual([false, null, 2])
  })

  it('keeps the last good keys for a day while loading fails, and says so', async () => {
    const { state, source } = setUp()
    await source.refresh()
    state.fail = true
    state.now += 600
    source.refreshSoon()
    await source.refresh()
    expect([source.isFailing, source.isReady, source.find('a', 'ES256')?.keyId]).toEqual([true, true, 'a'])
    state.now += 86_400
    expect(source.isReady).toBe(false)
    expect(await codeOfAsync(() => source.refresh())).toBe('keys.unavailable')
    state.fail = false
    state.now += 5
    await source.refresh()
    expect([source.isFailing, source.isReady]).toEqual([false, true])
  })

  it('does not repeat a failure for everybody who asks', async () => {
    const { state, source } = setUp()
    state.fail = true
    for (let i = 0; i < 20; i++) expect(await codeOfAsync(() => source.refresh())).toBe('keys.unavailable')
    expect(state.loads).toBe(1)
    state.now += 5
    expect(await codeOfAsync(() => source.refresh())).toBe('keys.unavailable')
    expect(state.loads).toBe(2)
  })

  it('loads in the background when the time has come, and waits only when far too old', async () => {
    const { state, source } = setUp()
    await source.refresh()
    source.refreshSoon()
    expect(state.loads).toBe(1)
    state.now += 600
    expect(source.isReady).toBe(true)
    source.refreshSoon()
    source.refreshSoon()
    expect(state.loads).toBe(2)
    state.hold = null
    await source.refresh()
    state.now += 1200
    expect(source.isReady).toBe(false)
  })
})

describe('createKeySet', () => {
  it('is empty for no keys', () => expect(createKeySet([]).find(null, 'ES256')).toBeNull())
})

describe('the address of a remote set', () => {
  const open = (url: string) => createRemoteKeySource({ url, allowed: DEFAULT_ALGORITHMS, clock: () => NOW })

  it.each([
    'https://issuer.example/jwks',
    'http://localhost:4000/jwks',
    'http://127.0.0.1/jwks',
    'http://127.8.9.1/jwks',
    'http://[::1]:1/jwks',
  ])('may be %s', (url) => expect(() => open(url)).not.toThrow())

  it.each([
    '',
    'jwks',
    'http://issuer.example/jwks',
    'http://localhost.issuer.example/jwks',
    'http://127.0.0.1.example/jwks',
    'http://0.0.0.0/jwks',
    'https://user:password@issuer.example/jwks',
    'file:///etc/passwd',
    'data:application/json,{}',
  ])('may not be %j', (url) => expect(() => open(url)).toThrow(TypeError))

  it('names itself in no error', async () => {
    const fail = () => Promise.reject(new Error('fetch failed'))
    const source = createRemoteKeySource({
      url: 'https://a.example/secret-path',
      allowed: ['ES256'],
      clock: () => NOW,
      fetch: fail,
    })
    const error = (await source.refresh().catch((thrown: unknown) => thrown)) as AuthError
    expect(error).toBeInstanceOf(AuthError)
    expect(error.message).not.toContain('secret-path')
  })
})
