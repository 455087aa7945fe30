/** The faulty store fails exactly what it was told to, and does exactly what it says it does. */
import { expect, it } from 'vitest'
import { createFaultyStore, createMemoryStore, type FaultPlan } from '../../../src/testing/index.ts'
import { aSession, T0 } from '../../support/store-fixtures.ts'

const NOW = T0

it('lets everything through without a plan, and names each call', async () => {
  const store = createFaultyStore(createMemoryStore())
  const session = aSession()
  expect(await store.sessions.create(session, null, NOW)).toBe('created')
  await store.records('code').put('k', 1, null, NOW)
  await store.ping()
  expect(store.revocations.durability).toBe('D0')
  expect(store.calls).toEqual(['sessions.create', 'records(code).put', 'ping'])
  expect(store.hits).toEqual([])
  await store.close()
})

it.each<[string, FaultPlan, boolean]>([
  ['without doing it', { fault: 'fails' }, false],
  ['having done it', { fault: 'loses its reply' }, true],
])('fails a call %s', async (_, plan, isDone) => {
  const store = createFaultyStore(createMemoryStore(), plan)
  const session = aSession()
  await expect(store.sessions.create(session, null, NOW)).rejects.toMatchObject({ code: 'store.unavailable' })
  expect((await store.sessions.find(session.id, NOW)) !== null).toBe(isDone)
  expect(store.hits).toEqual(['sessions.create'])
})

it('answers late, having done it', async () => {
  const store = createFaultyStore(createMemoryStore(), { fault: 'answers late', lateMs: 40 })
  const begun = performance.now()
  expect(await store.sessions.create(aSession(), null, NOW)).toBe('created')
  expect(performance.now() - begun).toBeGreaterThanOrEqual(39)
})

it('counts per method, of one port, of one kind of record, and for so many calls', async () => {
  const store = createFaultyStore(createMemoryStore())
  const outcome = (promise: Promise<unknown>) => promise.then(() => 'ok').catch(() => 'failed')
  const codes = store.records('code')
  store.arm({ fault: 'fails', method: 'records(code).find', nth: 2, times: 2 })
  const finds: string[] = []
  for (let i = 0; i < 5; i++) {
    await store.records('other').find('k', NOW)
    finds.push(await outcome(codes.find('k', NOW)))
  }
  expect(finds).toEqual(['ok', 'failed', 'failed', 'ok', 'ok'])
  store.arm({ fault: 'fails', method: 'sessions.*', times: Infinity }, { fault: 'fails', method: 'ping', nth: 2 })
  expect(await outcome(store.ping())).toBe('ok')
  expect(await outcome(store.ping())).toBe('failed')
  for (let i = 0; i < 3; i++) expect(await outcome(store.sessions.find('s', NOW))).toBe('failed')
  expect(await outcome(store.families.find('f', NOW))).toBe('ok')
  store.disarm()
  expect(await outcome(store.sessions.find('s', NOW))).toBe('ok')
})

it('goes down after a method has answered, with an error of ones own', async () => {
  const error = () => new RangeError('gone')
  const plan: FaultPlan = { fault: 'fails', after: 'sessions.create', times: Infinity, error }
  const store = createFaultyStore(createMemoryStore(), plan)
  expect(await store.sessions.find('s', NOW)).toBeNull()
  expect(await store.sessions.create(aSession(), null, NOW)).toBe('created')
  await expect(store.sessions.find('s', NOW)).rejects.toThrow(RangeError)
  await expect(store.ping()).rejects.toThrow('gone')
})

it.each([
  [{ fault: 'burns' }],
  [{ fault: 'fails', nth: 0 }],
  [{ fault: 'fails', nth: 1.5 }],
  [{ fault: 'fails', times: 0 }],
  [{ fault: 'fails', lateMs: -1 }],
])('refuses a plan that cannot be meant: %j', (plan) => {
  expect(() => createFaultyStore(createMemoryStore(), plan as FaultPlan)).toThrow(TypeError)
})
