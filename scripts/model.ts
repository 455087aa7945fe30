/**
 * Checks the models of the revocation protocol with SPIN: `npm run model`. Each must hold with all of its rules, and fail as
 * expected with any of them taken out. A search that did not see every state counts as failed. Exits with 1 when one fails;
 * the last line sums up: `N passed, N failed`.
 *
 *   npm run model -- mint fence     these models only
 *   npm run model -- --large        the large configurations too (minutes, and up to 10 GB)
 *   npm run model -- --jobs 1       searches at a time; default 2
 *   npm run model -- --write        keeps the figures in model/results.json and docs/model.md
 */
import { parseArgs } from 'node:util'
import { CONFIGURATIONS } from './model/configurations.ts'
import { digestOf, modelFile, writeResults } from './model/results.ts'
import { findTools, type Run, runSpin } from './model/spin.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
  },
})
const models = new Set(CONFIGURATIONS.map(({ model }) => model))
const unknown = positionals.filter((name) => !models.has(name))
const jobs = Number(values.jobs)
if (unknown.length > 0 || !(Number.isSafeInteger(jobs) && jobs > 0)) {
  console.error(`usage: npm run model -- [--large] [--write] [--jobs N] [${[...models].join('] [')}]`)
  process.exit(2)
}

const tools = await findTools()
if (!tools) {
  console.log('spin or cc is not installed (Debian: spin, gcc), so that no model was checked')
  const isCi = Boolean(process.env.CI)
  console.log(`0 passed, ${isCi ? 1 : 0} failed`)
  process.exit(isCi ? 1 : 0)
}

const chosen = CONFIGURATIONS.filter(
  ({ model, isLarge }) => (values.large || !isLarge) && (positionals.length === 0 || positionals.includes(model)),
)
const titles = chosen.map(({ model, title }) => `${model}: ${title}`)
const widest = Math.max(...titles.map(({ length }) => length))
const row = (title: string, result: string, ...figures: readonly string[]) =>
  console.log(title.padEnd(widest), result.padEnd(24), ...figures.map((figure) => figure.padStart(12)))
const passed = ({ outcome, configuration }: Run) => outcome === configuration.expected

console.log(`SPIN ${tools.spin}, cc ${tools.cc}`)
row('configuration', 'result', 'states', 'transitions', 'depth', 'seconds')
const runs: Run[] = []
const digests = new Map([...models].map((model) => [model, digestOf(model)]))
const queue = chosen.values()
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (const configuration of queue) {
      const run = await runSpin(configuration, modelFile(configuration.model))
      runs.push(run)
      const { outcome, states, transitions, depth, seconds } = run
      const result = passed(run) ? outcome : `FAILED: ${outcome}`
      const title = `${configuration.model}: ${configuration.title}`
      row(title, result, ...[states, transitions, depth].map(String), seconds.toFixed(1))
    }
  }),
)
const failed = runs.filter((run) => !passed(run))
for (const { configuration, outcome, fault } of failed) {
  const { model, title, expected } = configuration
  console.log(`\nFAILED ${model}: ${title}: expected "${expected}", got "${outcome}"${fault ? `\n${fault}` : ''}`)
}
if (values.write && failed.length === 0) writeResults(tools, runs, digests)
console.log(`\n${runs.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 ? 0 : 1
