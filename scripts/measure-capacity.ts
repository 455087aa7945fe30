/**
 * `npm run measure-capacity [-- --quick] [--engine NAME]`: what a plan of capacity stands on and no bench tells: bytes of rows, commands of each
 * step, CPU of the store per command. Writes test/results/capacity.json; `npm run capacity-constants` makes the constants of the plan of it.
 * Bytes and commands come out the same on any machine; CPU is of the machine that the file names.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../bench/report.ts'
import {
  bootFigures,
  denyFigures,
  type Figures,
  logFigures,
  loginFigures,
  logStepFigures,
  protocolFigures,
} from './capacity/counts.ts'
import { ENGINES, type Place, startPlace } from './capacity/places.ts'

const FILE = fileURLToPath(new URL('../test/results/capacity.json', import.meta.url))
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, engine: { type: 'string', multiple: true, default: [] } },
})
const { quick } = values
const engines = ENGINES.filter((name) => values.engine.length === 0 || values.engine.includes(name))

const verifier = denyFigures(quick ? 100_000 : 1_000_000)
const results: { engine: string; about: string; figures: Figures }[] = []
for (const engine of engines) {
  const figures: Record<string, number> = {}
  let about = ''
  // Each part on a store of its own: none is measured by what another one has left behind.
  const parts: readonly (readonly [string, (place: Place) => Promise<Figures>])[] = [
    ['logins', (place) => loginFigures(place, quick ? 1000 : 10_000)],
    ['log', (place) => logFigures(place, quick ? 1000 : 20_000)],
    ['steps of the log', (place) => logStepFigures(place, quick ? 100 : 1000, quick ? 500 : 2000)],
    ['protocol', (place) => protocolFigures(place, 4, quick ? 4 : 24)],
    ['boot', (place) => bootFigures(place, quick ? 4000 : 60_000)],
  ]
  for (const [name, measure] of parts) {
    console.error(`${engine}: ${name}`)
    const place = await startPlace(engine)
    about = place.about
    try {
      Object.assign(figures, await measure(place))
    } finally {
      await place.stop()
    }
  }
  results.push({ engine, about, figures })
  for (const [name, value] of Object.entries(figures)) console.log(`${engine.padEnd(9)} ${name.padEnd(50)} ${value}`)
}
/** The last commit that changed what is measured. */
function measuredCommit(): string {
  const parts = ['stores', 'revocation', 'login', 'session', 'refresh'].map((name) => `src/${name}`)
  return execFileSync('git', ['log', '-1', '--format=%h', '--abbrev=7', '--', ...parts], { encoding: 'utf8' }).trim()
}

const { cpu = '', memory = '', system = '', load = '', node = '' } = machine()
if (!quick && engines.length === ENGINES.length) {
  mkdirSync(fileURLToPath(new URL('../test/results', import.meta.url)), { recursive: true })
  const result = {
    suite: 'capacity',
    date: new Date().toISOString(),
    commit: measuredCommit(),
    machine: { cpu, memory, system, load, node },
    verifier,
    engines: results,
  }
  writeFileSync(FILE, `${JSON.stringify(result, null, 2)}\n`)
  console.error('written: test/results/capacity.json')
}
process.exit(0)
