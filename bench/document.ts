/** Turns what was measured (`bench/results/*.json`) into `docs/benchmarks.md` and its charts. */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chart, panelsOf } from './chart.ts'
import type { Result, Row } from './report.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SUITES = ['verify', 'http', 'fleet', 'size'] as const

const TEXTS: Readonly<Record<string, { readonly title: string; readonly about: string }>> = {
  verify: {
    title: 'Checking an access token',
    about:
      'CPU of one check, cold (a token that nobody has seen) and warm (one that was verified before; Sojourn still asks ' +
      'its deny table and its lease each time, which the caches beside it do not). Floors: the bare signature check, and ' +
      'one SHA-256 with one look into a map.',
  },
  http: {
    title: 'A request',
    about:
      'CPU of the server process per request, the same page with and without a login, over keep-alive sockets: the bare ' +
      'server is sent the same cookie and does not look at it. Sessions and answers hold the same data everywhere. ' +
      '"above bare" is what knowing who asks costs.',
  },
  fleet: {
    title: 'A fleet',
    about:
      'Several processes on one store. A revocation counts from the call until the last verifier has acknowledged it, each ' +
      'verifier a process of its own, all of them on this one machine with the store. Commands are counted at the store ' +
      '(`INFO commandstats`, `pg_stat_statements`). The requests are those of the suite above, with the sessions on Redis or Postgres.',
  },
  size: {
    title: 'Bytes',
    about:
      'On the wire without the end of the line; memory and files per session over a hundred thousand of them, each with ' +
      'a subject and two roles; imports minified and gzipped with all that they load at once.',
  },
}

export function drawing(result: Result): string {
  const { suite, machine, rows } = result
  const rounds = rows[0]?.rounds ?? 1
  const spread = rounds > 1 ? `; median of ${rounds} interleaved rounds, whiskers: min and max` : ''
  return chart(TEXTS[suite]?.title ?? suite, panelsOf(rows), `Node ${machine.node}, ${machine.cpu}${spread}`)
}

/** One run: a whole suite, or a part of one (`http-hono`), for parts may have been run on different machines. */
interface Part {
  readonly name: string
  readonly result: Result
}

/** @throws when there is no result at all */
export function document(say: (text: string) => void): void {
  const results = SUITES.flatMap((suite) => partsOf(suite)).map(
    (path): Part => ({
      name: basename(path, '.json'),
      result: JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8')) as Result,
    }),
  )
  if (results.length === 0)
    throw new Error('nothing in bench/results: run a suite with --json bench/results/<suite>.json')
  mkdirSync(`${ROOT}docs/images`, { recursive: true })
  for (const { name, result } of results) {
    writeFileSync(`${ROOT}docs/images/bench-${name}.svg`, drawing(result))
    say(`written: docs/images/bench-${name}.svg`)
  }
  writeFileSync(`${ROOT}docs/benchmarks.md`, `${[HEAD, ...results.map(section)].join('\n\n')}\n`)
  say('written: docs/benchmarks.md')
}

const HEAD = `# Benchmarks

Made by \`npm run bench -- document\` from the files in \`bench/results\`; measured by \`npm run bench -- verify | http | fleet | size\`. Subjects run
side by side in one run, one after the other in every round, so that ratios hold where absolute figures depend on the machine. What was
tried, and why a goal is missed, is told in [the decision on speed and size](decisions/0010-speed-and-size.md).`

function section({ name, result }: Part): string {
  const { suite, date, machine, quick, rows, goals } = result
  const text = TEXTS[suite]
  const title = `${text?.title ?? suite}${name === suite ? '' : `: ${frameworksOf(rows)}`}`
  const { cpu, memory, system, node, load, ...versions } = machine
  const met = goals.filter(({ isMet }) => isMet).length
  return [
    `## ${title}`,
    name === suite ? (text?.about ?? '') : 'As above; another run.',
    `${date.slice(0, 10)}, ${cpu}, ${memory}, ${system}, Node ${node}; load of the machine before the run: ${load}${quick ? '; a quick run' : ''}. ` +
      `${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}.`,
    `![${title}: a bar for each subject](images/bench-${name}.svg)`,
    ...tables(rows),
    `### Goals: ${met} of ${goals.length} met`,
    markdown(
      ['', 'case', 'goal', 'measured'],
      goals.map((goal) => [goal.isMet ? 'met' : '**missed**', goal.case, goal.goal, goal.measured]),
    ),
  ].join('\n\n')
}

/** The whole suite before its parts. */
const partsOf = (suite: string): readonly string[] =>
  globSync(`bench/results/${suite}{,-*}.json`, { cwd: ROOT }).toSorted((a, b) => a.length - b.length)

/** `Hono, one hot session` and its like begin with what they are about. */
const frameworksOf = (rows: readonly Row[]): string =>
  [...new Set(rows.map((row) => row.case.slice(0, row.case.indexOf(', '))))].join(', ')

function tables(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map((row) => row.case))].flatMap((name) => {
    const mine = rows.filter((row) => row.case === name)
    const table = mine.some(({ metric }) => metric === 'cpu') ? timeTable(mine) : byteTable(mine)
    return [`### ${name}`, table]
  })
}

function timeTable(rows: readonly Row[]): string {
  const cpu = rows.filter(({ metric }) => metric === 'cpu')
  const floor = cpu.find(({ subject }) => /^(floor|bare)/.test(subject))?.median ?? Number.NaN
  return markdown(
    ['subject', 'CPU', 'min to max', 'of the floor', 'above it', 'per CPU second'],
    cpu.map(({ subject, median, min, max }) => [
      subject,
      `${median.toFixed(2)} us`,
      `${min.toFixed(2)} to ${max.toFixed(2)}`,
      `${(median / floor).toFixed(2)}x`,
      `${(median - floor).toFixed(2)} us`,
      Math.round(1e6 / median).toLocaleString('en'),
    ]),
  )
}

function byteTable(rows: readonly Row[]): string {
  const metrics = [...new Set(rows.map(({ metric }) => metric))]
  const subjects = [...new Set(rows.map(({ subject }) => subject))]
  const cell = (subject: string, metric: string): string =>
    rows.find((row) => row.subject === subject && row.metric === metric)?.median.toLocaleString('en') ?? ''
  return markdown(
    ['subject', ...metrics],
    subjects.map((subject) => [subject, ...metrics.map((metric) => cell(subject, metric))]),
  )
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [line(head), line(rule), ...lines.map(line)].join('\n')
}
