import { beforeEach, describe, expect, it } from 'vitest'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import { AuthError } from '../../../src/errors.ts'
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts'
import type { SignatureAlgorithm } from '../../../src/token/algorithms.ts'
import { createIssuerKeys, createOwnKeySource } from '../../../src/token/issuer-keys.ts'
import { KEEP_SECONDS, PUBLISH_EARLY_SECONDS, SIGNING_SECONDS } from '../../../src/token/key-schedule.ts'
import { codeOfAsync } from '../../support/codes.ts'
import { createMemoryRecords, type MemoryRecords } from '../../support/memory-records.ts'

const SECRET = 'a ring of many different characters 0123456789'
let clock: TestClock
let records: MemoryRecords
const open = (algorithm: SignatureAlgorithm = 'ES256', secrets = createSecretRing([SECRET])) =>
  createIssuerKeys({ records, secrets, clock, algorithm })
const states = async (keys: ReturnType<typeof open>) =>
  Object.fromEntries((await keys.list()).map((key) => [key.keyId, key.state]))
const published = async (keys: ReturnType<typeof open>) =>
  (await keys.publicKeys()).keys.map((jwk) => (jwk as { kid: string }).kid)
const stored = () =>
  (records.raw.get('keys') as { value: unknown }).value as { keys: { keyId: string; sealed: unknown }[] }

beforeEach(() => {
  clock = createTestClock()
  records = createMemoryRecords()
})

