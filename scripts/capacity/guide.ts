/** The tables of docs/guides/capacity.md, made of the result files and of the plan itself. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Constant } from '../../src/capacity/constant.ts'
import { ASSUMED, ENGINES, fleetOf, type PlanInput, stepCosts } from '../../src/capacity/input.ts'
import { MEASURED, MEASUREMENTS } from '../../src/capacity/measured.ts'
import { planCapacity } from '../../src/capacity/plan.ts'
import { fleetLoad, highestRate, mostFollowers } from '../../src/capacity/spread.ts'
import type { SimulationResult } from '../simulation/all.ts'
import { inputOf } from '../simulation/scales.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const GUIDE = `${ROOT}docs/guides/capacity.md`
const PART = /(<!-- figures: ([a-z -]+) -->\n)[\s\S]*?(<!-- end of figures -->)/g

/** The guide with its figures as they are now. @throws for figures that it names and nobody makes */
export function withFigures(guide: string): string {
  const simulation: SimulationResult = JSON.parse(readFileSync(`${ROOT}test/results/simulate.json`, 'utf8'))
  const parts = figures(simulation)
  return guide.replaceAll(PART, (_, begin: string, name: string, end: string) => {
    const part = parts[name]
    if (!part) throw new Error(`nobody makes the figures "${name}"`)
    return `${begin}${part}\n${end}`
  })
}

function figures(simulation: SimulationResult): Readonly<Record<string, string>> {
  return {
    measured: MEASUREMENTS.map(
      ({ file, date, machine, commit }) => `- \`${file}\`: ${date}, ${machine}${commit ? `, commit ${commit}` : ''}`,
    ).join('\n'),
    constants: constantsTable(),
    assumptions: assumptionsTable(),
    example: exampleTable(),
    scales: scalesTable(simulation),
    summary: summaryOf(simulation),
    limits: limitsTable(),
    'limits simulated': limitsSimulated(simulation),
    ends: endsOf(),
    'queue and bench': queueAndBench(),
  }
}

function constantsTable(): string {
  const names = Object.keys(MEASURED).flatMap((name) => (name.startsWith('redis.') ? [name.slice(6)] : []))
  const all: Readonly<Record<string, Constant>> = MEASURED
  const cell = (found: Constant | undefined): string =>
    found ? `${show(found.value)}${found.isAssumption ? ' (assumed)' : ''}` : ''
  return markdown(
    ['constant', 'unit', 'SQLite', 'Redis', 'Postgres'],
    [
      ...names.map((name) => [
        `\`${name}\``,
        all[`redis.${name}`]?.unit ?? '',
        ...ENGINES.map((engine) => cell(all[`${engine}.${name}`])),
      ]),
      ...Object.entries(all)
        .filter(([name]) => !name.includes('.'))
        .map(([name, found]) => [`\`${name}\``, found.unit, cell(found), cell(found), cell(found)]),
    ],
  )
}

function assumptionsTable(): string {
  const constants: readonly (readonly [string, Constant])[] = Object.entries(MEASURED)
  return markdown(
    ['assumption', 'value', 'why'],
    [...Object.entries(ASSUMED), ...constants.filter(([, { isAssumption }]) => isAssumption)].map(
      ([name, { value, unit, source }]) => [`\`${name}\``, `${show(value)} ${unit}`, source],
    ),
  )
}

/** Each on Redis, with the usual assumptions. */
const EXAMPLES: readonly (readonly [users: number, verifiers: number, relayFanOut: number])[] = [
  [100_000, 4, 0],
  [1_000_000, 8, 0],
  [10_000_000, 32, 0],
  [100_000_000, 100, 0],
  [1_000_000_000, 1000, 0],
  [1_000_000_000, 10_000, 22],
]

function exampleTable(): string {
  const lines = EXAMPLES.flatMap(([users, verifiers, relayFanOut]) => {
    const { plans } = planCapacity(inputOf({ users, verifiers, relayFanOut }), ['redis'])
    return plans.map((one) => [
      `${show(users)} users, ${show(verifiers)} verifiers${relayFanOut > 0 ? `, relays of ${relayFanOut}` : ''}`,
      one.mode,
      show(one.storeBytes / 1e6),
      show(one.verifierBytes / 1e6),
      show(Object.values(one.commands).reduce((sum, rate) => sum + rate, 0)),
      show(one.bootSeconds),
      one.spread
        ? `${one.log.regime === 'between' && Number.isFinite(one.spread.p50Ms) ? 'at most ' : ''}${show(one.spread.p50Ms)}`
        : '',
      String(one.storeServers),
      one.oneLog,
      show(one.usdPerMonth.all),
    ])
  })
  const head = [
    '',
    'mode',
    'store, MB',
    'a verifier, MB',
    'commands/s',
    'start, s',
    'spread p50, ms',
    'servers',
    'one log',
    'USD/month',
  ]
  return markdown(head, lines)
}

