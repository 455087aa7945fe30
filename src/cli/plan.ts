/** `sojourn plan`: what so many users cost in each mode on each store, of measured constants (docs/guides/capacity.md). */
import type { Constant } from '../capacity/constant.ts'
import { ASSUMED, ENGINES, type EngineName, PLAN_MODES, type PlanInput, type PlanMode } from '../capacity/input.ts'
import { MEASURED, MEASUREMENTS } from '../capacity/measured.ts'
import { CACHE_ENTRIES, type CapacityPlan, type EnginePlan, planCapacity } from '../capacity/plan.ts'
import { type Command, type Invocation, JSON_OPTION, type Option } from './command.ts'
import { type Column, printJson, printRows } from './output.ts'
import { UsageError } from './usage-error.ts'

/** A number on the command line: its option, its bounds, its help. */
interface NumberOption {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly isWhole?: boolean
  readonly help: string
}

const DAY = 86_400

const NUMBERS: Readonly<Record<keyof PlanInput, NumberOption>> = {
  users: { name: 'users', least: 1, most: 1e10, isWhole: true, help: 'all of them; needed' },
  verifiers: { name: 'verifiers', least: 1, most: 100_000, isWhole: true, help: 'processes that decide; default 4' },
  activePerDay: { name: 'active-per-day', least: 0, most: 1e10, help: 'users who come on a day; default a tenth' },
  logInsPerDay: { name: 'log-ins-per-day', least: 0, most: 1e11, help: 'default a fifth of those who come' },
  minutesPerActiveDay: { name: 'minutes-per-active-day', least: 0.1, most: 1440, help: 'that one of them is there' },
  requestsPerMinute: { name: 'requests-per-minute', least: 0.01, most: 60_000, help: 'of one of them, while there' },
  peakFactor: { name: 'peak-factor', least: 1, most: 100, help: 'the busiest moment over the average' },
  useDays: { name: 'use-days', least: 0.01, most: 365, help: 'that a session is in use, on average' },
  signOutPercent: { name: 'sign-out-percent', least: 0, most: 100, help: 'of the sessions; the others expire' },
  revocationsPerSecond: {
    name: 'revocations-per-second',
    least: 0,
    most: 1e6,
    help: 'at the busiest moment; default the sign-outs',
  },
  revokers: {
    name: 'revokers',
    least: 1,
    most: 10_000,
    isWhole: true,
    help: 'processes that revoke; default 8 at most',
  },
  relayFanOut: {
    name: 'relay-fan-out',
    least: 0,
    most: 10_000,
    isWhole: true,
    help: 'verifiers to a relay; 0, the default: no relays',
  },
  roundTripMs: { name: 'round-trip-ms', least: 0.01, most: 1000, help: 'between a verifier and the store' },
  storeCores: { name: 'store-cores', least: 1, most: 1024, isWhole: true, help: 'of Postgres' },
  coreUsd: { name: 'core-usd-per-month', least: 0, most: 1e6, help: 'price of a processor core' },
  memoryGibUsd: { name: 'memory-gib-usd-per-month', least: 0, most: 1e6, help: 'price of a GiB of memory' },
  diskGibUsd: { name: 'disk-gib-usd-per-month', least: 0, most: 1e6, help: 'price of a GiB of disk' },
}

function optionsOf(): Readonly<Record<string, Option>> {
  const numbers = Object.entries(NUMBERS).map(([key, { name, help }]): [string, Option] => {
    const assumed = ASSUMED[key]
    return [
      name,
      { type: 'string', value: 'N', help: assumed ? `${help}; default ${assumed.value} ${assumed.unit}` : help },
    ]
  })
  return {
    ...Object.fromEntries(numbers),
    engine: { type: 'string', value: 'NAME', help: 'sqlite, redis or postgres; all when absent' },
    mode: { type: 'string', value: 'NAME', help: 'look-up, cookie, token or hybrid; all when absent' },
    sources: { type: 'boolean', help: 'print every constant and where it comes from' },
    ...JSON_OPTION,
  }
}

