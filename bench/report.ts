/** What a bench leaves behind: tables, rows of JSON, the goals. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Goal } from './goals.ts'
import type { Measured, Statistic } from './measure.ts'
import { versionOf } from './peers.ts'

export interface Row extends Statistic {
  readonly suite: string
  readonly case: string
  readonly subject: string
  readonly metric: string
  readonly unit: string
  readonly rounds: number
}

/** What `--json` writes. */
export interface Result {
  readonly suite: string
  readonly date: string
  readonly machine: Readonly<Record<string, string>>
  readonly quick: boolean
  readonly rows: readonly Row[]
  readonly goals: readonly Goal[]
}

const PEERS = [
  'fast-jwt',
  'jsonwebtoken',
  'jose',
  'express',
  'fastify',
  'hono',
  '@hono/node-server',
  'express-session',
].concat([
  'connect-redis',
  '@fastify/session',
  '@fastify/jwt',
  'iron-session',
  'better-auth',
  'redis',
  'pg',
  'connect-pg-simple',
])

/** CPU and wall time of each subject. */
export function rowsOf(suite: string, measured: readonly Measured[]): readonly Row[] {
  return measured.flatMap((row) =>
    (['cpu', 'wall'] as const).map((metric) => ({
      suite,
      case: row.case,
      subject: row.subject,
      metric,
      unit: suite === 'verify' ? 'us/op' : 'us/request',
      ...row[metric],
      rounds: row.rounds,
    })),
  )
}

/** The machine, how busy it was before the run, and every version that took part. */
export function machine(): Readonly<Record<string, string>> {
  const all = cpus()
  return {
    cpu: `${all.length} x ${all[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
    load: loadavg()
      .map((value) => value.toFixed(2))
      .join(' '),
    node: process.versions.node,
    openssl: process.versions.openssl ?? 'none',
    ...Object.fromEntries(PEERS.map((name) => [name, versionOf(name)])),
  }
}

export function printCase(rows: readonly Measured[], say: (text: string) => void): void {
  const floor = rows.find(({ kind }) => kind === 'floor')?.cpu.median ?? Number.NaN
  say(`\n${rows[0]?.case}`)
  printTable(
    ['CPU per operation', 'median', 'min', 'max', 'wall', 'of floor', 'above floor', 'per CPU second'],
    rows.map(({ subject, cpu, wall }) => [
      subject,
      ...[cpu.median, cpu.min, cpu.max, wall.median].map((value) => `${value.toFixed(3)} us`),
      `${(cpu.median / floor).toFixed(2)}x`,
      `${(cpu.median - floor).toFixed(2)} us`,
      Math.round(1e6 / cpu.median).toLocaleString('en'),
    ]),
    say,
  )
}

/** Rows that were measured once: one number each. */
export function printRows(rows: readonly Row[], say: (text: string) => void): void {
  for (const name of new Set(rows.map((row) => row.case))) {
    const mine = rows.filter((row) => row.case === name)
    say(`\n${name}`)
    printTable(
      ['', 'median', 'unit'],
      mine.map(({ subject, metric, median, unit }) => [`${subject}: ${metric}`, median.toLocaleString('en'), unit]),
      say,
    )
  }
}

function printTable(head: readonly string[], lines: readonly (readonly string[])[], say: (text: string) => void): void {
  const width = Math.max(...[head, ...lines].map(([first = '']) => first.length))
  for (const [first = '', ...cells] of [head, ...lines]) {
    say(`  ${first.padEnd(width)}${cells.map((cell) => cell.padStart(16)).join('')}`)
  }
}

export function printGoals(goals: readonly Goal[], say: (text: string) => void): void {
  const widths = [
    Math.max(...goals.map((goal) => goal.case.length)),
    Math.max(...goals.map(({ goal }) => goal.length)),
  ] as const
  say('\nGoals')
  for (const { case: name, goal, measured, isMet } of goals)
    say(`  ${isMet ? 'met   ' : 'missed'}  ${name.padEnd(widths[0])}  ${goal.padEnd(widths[1])}  ${measured}`)
  say(`  ${goals.filter(({ isMet }) => isMet).length} of ${goals.length} met`)
}
