/** Draws a suite as SVG: a panel for each case, a bar for each subject, the spread as a whisker. */
import type { Statistic } from './measure.ts'
import type { Row } from './report.ts'

export interface Panel {
  /** What is shown, and what is better. */
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

export interface Bar extends Statistic {
  readonly label: string
  readonly kind: 'floor' | 'peer' | 'ours'
}

/** A panel for each case and metric, but for wall time, which says more about the machine than about the subject. */
export function panelsOf(rows: readonly Row[]): readonly Panel[] {
  const nameOf = ({ case: name, metric }: Row): string => (metric === 'cpu' ? `${name}: CPU` : `${name}: ${metric}`)
  const shown = rows.filter(({ metric }) => metric !== 'wall')
  return [...new Set(shown.map(nameOf))].map((name) => {
    const mine = shown.filter((row) => nameOf(row) === name)
    return {
      title: `${name}, less is better`,
      unit: mine[0]?.unit ?? '',
      bars: mine.map((row) => ({ label: row.subject, kind: kindOf(row.subject), ...row })),
    }
  })
}

function kindOf(subject: string): Bar['kind'] {
  if (/^sojourn\b/i.test(subject)) return 'ours'
  return subject.startsWith('floor') || subject.startsWith('bare') ? 'floor' : 'peer'
}

const WIDTH = 760
const LABEL = 275
const BAR = 18
const GAP = 6
const HEAD = 34
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1c2733 }
  .title { font-weight: 600; font-size: 14px }
  .bar { fill: #9aa7b5 } .floor { fill: #d4dae1 } .ours { fill: #1f6f5c }
  .whisker { stroke: #1c2733; stroke-width: 1 }
  .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6ebf0 } .bar { fill: #7d8b99 } .floor { fill: #46525e } .ours { fill: #5fc3a7 }
    .whisker { stroke: #e6ebf0 } .ground { fill: #12181e }
  }`

export function chart(title: string, panels: readonly Panel[], note: string): string {
  const parts: string[] = []
  let y = 30
  parts.push(text(16, y, title, 'title'))
  for (const panel of panels) {
    y += HEAD
    parts.push(text(16, y, panel.title, 'title'))
    y += 10
    const scale = (WIDTH - LABEL - 150) / Math.max(...panel.bars.map(({ max }) => max), Number.MIN_VALUE)
    for (const { label, kind, median, min, max } of panel.bars) {
      const middle = y + BAR / 2
      const [low, high] = [LABEL + min * scale, LABEL + max * scale]
      parts.push(
        text(16, middle + 4, label),
        `<rect class="bar ${kind}" x="${LABEL}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR}" rx="2"/>`,
        ...(max > min ? [`<path class="whisker" d="M${low.toFixed(1)} ${middle}H${high.toFixed(1)}"/>`] : []),
        text(high + 8, middle + 4, `${shown(median)} ${panel.unit}`),
      )
      y += BAR + GAP
    }
  }
  y += 26
  parts.push(text(16, y, note))
  const height = y + 16
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${inXml(title)}</title><style>${STYLE}</style><rect class="ground" width="100%" height="100%"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

/** Two digits after the point where they say something. */
function shown(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(value < 100 ? 2 : 0)
}

function text(x: number, y: number, content: string, name?: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${name ? ` class="${name}"` : ''}>${inXml(content)}</text>`
}

function inXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
