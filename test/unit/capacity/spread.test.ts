import { describe, expect, it } from 'vitest'
import {
  alone,
  type FleetPlan,
  fleetLoad,
  highestRate,
  idleCommands,
  mostFollowers,
  type StepCosts,
  unavoidable,
} from '../../../src/capacity/spread.ts'

const costs: StepCosts = {
  appendUs: 20,
  appendPerMemberUs: 0.5,
  lookUs: 10,
  lookPerMemberUs: 0.5,
  renewUs: 20,
  readUs: 10,
  readPerEntryUs: 2,
  ackUs: 10,
  wakeUs: 20,
}
const plan: FleetPlan = {
  costs,
  verifiers: 10,
  revocationsPerSecond: 1,
  revokers: 1,
  roundTripMs: 1,
  leaseMs: 12_000,
  heartbeatMs: 2000,
  relay: null,
}

describe('the queue of the log', () => {
  it('takes four round trips and a look for a single verifier', () => {
    const free = Object.fromEntries(Object.keys(costs).map((name) => [name, 0])) as unknown as StepCosts
    const { ms, looks } = alone({ ...plan, verifiers: 1, costs: free })
    // Woken after half a round trip, read and acknowledged after one each; the first look comes too soon, the second at 1 ms.
    expect(looks).toBe(2)
    expect(ms).toBeCloseTo(0.5 + 0.5 + 1 + 1 + 1, 5)
  })

  it('asks in silence for a renewal and a read a heartbeat, and a look every half lease', () => {
    const { renew, read, look, wake } = idleCommands({ ...plan, revocationsPerSecond: 0 })
    expect([renew, read, wake]).toEqual([5, 5, 5])
    expect(look).toBeCloseTo(10 / 6, 5)
  })

  it('must bring every entry to every verifier, whatever is put off', () => {
    const more =
      unavoidable({ ...plan, revocationsPerSecond: 1001 }) - unavoidable({ ...plan, revocationsPerSecond: 1000 })
    expect(more).toBeCloseTo((20 + 10 * 2.5) / 1e6, 10)
  })

  it('is full exactly at the limits that it names', () => {
    const rate = highestRate(plan)
    expect(unavoidable({ ...plan, revocationsPerSecond: rate })).toBeCloseTo(1, 6)
    expect(fleetLoad({ ...plan, revocationsPerSecond: rate * 1.01 }).regime).toBe('saturated')
    expect(fleetLoad({ ...plan, revocationsPerSecond: rate * 0.9 }).regime).toBe('busy')
    const most = mostFollowers(plan)
    expect(unavoidable({ ...plan, verifiers: most })).toBeLessThan(1)
    expect(unavoidable({ ...plan, verifiers: most + 1 })).toBeGreaterThanOrEqual(1)
  })

  it('is full in silence with too many verifiers, for each of them looks for the dead among all', () => {
    const crowd = { ...plan, verifiers: 10_000, revocationsPerSecond: 0 }
    expect(unavoidable(crowd)).toBeGreaterThan(1)
    expect(highestRate(crowd)).toBe(0)
    expect(fleetLoad(crowd).p50Ms).toBe(Infinity)
  })

  it('spreads faster through relays than to all at once', () => {
    const verifiers = 2500
    const relay = { tiers: [50, 50], requestUs: 40, perEntryUs: 2 }
    const slow = fleetLoad({ ...plan, verifiers, revocationsPerSecond: 0.1 })
    const fast = fleetLoad({ ...plan, verifiers, revocationsPerSecond: 0.1, relay })
    expect(fast.regime).toBe('light')
    expect(fast.p50Ms).toBeLessThan(slow.p50Ms / 5)
    expect(fast.followers).toBe(50)
  })
})
