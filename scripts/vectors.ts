/**
 * Runs public test vectors against Sojourn's own code: `npm run vectors -- DIR`. Prints a table, every failure, every case
 * that was left out with its reason; exits with 1 when one fails. The last line sums up: `N passed, N failed, N skipped`.
 */

import { cookbookSuites } from './vectors/cookbook.ts'
import { cookieSuites } from './vectors/cookies.ts'
import { openFolder } from './vectors/files.ts'
import { rfcSuites } from './vectors/rfc.ts'
import { signatureSuites } from './vectors/signatures.ts'
import { type Result, runSuite } from './vectors/suite.ts'
import { tokenSuites } from './vectors/wycheproof-tokens.ts'

const [directory] = process.argv.slice(2)
if (!directory) {
  console.error('usage: npm run vectors -- DIR (the folder with wycheproof/, rfc/, jose-cookbook/ and tough-cookie/)')
  process.exit(2)
}
const folder = openFolder(directory)
const results: Result[] = []
const suites = [tokenSuites, signatureSuites, rfcSuites, cookbookSuites, cookieSuites].flatMap((read) => read(folder))
for (const suite of suites) results.push(await runSuite(suite))

const widest = Math.max(...results.map(({ file }) => file.length))
const row = (name: string, ...cells: readonly (string | number)[]) =>
  console.log(name.padEnd(widest), ...cells.map((cell) => String(cell).padStart(8)))
const sum = (of: (result: Result) => number) => results.reduce((total, result) => total + of(result), 0)

for (const { file, failed } of results) for (const fault of failed) console.log(`FAILED ${file} ${fault}`)
for (const { file, skipped } of results) {
  for (const reason of new Set(skipped.map((skip) => skip.reason))) {
    const ids = skipped.filter((skip) => skip.reason === reason).map(({ id }) => id)
    console.log(`skipped ${file}: ${reason}: ${ids.join(' ')}`)
  }
}
console.log()
row('file', 'cases', 'passed', 'failed', 'skipped')
for (const { file, cases, passed, failed, skipped } of results) row(file, cases, passed, failed.length, skipped.length)
row(
  '',
  sum(({ cases }) => cases),
  sum(({ passed }) => passed),
  sum(({ failed }) => failed.length),
  sum(({ skipped }) => skipped.length),
)
const failures = sum(({ failed }) => failed.length)
console.log(
  `${sum(({ passed }) => passed)} passed, ${failures} failed, ${sum(({ skipped }) => skipped.length)} skipped`,
)
process.exitCode = failures === 0 ? 0 : 1