export const plan: Command = {
  summary: 'say what so many users cost: memory, store, commands, spread, money; asks no store',
  options: optionsOf(),
  notes: [
    'Counts with constants that were measured (--sources tells where and when) and with assumptions, which are named.',
    'What the formulas are, and how well a simulation agrees with them: docs/guides/capacity.md.',
  ],
  async run(invocation) {
    const { terminal, flag } = invocation
    const input = readInput(invocation)
    const found = planCapacity(input, readEngines(invocation), readModes(invocation))
    const assumptions = assumptionsOf(invocation)
    if (flag('json')) {
      const constants = flag('sources') ? { constants: MEASURED } : {}
      printJson(terminal, { ...finite(found), assumptions, measurements: MEASUREMENTS, ...constants })
      return 0
    }
    printRows(terminal, rowsOf(found), columnsOf(found), 'Nothing to plan.')
    for (const { engine, revocationsPerSecond, verifiers } of found.limits) {
      terminal.out(
        `${engine}: one log is enough up to ${short(revocationsPerSecond)} revocations a second with these verifiers, and up to ${short(verifiers)} verifiers without relays at this rate.`,
      )
    }
    if (found.plans.some(({ cachedPerVerifier }) => cachedPerVerifier > CACHE_ENTRIES))
      terminal.out(`More is near at hand than a cache holds by default (${short(CACHE_ENTRIES)}): raise cacheEntries.`)
    terminal.out('Assumptions, not measured:')
    for (const [name, { value, unit, source }] of Object.entries(assumptions))
      terminal.out(`  ${name}: ${short(value)} ${unit}; ${source}`)
    for (const { file, date, machine, commit } of MEASUREMENTS)
      terminal.out(`Measured: ${file}, ${date}, ${machine}${commit ? `, commit ${commit}` : ''}`)
    if (flag('sources'))
      for (const [name, { value, unit, source }] of Object.entries(MEASURED))
        terminal.out(`  ${name}: ${value} ${unit}; ${source}`)
    return 0
  },
}

function readInput({ text }: Invocation): PlanInput {
  const given = (key: keyof PlanInput): number | undefined => {
    const { name, least, most, isWhole = false } = NUMBERS[key]
    const word = text(name)
    if (word === undefined) return ASSUMED[key]?.value
    const value = /^\d+(\.\d+)?(e\d{1,2})?$/.test(word) ? Number(word) : Number.NaN
    if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
      throw new UsageError(`plan: --${name} is a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`)
    }
    return value
  }
  const users = given('users')
  if (users === undefined) throw new UsageError('plan: --users is missing; see `sojourn plan --help`')
  const activePerDay = given('activePerDay') ?? users / 10
  if (activePerDay > users) throw new UsageError('plan: --active-per-day is more than --users')
  const verifiers = given('verifiers') ?? 4
  const logInsPerDay = given('logInsPerDay') ?? activePerDay / 5
  const fixed = (key: keyof PlanInput): number => given(key) ?? 0
  const [peakFactor, signOutPercent] = [fixed('peakFactor'), fixed('signOutPercent')]
  return {
    users,
    verifiers,
    activePerDay,
    logInsPerDay,
    peakFactor,
    signOutPercent,
    revocationsPerSecond: given('revocationsPerSecond') ?? (logInsPerDay * signOutPercent * peakFactor) / 100 / DAY,
    revokers: given('revokers') ?? Math.min(8, verifiers),
    minutesPerActiveDay: fixed('minutesPerActiveDay'),
    requestsPerMinute: fixed('requestsPerMinute'),
    useDays: fixed('useDays'),
    relayFanOut: fixed('relayFanOut'),
    roundTripMs: fixed('roundTripMs'),
    storeCores: fixed('storeCores'),
    coreUsd: fixed('coreUsd'),
    memoryGibUsd: fixed('memoryGibUsd'),
    diskGibUsd: fixed('diskGibUsd'),
  }
}

function readEngines({ text }: Invocation): readonly EngineName[] {
  const given = text('engine')
  const found = ENGINES.filter((engine) => given === undefined || engine === given)
  if (found.length === 0) throw new UsageError(`plan: --engine is ${ENGINES.join(', ')}`)
  return found
}