describe('createIssuerKeys', () => {
  it('refuses an algorithm that is none', () => {
    expect(() => open('none' as SignatureAlgorithm)).toThrow(TypeError)
  })

  it('makes a key that signs at once', async () => {
    const keys = open()
    const key = await keys.signing()
    expect(await states(keys)).toEqual({ [key.keyId]: 'signing' })
    const [jwk] = (await keys.publicKeys()).keys
    expect(jwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      alg: 'ES256',
      use: 'sig',
      kid: key.keyId,
    })
    const [verify] = await keys.verifyKeys()
    expect(await verify?.verify('a.b', await key.sign('a.b'))).toBe(true)
  })

  it('goes on with the same key after a restart', async () => {
    const first = await open().signing()
    const again = await open().signing()
    expect(again.keyId).toBe(first.keyId)
    expect(records.calls.writes).toBe(1)
  })

  it('seals private keys at rest', async () => {
    await open().signing()
    const text = JSON.stringify([...records.raw.values()])
    expect(text).not.toMatch(/"d":|"k":|\\"d\\"/)
    expect(await codeOfAsync(() => open('ES256', createSecretRing([`another ${SECRET}`])).signing())).toBe(
      'store.corrupt',
    )
    const ring = createSecretRing([`another ${SECRET}`, SECRET])
    expect((await open('ES256', ring).signing()).keyId).toBe((await open().signing()).keyId)
  })

  it('refuses a record that it did not write', async () => {
    for (const value of [null, 1, {}, { keys: {} }, { keys: [1] }, { keys: [{ keyId: 'a' }] }]) {
      records.raw.set('keys', { value: value as never, version: 1 })
      expect(await codeOfAsync(() => open().signing())).toBe('store.corrupt')
    }
  })

  it('does not take one key for another', async () => {
    await open().signing()
    const [key] = stored().keys
    records.raw.set('keys', { value: { keys: [{ ...key, keyId: 'another1' }] } as never, version: 2 })
    expect(await codeOfAsync(() => open().signing())).toBe('store.corrupt')
  })

  it('publishes the next key a day before it signs and keeps the last one until its tokens are dead', async () => {
    const keys = open()
    const first = (await keys.signing()).keyId
    clock.advance(SIGNING_SECONDS - PUBLISH_EARLY_SECONDS - 1)
    await keys.refresh()
    expect(await published(keys)).toEqual([first])
    clock.advance(1)
    await keys.refresh()
    const second = (await published(keys)).find((id) => id !== first) as string
    expect(await states(keys)).toEqual({ [first]: 'signing', [second]: 'upcoming' })
    clock.advance(PUBLISH_EARLY_SECONDS - 1)
    expect((await keys.signing()).keyId).toBe(first)
    clock.advance(1)
    expect((await keys.signing()).keyId).toBe(second)
    expect(await states(keys)).toEqual({ [first]: 'verifying', [second]: 'signing' })
    clock.advance(KEEP_SECONDS - 1)
    expect(await published(keys)).toEqual([second, first])
    expect((await keys.verifyKeys()).map((key) => key.keyId)).toEqual([second, first])
    clock.advance(1)
    expect(await published(keys)).toEqual([second])
    expect((await keys.verifyKeys()).map((key) => key.keyId)).toEqual([second])
    await keys.rotate()
    expect(stored().keys).toHaveLength(2)
  })

  it('rotates by itself as time passes, only asked to sign', async () => {
    const keys = open()
    const seen = new Set<string>()
    for (let day = 0; day < 100; day++) {
      seen.add((await keys.signing()).keyId)
      clock.advance(86_400)
    }
    expect(seen.size).toBe(4)
  })

  it('catches up after a long stop: no key signs beyond its time', async () => {
    const first = (await open().signing()).keyId
    clock.advance(10 * SIGNING_SECONDS)
    const keys = open()
    const second = (await keys.signing()).keyId
    expect(second).not.toBe(first)
    expect(await states(keys)).toEqual({ [second]: 'signing' })
  })

  it('signs with the first key on a machine whose clock runs behind', async () => {
    const first = await open().signing()
    clock.stepWall(-300)
    expect((await open().signing()).keyId).toBe(first.keyId)
  })

  it('keeps a verifying key the same object, and signing keys too', async () => {
    const keys = open()
    const [before] = await keys.verifyKeys()
    const signing = await keys.signing()
    clock.advance(61)
    expect((await keys.verifyKeys())[0]).toBe(before)
    expect(await keys.signing()).toBe(signing)
  })

  it('reads the store at most once a minute', async () => {
    const keys = open()
    for (let i = 0; i < 50; i++) await keys.signing()
    expect(records.calls.finds).toBe(1)
    clock.advance(60)
    await Promise.all(Array.from({ length: 50 }, () => keys.signing()))
    expect(records.calls.finds).toBe(2)
  })

  it('passes a failure of the store on', async () => {
    records.fail = new AuthError('store.unavailable', 'the store is down')
    const keys = open()
    expect(await codeOfAsync(() => keys.signing())).toBe('store.unavailable')
    records.fail = null
    expect(await codeOfAsync(() => keys.signing())).toBeNull()
  })

  it('forgets its keys when it is closed', async () => {
    const keys = open()
    await keys.signing()
    keys.close()
    expect(await codeOfAsync(() => keys.signing())).toBe('keys.unavailable')
    expect(await codeOfAsync(() => keys.rotate())).toBe('keys.unavailable')
  })

  it('shows no symmetric key but verifies with it', async () => {
    const keys = open('HS256')
    const key = await keys.signing()
    expect(await keys.publicKeys()).toEqual({ keys: [] })
    const [verify] = await keys.verifyKeys()
    expect(await verify?.verify('a.b', await key.sign('a.b'))).toBe(true)
    const elsewhere = open('HS256')
    expect(await (await elsewhere.verifyKeys())[0]?.verify('a.b', await key.sign('a.b'))).toBe(true)
  })
})

