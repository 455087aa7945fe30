/** Makes `src/capacity/measured.ts` of the result files, so that a plan counts with what was measured and with nothing else. */
import type { Constant, Measurement } from '../../src/capacity/constant.ts'

/** As `bench/report.ts` writes them. */
export interface BenchResult {
  readonly suite: string
  readonly date: string
  readonly commit?: string
  readonly machine: Readonly<Record<string, string>>
  readonly rows: readonly {
    readonly case: string
    readonly subject: string
    readonly metric: string
    readonly unit: string
    readonly median: number
  }[]
}

/** As `scripts/measure-capacity.ts` writes it. */
export interface CapacityResult {
  readonly date: string
  readonly commit: string
  readonly machine: Readonly<Record<string, string>>
  readonly verifier: Readonly<Record<string, number>>
  readonly engines: readonly {
    readonly engine: string
    readonly about: string
    readonly figures: Readonly<Record<string, number>>
  }[]
}

export interface Results {
  readonly fleet: BenchResult
  readonly size: BenchResult
  readonly verify: BenchResult
  readonly http: BenchResult
  readonly capacity: CapacityResult
}

export const RESULT_FILES: Readonly<Record<keyof Results, string>> = {
  fleet: 'bench/results/fleet.json',
  size: 'bench/results/size.json',
  verify: 'bench/results/verify.json',
  http: 'bench/results/http.json',
  capacity: 'test/results/capacity.json',
}

const ENGINES = { sqlite: 'SQLite', redis: 'Redis', postgres: 'Postgres' } as const
type Engine = keyof typeof ENGINES

/** Figures of `capacity.json` as they are, by engine. */
const FIGURES: readonly (readonly [name: string, figure: string, unit: string])[] = [
  ['cookieSessionBytes', 'cookie.bytes per session in the store', 'bytes'],
  ['hybridSessionBytes', 'hybrid.bytes per session in the store', 'bytes'],
  ['tokenSessionBytes', 'token.bytes per session in the store', 'bytes'],
  ['logEntryBytes', 'log.bytes per session entry', 'bytes'],
  ['cookieLogInUs', 'cookie.log-in, CPU us', 'us'],
  ['hybridLogInUs', 'hybrid.log-in, CPU us', 'us'],
  ['tokenLogInUs', 'token.log-in, CPU us', 'us'],
  ['readRowUs', 'cookie.miss, CPU us', 'us'],
  ['lastSeenUs', 'cookie.last-seen, CPU us', 'us'],
  ['refreshUs', 'token.refresh, CPU us', 'us'],
  ['appendUs', 'append, CPU us', 'us'],
  ['appendPerMemberUs', 'append, CPU us per member', 'us'],
  ['lookUs', 'look, CPU us', 'us'],
  ['lookPerMemberUs', 'look, CPU us per member', 'us'],
  ['renewUs', 'renew, CPU us', 'us'],
  ['readUs', 'read, CPU us', 'us'],
  ['readPerEntryUs', 'read, CPU us per entry', 'us'],
  ['ackUs', 'ack, CPU us', 'us'],
  ['wakeUs', 'wake, CPU us per verifier', 'us'],
]

const COMMANDS: readonly (readonly [name: string, figure: string, assumed: number])[] = [
  ['cookieLogInCommands', 'cookie.log-in, commands', 3],
  ['tokenLogInCommands', 'token.log-in, commands', 5],
  ['readRowCommands', 'cookie.miss, commands', 1],
  ['refreshCommands', 'token.refresh, commands', 2],
]

