/** Sums a vitest JSON report up as `N passed, N failed`. A test that was left out counts as failed: CI has all that tests need. */
import { readFileSync } from 'node:fs'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/**
 * Tests that ask the kernel for what a container may be denied (tracing, mounting, the list of locks). No package brings
 * that, so that they may be left out; it is said all the same.
 */
const DENIED_BY_KERNELS = [
  'flushes the write-ahead log at each of its commits',
  'says so on a disk that is really full',
]

const [file] = process.argv.slice(2)
if (!file) throw new TypeError('usage: node scripts/test-count.ts <report.json>')
const text = readFileSync(file, 'utf8')
if (text === '') process.exit(1)
let passed = 0
let failed = 0
for (const { name, status, assertionResults } of (JSON.parse(text) as Report).testResults) {
  // A file that fails before its first test has no results of its own.
  if (status === 'failed' && !assertionResults.some((result) => result.status === 'failed')) failed++
  for (const { fullName, status } of assertionResults) {
    const isLeftOut = status !== 'passed' && status !== 'failed'
    if (isLeftOut) console.error(`left out: ${name}: ${fullName}`)
    if (isLeftOut && DENIED_BY_KERNELS.some((title) => fullName.endsWith(title))) continue
    if (status === 'passed') passed++
    else failed++
  }
}
console.log(`${passed} passed, ${failed} failed`)
