/** The run as a sequence diagram. What it shows stands in the list, too. */
import type { SsoRun } from '../../sso/run.ts'
import { PARTIES, type Party } from '../../sso/trace.ts'
import { type Act, actsOf, type NumberedArrow, shortCookies, shortText } from './acts.ts'

const LANE = 190
const ROW = 40
const TOP = 34
const ACT = 34

export function SequenceDiagram({ run }: { readonly run: SsoRun }) {
  const { parties } = run
  const acts = actsOf(run)
  const width = parties.length * LANE
  const count = acts.reduce((all, { arrows }) => all + arrows.length, 0)
  const height = TOP + acts.length * ACT + count * ROW + 12
  const middle = (party: Party): number => (parties.indexOf(party) + 0.5) * LANE
  let y = TOP
  const placed = acts.map((act) => {
    const at = y
    y += ACT + act.arrows.length * ROW
    return { act, at }
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scrolls sequence" aria-label="Sequence diagram" tabIndex={0}>
      <svg
        role="img"
        aria-label={`${count} messages between ${parties.map((party) => PARTIES[party]).join(', ')}; listed below`}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
      >
        {parties.map((party) => (
          <g key={party}>
            <line class="life" x1={middle(party)} x2={middle(party)} y1={TOP - 8} y2={height} />
            <text class="party" x={middle(party)} y={16}>
              {PARTIES[party]}
            </text>
          </g>
        ))}
        {placed.map(({ act, at }, i) => (
          <ActRows key={i} act={act} at={at} width={width} middle={middle} />
        ))}
      </svg>
    </section>
  )
}

interface ActRowsProps {
  readonly act: Act
  readonly at: number
  readonly width: number
  readonly middle: (party: Party) => number
}

function ActRows({ act, at, width, middle }: ActRowsProps) {
  return (
    <g>
      <rect class="act" x={0} y={at + 5} width={width} height={22} />
      <text class="title" x={8} y={at + 20}>
        {act.atSeconds > 0 ? `${act.atSeconds} s · ` : ''}
        {act.title}
      </text>
      {act.arrows.map((arrow, i) => (
        <Message
          key={arrow.number}
          arrow={arrow}
          y={at + ACT + (i + 1) * ROW - 14}
          from={middle(arrow.from)}
          to={middle(arrow.to)}
        />
      ))}
    </g>
  )
}

interface MessageProps {
  readonly arrow: NumberedArrow
  readonly y: number
  readonly from: number
  readonly to: number
}

function Message({ arrow, y, from, to }: MessageProps) {
  const { kind, code, number, cookies } = arrow
  const head = to > from ? -7 : 7
  const isBad = code !== null
  const under = shortCookies(cookies)
  return (
    <g class={[kind, isBad ? 'refused' : ''].join(' ').trim()}>
      <line x1={from} x2={to} y1={y} y2={y} />
      <path d={`M${to + head},${y - 4} L${to},${y} L${to + head},${y + 4} Z`} />
      <text x={(from + to) / 2} y={y - 5}>
        {number}. {isBad ? '✗ ' : ''}
        {shortText(arrow)}
      </text>
      {under === '' ? null : (
        <text class="cookies" x={(from + to) / 2} y={y + 12}>
          {under}
        </text>
      )}
    </g>
  )
}