export function constantsOf(results: Results): Readonly<Record<string, Constant>> {
  const { fleet, size, verify, http, capacity } = results
  const constants: Record<string, Constant> = {}
  const put = (name: string, value: number, unit: string, source: string): void => {
    if (!Number.isFinite(value)) throw new Error(`${name} is no number: ${source}`)
    constants[name] = { value, unit, source, isAssumption: false }
  }
  const assume = (name: string, value: number, unit: string, source: string): void => {
    constants[name] = { value: digits(value), unit, source, isAssumption: true }
  }
  const putRow = (name: string, from: BenchResult, of: string, subject: string, metric: string): void => {
    const row = rowOf(from, of, subject, metric)
    if (!row) throw new Error(`bench/results/${from.suite}.json has no ${of}, ${subject}, ${metric}`)
    put(name, digits(row.median), row.unit, `${from.suite}.json: ${of}, ${subject}, ${metric}`)
  }
  const near = 'heap of the server, each session asked for once'
  putRow('nearCacheBytes', size, 'Bytes per session', 'Sojourn, cookie, SQLite', near)
  putRow('tokenCacheBytes', size, 'Bytes per session', 'Sojourn, token, SQLite', near)
  putRow('cookieCheckUs', verify, 'Cookie warm, 100,000 sessions', 'Sojourn, 1,000,000 revoked', 'cpu')
  putRow('tokenCheckUs', verify, 'ES256 warm, 100,000 tokens', 'Sojourn, 1,000,000 revoked', 'cpu')
  putRow('tokenFirstCheckUs', verify, 'ES256 cold', 'Sojourn', 'cpu')
  putRow(
    'missUs',
    fleet,
    'Redis, work for requests',
    'a session that this verifier has not seen',
    'CPU of the server, us',
  )
  putRow('relayRequestUs', http, 'node:http, 100,000 sessions', 'bare server', 'cpu')
  const bytesEach = rowsOf(fleet, 'Redis').find(({ metric }) => metric === 'bytes each in memory')
  if (!bytesEach) throw new Error('bench/results/fleet.json has no live revocations')
  putRow('denyBytes', fleet, bytesEach.case, bytesEach.subject, bytesEach.metric)

  const all = rowOf(fleet, bytesEach.case, bytesEach.subject, 'megabytes in memory, all')
  const live = Number(/([\d,]+) live/.exec(bytesEach.case)?.[1]?.replaceAll(',', ''))
  const kept = ((all?.median ?? Number.NaN) * 1e6 - bytesEach.median * live) / KEPT_ENTRIES
  const why = 'megabytes in memory, all, less the table, over the 50,000 entries that are kept word for word'
  put('recentEventBytes', digits(kept), 'bytes', `fleet.json: ${bytesEach.case}, ${why}`)

  for (const { engine, figures } of capacity.engines) {
    for (const [name, figure, unit] of FIGURES)
      put(`${engine}.${name}`, Math.max(0, figures[figure] ?? Number.NaN), unit, `capacity.json: ${engine}, ${figure}`)
    for (const [name, figure, assumed] of COMMANDS) {
      const value = figures[figure]
      const source = `capacity.json: ${engine}, ${figure}`
      if (value === undefined)
        assume(`${engine}.${name}`, assumed, 'commands', 'calls in the process itself, as many as commands on Redis')
      else put(`${engine}.${name}`, Math.round(value), 'commands', source)
    }
    putBoot(engine as Engine, figures)
    putSpread(engine as Engine)
  }
  const looked = 'no Cluster is measured: a look into the slot of the log as a read of it'
  assume('clusterLookUs', constants['redis.readUs']?.value ?? Number.NaN, 'us', looked)
  assume(
    'relayPerEntryUs',
    constants['redis.readPerEntryUs']?.value ?? Number.NaN,
    'us',
    'no relay is measured: an entry as Redis reads it',
  )
  return constants

  function putBoot(engine: Engine, figures: Readonly<Record<string, number>>): void {
    const row = rowsOf(fleet, ENGINES[engine]).find(({ metric }) => metric === 'seconds to start')
    if (row) putRow(`${engine}.bootSecondsPerMillion`, fleet, row.case, row.subject, row.metric)
    else {
      const figure = 'boot.CPU seconds per million entries'
      put(`${engine}.bootSecondsPerMillion`, figures[figure] ?? Number.NaN, 's', `capacity.json: ${engine}, ${figure}`)
    }
  }

  function putSpread(engine: Engine): void {
    const fits = {
      p50: lineThrough(fleet, ENGINES[engine], 'p50 ms'),
      p99: lineThrough(fleet, ENGINES[engine], 'p99 ms'),
    }
    const redis = { p50: lineThrough(fleet, 'Redis', 'p50 ms'), p99: lineThrough(fleet, 'Redis', 'p99 ms') }
    for (const part of ['p50', 'p99'] as const) {
      const found = fits[part]
      const like = redis[part]
      const source = `fleet.json: ${ENGINES[engine]}, ${BACK_TO_BACK}, a line through ${part}`
      if (found) {
        put(`${engine}.${part}BaseMs`, digits(found.base), 'ms', source)
        put(`${engine}.${part}PerVerifierMs`, digits(found.slope), 'ms', source)
      } else if (like) {
        const [base, why] =
          engine === 'sqlite'
            ? [part === 'p50' ? 10 : 20, 'not benched: a verifier looks at the file every 20 ms, and']
            : [(part === 'p50' ? 6 : 18) - 8 * like.slope, 'not benched: the goal of the design with 8 verifiers, and']
        assume(`${engine}.${part}BaseMs`, base, 'ms', `${why} each verifier as on Redis`)
        assume(`${engine}.${part}PerVerifierMs`, like.slope, 'ms', `${why} each verifier as on Redis`)
      } else throw new Error('bench/results/fleet.json has no spread on Redis')
    }
  }
}