function readModes({ text }: Invocation): readonly PlanMode[] {
  const given = text('mode')
  const found = PLAN_MODES.filter((mode) => given === undefined || mode.replace(/^cookie, /, '') === given)
  if (found.length === 0) throw new UsageError('plan: --mode is look-up, cookie, token, hybrid')
  return found
}

/** Those that were not given on the command line, and those among the constants. */
function assumptionsOf({ text }: Invocation): Readonly<Record<string, Constant>> {
  const defaults = Object.entries(ASSUMED).filter(([key]) => text(NUMBERS[key as keyof PlanInput].name) === undefined)
  const constants: [string, Constant][] = Object.entries(MEASURED)
  return Object.fromEntries([
    ...defaults.map(([key, constant]) => [NUMBERS[key as keyof PlanInput].name, constant] as const),
    ...constants.filter(([, { isAssumption }]) => isAssumption),
  ])
}

interface Line {
  readonly engine: EngineName
  readonly what: string
  readonly show: (plan: EnginePlan) => string
  readonly plans: readonly EnginePlan[]
}

const LINES: readonly (readonly [what: string, show: (plan: EnginePlan) => string])[] = [
  ['live sessions', (of) => short(of.liveSessions)],
  ['live revocations', (of) => short(of.liveRevocations)],
  ['store, MB', (of) => short(of.storeBytes / 1e6)],
  ['sessions or tokens near at hand', (of) => short(of.cachedPerVerifier)],
  ['memory of a verifier, MB', (of) => short(of.verifierBytes / 1e6)],
  ['store commands a second', (of) => short(Object.values(of.commands).reduce((sum, rate) => sum + rate, 0))],
  ['log entries a second', (of) => short(of.logEntriesPerSecond)],
  ['start of a verifier, s', (of) => short(of.bootSeconds)],
  ['store, processors: sessions', (of) => short(of.sessionUse)],
  ['store, processors: log', (of) => short(of.log.unavoidable)],
  ['log', (of) => (of.spread ? of.log.regime : '-')],
  ['one log', (of) => of.oneLog],
  [
    'spread p50, ms',
    (of) => (of.spread ? (of.log.regime === 'between' ? atMost(of.spread.p50Ms) : short(of.spread.p50Ms)) : '-'),
  ],
  ['spread p99, ms', (of) => (of.spread ? atMost(of.spread.p99AtMostMs) : '-')],
  ['spread p50 as benched, ms', (of) => (of.benched ? short(of.benched.p50Ms) : '-')],
  ['spread p99 as benched, ms', (of) => (of.benched ? short(of.benched.p99Ms) : '-')],
  ['store servers', (of) => short(of.storeServers)],
  ['USD a month, store', (of) => short(of.usdPerMonth.store)],
  ['USD a month, verifiers', (of) => short(of.usdPerMonth.verifiers)],
  ['USD a month', (of) => short(of.usdPerMonth.all)],
]

function rowsOf({ plans }: CapacityPlan): readonly Line[] {
  return ENGINES.flatMap((engine) => {
    const mine = plans.filter((one) => one.engine === engine)
    return mine.length === 0 ? [] : LINES.map(([what, show]) => ({ engine, what, show, plans: mine }))
  })
}

function columnsOf({ plans }: CapacityPlan): readonly Column<Line>[] {
  return [
    { title: 'ENGINE', show: ({ engine }) => engine },
    { title: 'WHAT', show: ({ what }) => what },
    ...[...new Set(plans.map(({ mode }) => mode))].map((mode) => ({
      title: mode.toUpperCase(),
      show: ({ plans: mine, show }: Line) => {
        const found = mine.find((one) => one.mode === mode)
        return found ? show(found) : ''
      },
    })),
  ]
}

/** Three digits that say something; thousands parted. */
function short(value: number): string {
  if (!Number.isFinite(value)) return 'no end'
  const rounded = Number(value.toPrecision(3))
  return Math.abs(rounded) >= 1000 || Number.isInteger(rounded) ? rounded.toLocaleString('en') : String(rounded)
}

function atMost(value: number): string {
  return Number.isFinite(value) ? `<= ${short(value)}` : 'no end'
}

/** JSON knows no infinity: null stands for it. */
function finite(value: CapacityPlan): object {
  return JSON.parse(JSON.stringify(value)) as object
}
