/**
 * The promise under an adversary: whatever is delayed, lost, paused or restarted, no verifier accepts a credential after
 * its revocation has returned. And with any one guard taken out, the same search finds it accepted.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAIL_OVER_MUTANTS, MUTANTS } from '../support/fleet-mutants.ts'
import { type FailOver, type Mutant, type SimulationResult, simulateFleet } from '../support/fleet-simulation.ts'

const choices = (length: number) =>
  fc.array(fc.nat({ max: 0xffff }), { minLength: length, maxLength: length, size: 'max' })
const history = fc.record({ choices: choices(2500), verifiers: fc.integer({ min: 1, max: 3 }) })
/** Longer: much has to happen after a fail-over. */
const longHistory = fc.record({ choices: choices(6000), verifiers: fc.integer({ min: 2, max: 3 }) })

/** Runs histories until one breaks the promise or all have been run. */
async function search(
  numRuns: number,
  seed: number,
  options: { readonly mutant?: Mutant; readonly failOver?: FailOver } = {},
): Promise<{ readonly isBroken: boolean; readonly total: SimulationResult; readonly runs: number }> {
  const total = { revokes: 0, checksAfterReturn: 0, acceptedAfterReturn: 0, accepted: 0, byAcks: 0, byLease: 0 }
  const all = { ...total, reaped: 0, stuck: 0, failOvers: 0, settled: 0, givenBack: 0 }
  const property = fc.asyncProperty(options.failOver ? longHistory : history, async (drawn) => {
    const result = await simulateFleet({ ...drawn, ...options })
    for (const name of Object.keys(all) as (keyof SimulationResult)[]) all[name] += result[name]
    return result.acceptedAfterReturn === 0
  })
  const details = await fc.check(property, { numRuns, seed, endOnFailure: true })
  return { isBroken: details.failed, total: all, runs: details.numRuns }
}

describe('a fleet under an adversary', () => {
  it('accepts nothing after the revocation has returned, and every revocation returns', async () => {
    const { isBroken, total, runs } = await search(1500, 20261123)
    console.log(`${runs} histories: ${JSON.stringify(total)}`)
    expect(isBroken).toBe(false)
    expect(total.stuck).toBe(0)
    // The search is worth something only where verifiers do accept, and both ways of returning occur.
    expect(total.accepted).toBeGreaterThan(500)
    expect(total.checksAfterReturn).toBeGreaterThan(5000)
    expect(total.byAcks).toBeGreaterThan(500)
    expect(total.byLease).toBeGreaterThan(500)
    expect(total.reaped).toBeGreaterThan(100)
  })

  it.each<FailOver>(['gone', 'quorum', 'fenced'])(
    'keeps its promise through a fail-over that loses an end of the log (former store: %s)',
    async (failOver) => {
      const { isBroken, total, runs } = await search(150, 7, { failOver })
      console.log(`${failOver}: ${runs} histories: ${JSON.stringify(total)}`)
      expect(isBroken).toBe(false)
      expect(total.stuck).toBe(0)
      expect(total.accepted).toBeGreaterThan(100)
      expect(total.checksAfterReturn).toBeGreaterThan(1000)
      expect(total.failOvers).toBeGreaterThan(80)
      expect(total.settled).toBeGreaterThan(80)
      expect(total.givenBack).toBeGreaterThan(20)
    },
  )
})

describe('the search finds', () => {
  it.each(Object.entries(MUTANTS))('%s', async (_name, mutant) => {
    const { isBroken } = await search(3000, 1, { mutant })
    expect(isBroken).toBe(true)
  })

  it.each(Object.entries(FAIL_OVER_MUTANTS))('%s', async (_name, options) => {
    const { isBroken } = await search(3000, 1, options)
    expect(isBroken).toBe(true)
  })
})
