/**
 * `npm run chaos -- --engine sqlite|redis|redis-replicated|postgres [--seconds N] [--seed S] [--verifiers N] [--history FILE]
 * [--only MISFORTUNE] [--no-mutants]`: breaks real processes on a real store and checks every decision against the guarantee; then takes guards out
 * and sees to it that each is missed. Ends with 1 when anything was accepted that should not have been, or a mutant got away.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ENGINES, type EngineName, startEngine } from './engines.ts'
import { MUTANTS, type MutantName, runMutant } from './mutants.ts'
import { runChaos } from './run.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    verifiers: { type: 'string', default: '4' },
    history: { type: 'string' },
    only: { type: 'string', default: '' },
    'no-mutants': { type: 'boolean', default: false },
  },
})
const name = ENGINES.find((known) => known === values.engine)
if (!name) fail(`--engine is one of ${ENGINES.join(', ')}`)
const [seconds, seed, verifiers] = [whole('seconds', 1), whole('seed', 0), whole('verifiers', 4)]

const engine = await startEngine(name)
const file = values.history === undefined ? null : openSync(values.history, 'w')
let bad = 0
try {
  console.log(`${name}: ${verifiers} verifiers, ${seconds} s, seed ${seed}`)
  const report = await runChaos({
    engine,
    seconds,
    seed,
    verifiers,
    only: values.only,
    ...(file === null ? {} : { record: (line: string) => void writeSync(file, `${line}\n`) }),
    progress,
  })
  progress('')
  const { tally } = report
  console.log(
    `revokes ${tally.revokes}: ${tally.byAcks} by acks (p50 ${report.p50Ms.toFixed(1)} ms, p99 ${report.p99Ms.toFixed(1)} ms), ${tally.byLease} by lease, ${tally.unreturned} did not return`,
  )
  for (const [what, times] of Object.entries(report.faults).sort()) console.log(`  ${what}: ${times}`)
  console.log(`accepted before ${tally.acceptedBefore}, checks after return ${tally.checksAfter}`)
  console.log(`accepted after return: ${tally.acceptedAfter}`)
  for (const violation of report.violations) console.log(`  VIOLATION ${JSON.stringify(violation)}`)
  bad += tally.acceptedAfter
  // A run in which nothing was accepted, or nothing returned, proves nothing.
  if (tally.acceptedBefore === 0 || tally.checksAfter === 0) bad++
  if (!values['no-mutants']) bad += await mutants(name)
} finally {
  if (file !== null) closeSync(file)
  await engine.stop()
}
process.exit(bad === 0 ? 0 : 1)

async function mutants(of: EngineName): Promise<number> {
  let escaped = 0
  for (const [mutant, { needsProxy }] of Object.entries(MUTANTS)) {
    if (needsProxy && of === 'sqlite') continue
    const beganMs = performance.now()
    const { isCaught, isSoundAccepting } = await runMutant(engine, mutant as MutantName)
    const tookS = ((performance.now() - beganMs) / 1000).toFixed(1)
    console.log(
      `mutant ${mutant}: ${isCaught ? 'caught' : 'NOT CAUGHT'} in ${tookS} s${isSoundAccepting ? ', but so is the sound one' : ''}`,
    )
    if (!isCaught || isSoundAccepting) escaped++
  }
  return escaped
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

function whole(option: 'seconds' | 'seed' | 'verifiers', least: number): number {
  const value = Number(values[option])
  if (!Number.isSafeInteger(value) || value < least) fail(`--${option} is a whole number from ${least} on`)
  return value
}

function fail(why: string): never {
  console.error(why)
  process.exit(2)
}
