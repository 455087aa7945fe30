/**
 * The chaos run, short: real verifiers on each real store, paused, killed, cut off, slowed down, their clocks stepped, the store itself
 * paused, killed and failed over; then each guard taken out once. `npm run chaos` runs it for as long as you like.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type EngineName, startEngine } from '../chaos/engines.ts'
import { type MutantName, runMutant } from '../chaos/mutants.ts'
import { runChaos } from '../chaos/run.ts'
import { describeWithPostgres, describeWithRedis } from '../support/servers.ts'

const SECONDS = 5
const SEED = 20261123

describe('chaos on SQLite', () => chaosOn('sqlite', ['timer-flag']))
describeWithRedis('chaos on Redis', () => chaosOn('redis', ['lease-from-reply', 'ack-before-apply']))
describeWithRedis('chaos on Redis with a replica', () => chaosOn('redis-replicated', []))
describeWithPostgres('chaos on Postgres', () => chaosOn('postgres', ['clock-first']))

function chaosOn(name: EngineName, mutants: readonly MutantName[]): void {
  let engine: Engine
  beforeAll(async () => {
    engine = await startEngine(name)
  }, 60_000)
  afterAll(() => engine.stop())

  it('no verifier accepts after a revocation has returned', { timeout: 240_000 }, async () => {
    const { tally, violations, faults } = await runChaos({ engine, seconds: SECONDS, seed: SEED })
    console.log(`chaos on ${name}, seed ${SEED}: ${JSON.stringify({ ...tally, faults })}`)
    expect(violations).toEqual([])
    expect(tally.acceptedBefore).toBeGreaterThan(0)
    expect(tally.checksAfter).toBeGreaterThan(0)
  })

  if (mutants.length === 0) return
  it.each(mutants)('misses the guard that %s has lost', { timeout: 240_000 }, async (mutant) => {
    expect(await runMutant(engine, mutant)).toEqual({ isCaught: true, isSoundAccepting: false })
  })
}