function scalesTable({ comparisons }: SimulationResult): string {
  return markdown(
    ['scale', 'quantity', 'formula', 'simulated', 'difference', ''],
    comparisons.map(({ scale, quantity, unit, formula, simulated, differencePercent, verdict }) => [
      scale,
      `${quantity}${unit ? `, ${unit}` : ''}`,
      show(formula),
      show(simulated),
      differencePercent === null ? '' : `${differencePercent.toFixed(1)} %`,
      verdict,
    ]),
  )
}

function summaryOf({ comparisons, seed }: SimulationResult): string {
  const compared = comparisons.flatMap(({ differencePercent }) =>
    differencePercent === null ? [] : [Math.abs(differencePercent)],
  )
  const count = (verdict: string): number => comparisons.filter((row) => row.verdict === verdict).length
  return (
    `Seed ${seed}: ${compared.length} figures compared, the largest difference ${Math.max(...compared).toFixed(1)} %; ` +
    `${count('below its bound')} bounds, ${count('saturated')} scales named saturated, ${count('off')} off.`
  )
}

const FLEETS = [1, 10, 32, 100, 300, 1000, 2000, 3000] as const
const RATES = [0.1, 1, 10, 100, 1000] as const

function limitsTable(): string {
  const inputFor = (change: Partial<PlanInput>): PlanInput => inputOf({ users: 1e9, verifiers: 1, ...change })
  const byFleet = FLEETS.map((verifiers) => [
    `${show(verifiers)} ${verifiers === 1 ? 'verifier' : 'verifiers'}`,
    ...ENGINES.map((engine) => `${show(highestRate(fleetOf(inputFor({ verifiers }), engine)))} revocations/s`),
  ])
  const byRate = RATES.map((revocationsPerSecond) => [
    `${show(revocationsPerSecond)} revocations/s`,
    ...ENGINES.map((engine) => `${show(mostFollowers(fleetOf(inputFor({ revocationsPerSecond }), engine)))} verifiers`),
  ])
  return markdown(['with', 'SQLite', 'Redis', 'Postgres'], [...byFleet, ...byRate])
}

/** What ends one log on Redis. */
function endsOf(): string {
  const { appendPerMemberUs, readPerEntryUs } = stepCosts('redis')
  const silent = mostFollowers(fleetOf(inputOf({ users: 1, verifiers: 1, revocationsPerSecond: 0 }), 'redis'))
  return [
    `- *Entries times verifiers*, up to some hundred verifiers: on Redis ${show(1e6 / (appendPerMemberUs + readPerEntryUs))} a second together.`,
    '- *The registry*, from a thousand on: each verifier looks for the dead among all others every six seconds, which grows with the square of',
    `  their number and fills the queue without any revocation at ${show(silent)} verifiers.`,
    "- *Rows*, in a Redis Cluster: for each row that is read the log's slot is looked into last (decision 11), so that",
    `  ${show(1e6 / MEASURED.clusterLookUs.value)} rows read a second fill it, whoever follows it. That is why the largest scales above have too little in one log.`,
  ].join('\n')
}

function queueAndBench(): string {
  const { p50Ms } = fleetLoad({ ...fleetOf(inputOf({ users: 1, verifiers: 1 }), 'redis'), revocationsPerSecond: 0.1 })
  const benched = MEASURED['redis.p50BaseMs'].value + MEASURED['redis.p50PerVerifierMs'].value
  return (
    `With one verifier the bench's line says ${show(benched)} ms (back to back, on a machine with other work), the queue ${show(p50Ms)} ms with its round trip of ` +
    `${show(ASSUMED.roundTripMs?.value ?? Number.NaN)} ms; with 32 on two processors the bench takes longer, since the verifiers' own work is in it.`
  )
}

function limitsSimulated({ limits }: SimulationResult): string {
  return markdown(
    ['verifiers', 'revocations/s', 'of the limit', 'simulated'],
    limits.map(({ verifiers, revocationsPerSecond, part, keptUp }) => [
      show(verifiers),
      show(revocationsPerSecond),
      `${Math.round(part * 100)} %`,
      keptUp ? 'keeps up' : 'falls behind',
    ]),
  )
}

function show(value: number): string {
  if (!Number.isFinite(value)) return 'no end'
  const rounded = Number(value.toPrecision(3))
  return rounded >= 1000 ? rounded.toLocaleString('en') : String(rounded)
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')
}