describe('rotate', () => {
  it('signs with a new key at once and goes on verifying with the last', async () => {
    const keys = open()
    const first = (await keys.signing()).keyId
    const { signing, retired } = await keys.rotate()
    expect(retired).toEqual([])
    expect((await keys.signing()).keyId).toBe(signing)
    expect(await states(keys)).toEqual({ [first]: 'verifying', [signing]: 'signing' })
    expect((await keys.list()).find((key) => key.keyId === first)?.removedAt).toBe(clock.now() + KEEP_SECONDS)
    clock.advance(KEEP_SECONDS)
    expect(await published(keys)).toEqual([signing])
  })

  it('brings the upcoming key forward', async () => {
    const keys = open()
    clock.advance(SIGNING_SECONDS - PUBLISH_EARLY_SECONDS)
    await keys.refresh()
    await keys.signing()
    clock.advance(SIGNING_SECONDS - PUBLISH_EARLY_SECONDS)
    await keys.refresh()
    const upcoming = (await keys.list()).find((key) => key.state === 'upcoming')?.keyId
    expect(upcoming).toBeDefined()
    expect((await keys.rotate()).signing).toBe(upcoming)
    expect((await keys.list()).find((key) => key.keyId === upcoming)?.signsUntil).toBe(clock.now() + SIGNING_SECONDS)
  })

  it('changes to another algorithm', async () => {
    const first = (await open('ES256').signing()).keyId
    const keys = open('EdDSA')
    expect((await keys.signing()).keyId).toBe(first)
    await keys.rotate()
    expect((await keys.signing()).algorithm).toBe('EdDSA')
    expect((await keys.verifyKeys()).map((key) => key.algorithm)).toEqual(['EdDSA', 'ES256'])
  })

  it('forgets every key when one is compromised', async () => {
    const keys = open()
    const first = (await keys.signing()).keyId
    clock.advance(SIGNING_SECONDS - PUBLISH_EARLY_SECONDS)
    await keys.refresh()
    const upcoming = (await keys.list()).find((key) => key.state === 'upcoming')?.keyId as string
    const { signing, retired } = await keys.rotate({ compromised: true })
    expect(new Set(retired)).toEqual(new Set([first, upcoming]))
    expect(await published(keys)).toEqual([signing])
    expect((await keys.verifyKeys()).map((key) => key.keyId)).toEqual([signing])
    expect(await states(keys)).toEqual({ [first]: 'retired', [upcoming]: 'retired', [signing]: 'signing' })
    expect(stored().keys.filter((key) => key.sealed)).toHaveLength(1)
    expect((await open().signing()).keyId).toBe(signing)
    clock.advance(KEEP_SECONDS)
    expect(await states(keys)).toEqual({ [signing]: 'signing' })
  })

  it('reaches other instances within a minute', async () => {
    const [one, other] = [open(), open()]
    await other.signing()
    const { signing } = await one.rotate()
    expect((await other.signing()).keyId).not.toBe(signing)
    clock.advance(60)
    expect((await other.signing()).keyId).toBe(signing)
  })
})

describe('twenty instances over one store', () => {
  const twenty = () => Array.from({ length: 20 }, () => open())

  it('agree on the first key', async () => {
    const signing = await Promise.all(twenty().map((keys) => keys.signing()))
    expect(new Set(signing.map((key) => key.keyId)).size).toBe(1)
    expect(records.calls.writes).toBe(1)
  })

  it('agree on the next key', async () => {
    const all = twenty()
    await Promise.all(all.map((keys) => keys.signing()))
    clock.advance(SIGNING_SECONDS - PUBLISH_EARLY_SECONDS)
    await Promise.all(all.map((keys) => keys.refresh()))
    const sets = await Promise.all(all.map(published))
    expect(new Set(sets.map((set) => set.join(' '))).size).toBe(1)
    expect(sets[0]).toHaveLength(2)
    expect(records.calls.writes).toBe(2)
  })

  it('each rotate once when each is told to, and none is lost', async () => {
    const all = twenty()
    await Promise.all(all.map((keys) => keys.signing()))
    const done = await Promise.all(all.map((keys) => keys.rotate()))
    expect(new Set(done.map(({ signing }) => signing)).size).toBe(20)
    await Promise.all(all.map((keys) => keys.refresh()))
    expect(new Set(await Promise.all(all.map(async (keys) => (await keys.signing()).keyId))).size).toBe(1)
    expect(await published(open())).toHaveLength(21)
  })
})

describe('createOwnKeySource', () => {
  it('finds a key that another instance has just made', async () => {
    const [one, other] = [open(), open()]
    await one.signing()
    const source = createOwnKeySource(one, clock)
    await source.refresh()
    const { signing } = await other.rotate()
    expect(source.find(signing, 'ES256')).toBeNull()
    expect(source.mayAskAgain()).toBe(true)
    await source.askAgain()
    expect(source.find(signing, 'ES256')?.keyId).toBe(signing)
    expect(source.mayAskAgain()).toBe(false)
    clock.advance(1)
    expect(source.mayAskAgain()).toBe(true)
  })
})
