import { describe, expect, it } from 'vitest'
import { type PlanInput, peopleOf, relayTiers } from '../../../src/capacity/input.ts'
import { cachedPerVerifier, liveSessions, type People, readsPerSecond } from '../../../src/capacity/people.ts'
import { planCapacity } from '../../../src/capacity/plan.ts'

const input: PlanInput = {
  users: 1e6,
  verifiers: 8,
  activePerDay: 1e5,
  logInsPerDay: 2e4,
  minutesPerActiveDay: 20,
  requestsPerMinute: 6,
  peakFactor: 3,
  useDays: 20,
  signOutPercent: 30,
  revocationsPerSecond: 0.2,
  revokers: 8,
  relayFanOut: 0,
  roundTripMs: 0.5,
  storeCores: 4,
  coreUsd: 10,
  memoryGibUsd: 2,
  diskGibUsd: 0.1,
}
const people = peopleOf(input, 'cookie')

describe('who is logged in', () => {
  const with_ = (change: Partial<People>): People => ({ ...people, ...change })

  it('follows Little: arrivals times the mean stay', () => {
    const brief = with_({ logInsPerSecond: 2, useSeconds: 1, signOutShare: 1 })
    expect(liveSessions(brief)).toBeCloseTo(2, 6)
    const left = with_({ logInsPerSecond: 2, useSeconds: 1, signOutShare: 0, idleSeconds: 99 })
    expect(liveSessions(left)).toBeCloseTo(200, 4)
  })

  it('never outlives the absolute lifetime', () => {
    const eternal = with_({
      logInsPerSecond: 1,
      useSeconds: 1e12,
      signOutShare: 0.5,
      absoluteSeconds: 1000,
      idleSeconds: 10,
    })
    expect(liveSessions(eternal)).toBeCloseTo(1000, 3)
  })

  it('is read once a cache life where it is busy, and seldom where it is not', () => {
    const busy = with_({ sessionsInUse: 1, verifiers: 1, requestsPerSecond: 1e6 })
    expect(readsPerSecond(busy)).toBeCloseTo(1 / 240, 8)
    expect(cachedPerVerifier(busy)).toBeCloseTo(1, 6)
    const idle = with_({ sessionsInUse: 1, verifiers: 1, requestsPerSecond: 1e-6 })
    expect(readsPerSecond(idle)).toBeCloseTo(1e-6, 8)
    expect(cachedPerVerifier(idle)).toBeCloseTo(300e-6, 6)
  })
})

describe('a plan', () => {
  const { plans, limits } = planCapacity(input)
  const of = (engine: string, mode: string) => {
    const found = plans.find((one) => one.engine === engine && one.mode === mode)
    if (!found) throw new Error('there is no such plan')
    return found
  }

  it('has every mode on every engine', () => {
    expect(plans).toHaveLength(12)
    expect(limits.map(({ engine }) => engine)).toEqual(['sqlite', 'redis', 'postgres'])
  })

  it('asks the store for every request in look-up, and seldom with a near-cache', () => {
    const requests = people.sessionsInUse * people.requestsPerSecond
    expect(of('redis', 'cookie, look-up').commands.readRow).toBeCloseTo(requests, 6)
    expect(of('redis', 'cookie').commands.readRow).toBeLessThan(requests / 3)
    expect(of('redis', 'cookie, look-up').spread).toBeNull()
    expect(of('redis', 'cookie, look-up').bootSeconds).toBe(0)
  })

  it('refreshes tokens, and reads no rows for them', () => {
    const { commands } = of('redis', 'token')
    expect(commands.readRow).toBe(0)
    expect(commands.refresh).toBeGreaterThan(0)
    expect(of('redis', 'cookie').commands.refresh).toBe(0)
  })

  it('counts prices once, and nothing where they are nothing', () => {
    const free = planCapacity({ ...input, coreUsd: 0, memoryGibUsd: 0, diskGibUsd: 0 })
    expect(free.plans.map(({ usdPerMonth }) => usdPerMonth.all)).toEqual(free.plans.map(() => 0))
    const twice = planCapacity({ ...input, coreUsd: 20, memoryGibUsd: 4, diskGibUsd: 0.2 })
    for (const [i, { usdPerMonth }] of twice.plans.entries())
      expect(usdPerMonth.all).toBeCloseTo((plans[i]?.usdPerMonth.all ?? 0) * 2, 6)
  })

  it('takes more servers of Redis when one processor is not enough, and looks into the log of each row read', () => {
    const large = planCapacity({ ...input, users: 1e9, activePerDay: 1e8, logInsPerDay: 2e7 }, ['redis'], ['cookie'])
    const [found] = large.plans
    expect(found?.storeServers).toBeGreaterThan(1)
    expect(found?.log.unavoidable).toBeGreaterThan(of('redis', 'cookie').log.unavoidable * 10)
    const crowded = { ...input, users: 1e9, activePerDay: 1e8, logInsPerDay: 2e7, verifiers: 500 }
    const [full] = planCapacity(crowded, ['redis'], ['cookie']).plans
    expect(full?.oneLog).toBe('not enough')
    expect(full?.spread?.p50Ms).toBe(Infinity)
  })

  it('says where one log is not enough', () => {
    const crowded = { ...input, verifiers: 10_000, revocationsPerSecond: 200 }
    expect(planCapacity(crowded, ['redis'], ['token']).plans[0]?.oneLog).toBe('not enough')
    expect(planCapacity({ ...crowded, relayFanOut: 22 }, ['redis'], ['token']).plans[0]?.oneLog).toBe('enough')
  })

  it.each([
    [10, 22, null],
    [22, 22, null],
    [100, 1, null],
    [2000, 22, [5, 22, 22]],
    [10_000, 100, [100, 100]],
    [10_000, 22, [21, 22, 22]],
  ])('puts %i verifiers under relays of %i', (verifiers, fanOut, tiers) => {
    expect(relayTiers(verifiers, fanOut)).toEqual(tiers)
  })
})
