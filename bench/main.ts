/**
 * `npm run bench -- verify | http | fleet | size [--quick] [--rounds N] [--json FILE]`: measures, prints tables and the goals.
 * `npm run bench -- document`: makes docs/benchmarks.md and its charts from the files in bench/results.
 * `verify` takes `--algorithm NAME`, `http` and `fleet` take `--framework NAME`, `fleet` takes `--engine NAME`, each several times; `fleet` with only one of the two
 * leaves the other part out. With `--json`, rows go to FILE and a
 * chart beside it, `bench-<suite>.svg`. A missed goal never fails a run.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { DEFAULT_ALGORITHMS, isSignatureAlgorithm, type SignatureAlgorithm } from '../src/token/algorithms.ts'
import { cookieCases } from './cookies.ts'
import { document, drawing } from './document.ts'
import { ENGINES, type EngineName } from './fleet/engines.ts'
import { fleetGoalsOf } from './fleet/goals.ts'
import { fleetRows } from './fleet/suite.ts'
import { type Goal, goalsOf } from './goals.ts'
import { FRAMEWORKS, type Framework } from './http/application.ts'
import { httpGoalsOf } from './http/goals.ts'
import { httpCases } from './http/suite.ts'
import { type Measured, measure } from './measure.ts'
import { installPeers } from './peers.ts'
import { machine, printCase, printGoals, printRows, type Result, type Row, rowsOf } from './report.ts'
import { sizeGoalsOf, sizeRows } from './size/suite.ts'
import { verifyCases } from './verify.ts'

const ALGORITHMS: readonly SignatureAlgorithm[] = ['HS256', 'ES256', 'EdDSA', 'RS256', 'PS256']
const say = (text: string) => console.log(text)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    algorithm: { type: 'string', multiple: true, default: [] },
    framework: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    json: { type: 'string' },
  },
})
const [suite = '', ...others] = positionals
const { quick } = values
const algorithms = values.algorithm.filter(isSignatureAlgorithm)
const frameworks = values.framework.filter((name): name is Framework => FRAMEWORKS.some((known) => known === name))
const rounds = Number(values.rounds ?? (quick ? 5 : 9))
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds is a whole number above 0')
if (algorithms.length < values.algorithm.length)
  fail(`--algorithm is one of ${['HS256', ...DEFAULT_ALGORITHMS].join(', ')}`)
const engines = values.engine.filter((name): name is EngineName => ENGINES.some((known) => known === name))
if (engines.length < values.engine.length) fail(`--engine is one of ${ENGINES.join(', ')}`)
if (frameworks.length < values.framework.length) fail(`--framework is one of ${FRAMEWORKS.join(', ')}`)

interface Suite {
  readonly question: string
  run(): Promise<{ readonly rows: readonly Row[]; readonly goals: readonly Goal[] }>
}

const SUITES: Readonly<Record<string, Suite>> = {
  verify: {
    question: 'what does it cost to check an access token, first and again, and a session cookie?',
    async run() {
      const measured: Measured[] = []
      const cases = verifyCases({
        algorithms: algorithms.length > 0 ? algorithms : ALGORITHMS,
        wide: quick ? 5000 : 100_000,
        revocations: quick ? 100_000 : 1_000_000,
        progress,
      })
      const plan = { rounds, roundMs: quick ? 40 : 200, progress }
      for await (const work of cases) measured.push(...shown(await measure(work, plan)))
      const cookies = cookieCases({ wide: quick ? 5000 : 100_000, revocations: quick ? 100_000 : 1_000_000, progress })
      for await (const work of cookies) measured.push(...shown(await measure(work, plan)))
      return { rows: rowsOf('verify', measured), goals: goalsOf(measured) }
    },
  },
  http: {
    question: 'what does it cost a server to know who asks?',
    async run() {
      const measured = await measureRequests('http')
      return { rows: rowsOf('http', measured), goals: httpGoalsOf(measured) }
    },
  },
  fleet: {
    question: 'what does a fleet cost: a revocation until all have it, a start, a request, the store?',
    async run() {
      const rows: Row[] = []
      for await (const part of fleetRows({
        engines: engines.length + frameworks.length > 0 ? engines : ENGINES,
        quick,
        progress,
      })) {
        progress('')
        printRows(part, say)
        rows.push(...part)
      }
      const measured = engines.length > 0 && frameworks.length === 0 ? [] : await measureRequests('fleet')
      return {
        rows: [...rows, ...rowsOf('fleet', measured)],
        goals: [...fleetGoalsOf(rows), ...httpGoalsOf(measured)],
      }
    },
  },
  size: {
    question: 'how many bytes does a login cost: on the wire, in memory, in a store, in a bundle?',
    async run() {
      const rows = await sizeRows({ sessions: quick ? 5000 : 100_000, progress })
      progress('')
      printRows(rows, say)
      return { rows, goals: sizeGoalsOf(rows) }
    },
  },
}

if (suite === 'document') {
  document(say)
  process.exit(0)
}
const chosen = SUITES[suite]
if (!chosen || others.length > 0)
  fail(`say which suite: npm run bench -- ${Object.keys(SUITES).join(' | ')} | document`)
installPeers(progress)
const facts = machine()
say(
  `${suite}: ${chosen.question}\n${Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`,
)
const { rows, goals } = await chosen.run()
printGoals(goals, say)
if (quick) say('  (a quick run: fewer tokens, sessions, revocations and rounds than the goals are about)')
if (values.json) {
  const result: Result = { suite, date: new Date().toISOString(), machine: facts, quick, rows, goals }
  const chartPath = join(dirname(values.json), `bench-${suite}.svg`)
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(chartPath, drawing(result))
  say(`\nwritten: ${values.json}, ${chartPath}`)
}

async function measureRequests(of: 'http' | 'fleet'): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  const cases = httpCases({
    suite: of,
    frameworks: frameworks.length > 0 ? frameworks : FRAMEWORKS,
    wide: quick ? 2000 : 100_000,
    rounds,
    roundMs: quick ? 200 : 800,
    progress,
  })
  for await (const rows of cases) measured.push(...shown(rows))
  return measured
}

function shown(measured: readonly Measured[]): readonly Measured[] {
  progress('')
  printCase(measured, say)
  return measured
}

/** One line that is written over again on a terminal; nothing elsewhere but at the end of a case. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  else if (text !== '' && !/\d of \d/.test(text)) process.stderr.write(`${text}\n`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