const BACK_TO_BACK = 'back to back'
/** `src/revocation/recovery.ts`. */
const KEPT_ENTRIES = 50_000

const rowOf = (from: BenchResult, of: string, subject: string, metric: string) =>
  from.rows.find((row) => row.case === of && row.subject === subject && row.metric === metric)

const rowsOf = (from: BenchResult, engine: string) => from.rows.filter((row) => row.case.startsWith(`${engine}, `))

/** Least squares: what there is without verifiers, and what each of them adds. null: not measured. */
function lineThrough(
  fleet: BenchResult,
  engine: string,
  metric: string,
): { readonly base: number; readonly slope: number } | null {
  const points = rowsOf(fleet, engine)
    .filter((row) => row.case.endsWith(BACK_TO_BACK) && row.metric === metric)
    .map((row) => ({ x: Number(/(\d+) verifier/.exec(row.subject)?.[1]), y: row.median }))
  if (points.length < 2) return null
  const mean = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const slope = mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2)
  return { base: Math.max(0, y - slope * x), slope }
}

function digits(value: number): number {
  return Number(value.toPrecision(4))
}

/** Where and when each of them was measured. */
export function measurementsOf(results: Results): readonly Measurement[] {
  return (Object.keys(RESULT_FILES) as (keyof Results)[]).map((name) => {
    const { date, machine, commit = null } = results[name]
    const { cpu, memory, system, node } = machine
    return {
      file: RESULT_FILES[name],
      date: date.slice(0, 10),
      machine: `${cpu}, ${memory}, ${system}, Node ${node}`,
      commit,
    }
  })
}

/** The text of `src/capacity/measured.ts`, before it is formatted. */
export function measuredText(results: Results): string {
  const rows = (areAssumptions: boolean): string =>
    Object.entries(constantsOf(results))
      .filter(([, { isAssumption }]) => isAssumption === areAssumptions)
      .map(([name, { value, unit, source }]) => `${JSON.stringify(name)}: ${JSON.stringify([value, unit, source])},`)
      .join('\n')
  return `/** Made by \`npm run capacity-constants\` from the result files below; a test holds it to them. Not to be changed by hand. */
import { constantsFrom, type Measurement } from './constant.ts'

/** Where and when it was measured. A result file that names no commit is told by its date. */
export const MEASUREMENTS: readonly Measurement[] = ${JSON.stringify(measurementsOf(results))}

export const MEASURED = constantsFrom({
${rows(false)}
}, {
${rows(true)}
})
`
}
