/**
 * `npm run simulate [-- --quick] [--seed N]`: holds the formulas of a plan (src/capacity) against a simulation of fleets, from four verifiers to ten
 * thousand and to a thousand million users, and looks for the load at which one log stops being enough. Prints a table; in full it writes
 * test/results/simulate.json and two plots in docs/images. The same seed gives the same figures. Exits with 1 when a formula is off.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { simulateAll } from './simulation/all.ts'
import { svgOf } from './simulation/plot.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
})
const seed = Number(values.seed)
if (!Number.isInteger(seed) || seed < 0) throw new TypeError('--seed is a whole number')
const result = simulateAll(values.quick, seed, (text) => console.error(text))
const shown = (value: number | null): string =>
  value === null ? '' : Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 4 })
let scale = ''
for (const row of result.comparisons) {
  if (row.scale !== scale) console.log(`\n${row.scale}`)
  scale = row.scale
  const difference = row.differencePercent === null ? '' : `${row.differencePercent.toFixed(2)} %`
  console.log(
    `  ${`${row.quantity}${row.unit ? `, ${row.unit}` : ''}`.padEnd(36)}${shown(row.formula).padStart(14)}${shown(row.simulated).padStart(14)}${difference.padStart(10)}  ${row.verdict}`,
  )
}
console.log('\nOne log')
for (const { verifiers, revocationsPerSecond, part, keptUp } of result.limits)
  console.log(
    `  ${verifiers} verifiers, ${shown(revocationsPerSecond)} revocations a second (${part} of the limit): ${keptUp ? 'keeps up' : 'falls behind'}`,
  )
const off = result.comparisons.filter(({ verdict }) => verdict === 'off')
const wrong = result.limits.filter(({ part, keptUp }) => keptUp !== part < 1)
console.log(`\n${result.comparisons.length - off.length} of ${result.comparisons.length} as the formulas say`)
if (!values.quick) {
  mkdirSync(`${root}test/results`, { recursive: true })
  writeFileSync(`${root}test/results/simulate.json`, `${JSON.stringify(result, null, 2)}\n`)
  for (const [name, plot] of Object.entries(result.plots)) writeFileSync(`${root}docs/images/${name}.svg`, svgOf(plot))
  console.error('written: test/results/simulate.json, docs/images/capacity-*.svg')
}
process.exitCode = off.length + wrong.length > 0 ? 1 : 0
