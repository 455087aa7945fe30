/** Small charts of our own: lines over time, and lanes. Each stands beside a table that says the same. */
import './charts.css'

export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Told apart by more than its colour. */
  readonly isDashed?: boolean
}
export interface LineChartProps {
  readonly title: string
  readonly lines: readonly Line[]
  /** Right end of the axis. */
  readonly end: number
  /** Top of the axis, where charts side by side share one. */
  readonly top?: number
  readonly nameX: (x: number) => string
  readonly nameY: (y: number) => string
}

const WIDTH = 300
const HEIGHT = 80

/** Steps, for what is drawn are counts of a stretch of time. */
export function LineChart({ title, lines, end, top, nameX, nameY }: LineChartProps) {
  const most = Math.max(1, top ?? 0, ...lines.flatMap(({ points }) => points.map(([, y]) => y)))
  const path = ({ points }: Line): string =>
    points
      .map(([x, y], i) => {
        const [left, up] = [((x / end) * WIDTH).toFixed(1), (HEIGHT - (y / most) * (HEIGHT - 4) - 2).toFixed(1)]
        return i === 0 ? `M${left} ${up}` : `H${left}V${up}`
      })
      .join('')
  const said = lines.map(({ name, points }) => `${name}, ${nameY(points.at(-1)?.[1] ?? 0)} at the end`).join('; ')
  return (
    <figure class="chart">
      <figcaption>
        {title}
        <span class="keys-of-chart">
          {lines.map(({ name, isDashed }, i) => (
            <span key={name} class={`key line-${i}`}>
              <svg viewBox="0 0 20 4" aria-hidden="true">
                <path d="M0 2H20" class={isDashed ? 'dashed' : undefined} />
              </svg>
              {name}
            </span>
          ))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${said}.`}>
        {lines.map((line, i) => (
          <path key={line.name} d={path(line)} class={`line-${i}${line.isDashed ? ' dashed' : ''}`} />
        ))}
      </svg>
      <div class="axis" aria-hidden="true">
        <span>{nameX(0)}</span>
        <span>up to {nameY(most)}</span>
        <span>{nameX(end)}</span>
      </div>
    </figure>
  )
}

/** What a stretch of a lane is. `full`: a high bar; `low`: a low one; `broken`: stripes. */
export type LaneLook = 'full' | 'low' | 'broken'
export interface LaneStretch {
  readonly from: number
  readonly to: number
  readonly look: LaneLook
}
export interface LanesProps {
  readonly label: string
  readonly lanes: readonly { readonly name: string; readonly stretches: readonly LaneStretch[] }[]
  readonly marks: readonly { readonly at: number; readonly label: string }[]
  readonly end: number
}

/** One row for each lane; the marks go through all of them. */
export function Lanes({ label, lanes, marks, end }: LanesProps) {
  const x = (value: number) => (value / end) * WIDTH
  return (
    <div class="lanes" role="img" aria-label={label}>
      {lanes.map(({ name, stretches }) => (
        <div key={name} class="lane">
          <span class="lane-name">{name}</span>
          <svg viewBox={`0 0 ${WIDTH} 12`} preserveAspectRatio="none" aria-hidden="true">
            {stretches.map(({ from, to, look }) => (
              <rect
                key={from}
                class={look}
                x={x(from)}
                width={Math.max(1, x(to) - x(from))}
                y={look === 'low' ? 8 : look === 'broken' ? 4 : 1}
                height={look === 'low' ? 3 : look === 'broken' ? 4 : 10}
              />
            ))}
            {marks.map(({ at, label: text }) => (
              <path key={text} class="mark" d={`M${x(at)} 0V12`} />
            ))}
          </svg>
        </div>
      ))}
    </div>
  )
}
