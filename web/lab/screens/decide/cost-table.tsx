/** What it costs: each row with its formula and where the numbers come from. */
import { ASSUMED, type Constant, MEASURED } from '../../decide/constants.ts'
import { type Cost, costOf } from '../../decide/costs.ts'
import type { Decision } from '../../decide/decide.ts'
import { LEG_NAMES } from '../../decide/words.ts'
import { Panel, Table } from '../../ui/parts.tsx'
import { duration, round } from './amounts.ts'

interface Row {
  readonly name: string
  readonly show: (cost: Cost) => string
  readonly formula: string
  readonly from: readonly Constant[]
}
const perSecond = (value: number): string => `${round(value)} /s`
const bytes = (value: number): string => `${round(value)} B`

const ROWS: readonly Row[] = [
  {
    name: 'Stolen, and revoked: at worst',
    show: (cost) => duration(cost.exposureWorstSeconds),
    formula: 'min(life, delay of the revocation)',
    from: [],
  },
  {
    name: 'Stolen, and never noticed: mean',
    show: (cost) => duration(cost.exposureMeanSeconds),
    formula: 'life / 2',
    from: [ASSUMED.ownerAwaySeconds, ASSUMED.proofSeconds, ASSUMED.deviceCookieSeconds],
  },
  {
    name: 'Revocation returns within (99 %)',
    show: (cost) => duration(cost.spreadSeconds),
    formula: 'measured, 8 verifiers',
    from: [MEASURED.spreadTailMs],
  },
  {
    name: 'Accepted after it has returned',
    show: (cost) => duration(cost.revokeSeconds),
    formula: 'life of the token, the copy or the list',
    from: [],
  },
  {
    name: 'Age of a role: worst, mean',
    show: (cost) => `${duration(cost.staleSeconds)}, ${duration(cost.staleMeanSeconds)}`,
    formula: 'age, age / 2',
    from: [],
  },
  {
    name: 'Bytes in each request',
    show: (cost) => bytes(cost.bytes),
    formula: 'name and value of the header',
    from: [MEASURED.cookieHeaderBytes, MEASURED.leanTokenBytes, ASSUMED.tokenBaseBytes],
  },
  {
    name: 'Bytes a day and user, HTTP/1.1',
    show: (cost) => bytes(cost.bytesPerDay),
    formula: 'requests × bytes',
    from: [ASSUMED.requestsPerUserAndDay],
  },
  {
    name: 'Bytes a day and user, HTTP/2',
    show: (cost) => bytes(cost.bytesPerDayHttp2),
    formula: 'whole once a connection, then an index',
    from: [ASSUMED.requestsPerConnection, ASSUMED.repeatedHeaderBytes],
  },
  {
    name: 'Look-ups',
    show: (cost) => perSecond(cost.readsPerSecond),
    formula: 'requests, or active sessions / age of the copy',
    from: [ASSUMED.secondsBetweenRequests, ASSUMED.cacheSeconds],
  },
  {
    name: 'Writes',
    show: (cost) => perSecond(cost.writesPerSecond),
    formula: 'active sessions / life of a token, or / 5 min',
    from: [ASSUMED.touchSeconds],
  },
  {
    name: 'Rows, and their bytes',
    show: (cost) => `${round(cost.rows)}, ${bytes(cost.storeBytes)}`,
    formula: 'sessions kept; or revocations/s × life',
    from: [ASSUMED.keptPerActive, MEASURED.sessionRowBytes, MEASURED.familyRowBytes],
  },
  {
    name: 'Added to a request (99 %)',
    show: (cost) => `${round(cost.latencyMs)} ms`,
    formula: 'first check + share that waits × 3 round trips',
    from: [MEASURED.tokenFirstCheckMicros, ASSUMED.tailFactor],
  },
  {
    name: 'CPU of a check',
    show: (cost) => `${round(cost.cpuMicros)} µs`,
    formula: 'measured, warm',
    from: [MEASURED.cookieCheckMicros, MEASURED.tokenCheckMicros],
  },
]

export function CostTable({ decision }: { readonly decision: Decision }) {
  const legs = decision.legs.flatMap(({ leg, chosen }) =>
    chosen === null ? [] : [{ leg, cost: costOf(chosen, decision.facts) }],
  )
  return (
    <Panel title="What it costs">
      <Table
        caption="By leg; server figures come from result files, the rest is worked out from your answers and from assumptions"
        head={['What', ...legs.map(({ leg }) => LEG_NAMES[leg]), 'Formula', 'Source']}
        rows={ROWS.map(({ name, show, formula, from }) => [
          name,
          ...legs.map(({ cost }) => show(cost)),
          formula,
          from.length === 0 ? (
            'your answers'
          ) : (
            <details key={name} class="source">
              <summary>
                {from.some(({ date }) => date !== null) ? 'measured' : 'assumed'}, {from.length}
              </summary>
              <ul>
                {from.map((one) => (
                  <li key={one.source}>
                    {round(one.value)} {one.unit}: {one.source}
                    {one.date === null ? '' : ` (${one.date})`}
                  </li>
                ))}
              </ul>
            </details>
          ),
        ])}
      />
    </Panel>
  )
}
