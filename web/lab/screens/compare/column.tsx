/** One way to remember a login: what decides, its figures, its lanes and charts. The future is covered while it plays. */
import type { Ref } from 'preact'
import { MODE_WORDS } from '../../sim/modes.ts'
import type { ColumnResult, RunResult } from '../../sim/result.ts'
import { SCENARIO_WORDS } from '../../sim/scenarios.ts'
import { duration } from '../../sim/sentence.ts'
import { type LaneLook, Lanes, LineChart } from '../../ui/charts.tsx'
import { Badge, Explain, Panel } from '../../ui/parts.tsx'
import { bytes, moment, number } from './words.ts'

const LOOKS: Readonly<Record<ColumnResult['lanes'][number]['segments'][number]['standing'], LaneLook>> = {
  accepted: 'full',
  rejected: 'low',
  unavailable: 'broken',
}

export interface ColumnProps {
  readonly run: RunResult
  readonly column: ColumnResult
  /** Of all columns: so that their charts can be compared. */
  readonly mostBytes: number
  /** What covers what has not happened yet. */
  readonly cover: Ref<HTMLDivElement>
}

export function Column({ run, column, mostBytes, cover }: ColumnProps) {
  const { mode, counters, lanes, series, marks } = column
  const { axis, horizon, setup } = run
  const words = MODE_WORDS[mode]
  const nameX = (x: number) => (axis === 'roles' ? `${x} roles` : moment(x, horizon))
  const total = axis === 'roles' ? 'Bytes in one header line' : 'Bytes on the wire, in all'
  return (
    <Panel isInner title={words.title}>
      <p class="hint">{words.how}.</p>
      <Explain term="How it is built here">{words.built}</Explain>
      <Standing column={column} />
      <dl class="figures">
        <Figure name="One header line" value={bytes(counters.headerBytes)} />
        <Figure name="Store reads" value={number(counters.reads)} />
        <Figure
          name="Waited for the store"
          value={
            counters.lookups === 0 ? 'never' : `${number(counters.lookups)}, p99 ${duration(counters.lookupP99Ms)}`
          }
        />
      </dl>
      <div class="stage">
        <Lanes
          label={`Who let Ana in, and when, for ${words.title}: see the table of lanes`}
          lanes={lanes.map(({ name, segments }) => ({
            name,
            stretches: segments.map(({ from, to, standing }) => ({ from, to, look: LOOKS[standing] })),
          }))}
          marks={marks}
          end={horizon}
        />
        {axis === 'ms' ? (
          <LineChart
            title={SCENARIO_WORDS[setup.scenario].seesAll ? 'All requests' : 'Requests of Ana'}
            lines={[
              { name: 'let in', points: series.map(({ at, accepted }) => [at, accepted]) },
              { name: 'refused, or 503', points: series.map(({ at, rejected }) => [at, rejected]), isDashed: true },
            ]}
            end={horizon}
            nameX={nameX}
            nameY={number}
          />
        ) : null}
        <LineChart
          title={total}
          lines={[{ name: 'bytes', points: series.map((point) => [point.at, point.bytes]) }]}
          end={horizon}
          top={mostBytes}
          nameX={nameX}
          nameY={bytes}
        />
        <div class="cover-of-future" aria-hidden="true">
          <div ref={cover} hidden />
        </div>
      </div>
      {axis === 'ms' ? (
        <p class="hint">{marks.map(({ at, label }) => `${moment(at, horizon)} ${label}`).join(' · ')}</p>
      ) : null}
    </Panel>
  )
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** The one number of a column: what it let in when it should not have. */
function Standing({ column: { counters, resolvedAtMs } }: { readonly column: ColumnResult }) {
  if (resolvedAtMs !== null) {
    const { acceptedAfter, acceptedAfterMs } = counters
    return acceptedAfter === 0 ? (
      <p>
        <Badge tone="good">let in afterwards: 0</Badge>
      </p>
    ) : (
      <p>
        <Badge tone="bad">
          let in afterwards: {number(acceptedAfter)}, for {duration(acceptedAfterMs)}
        </Badge>
      </p>
    )
  }
  return (
    <p>
      <Badge tone={counters.unavailable > 0 ? 'warn' : 'plain'}>
        {counters.unavailable > 0
          ? `could not be told: ${number(counters.unavailable)}`
          : `let in: ${number(counters.accepted)}`}
      </Badge>
    </p>
  )
}
