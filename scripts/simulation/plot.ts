/** Draws lines and points over two logarithmic axes as SVG; the same figures give the same picture. */

export interface Series {
  readonly label: string
  readonly kind: 'line' | 'points' | 'crosses'
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Which of four colours. */
  readonly color: 0 | 1 | 2 | 3
}

export interface Plot {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
  readonly note: string
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [760, 460, 76, 50, 30, 100]
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1c2733 }
  .title { font-weight: 600; font-size: 14px }
  .ground { fill: #ffffff } .grid { stroke: #d4dae1; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .c0 { stroke: #1f6f5c; fill: #1f6f5c } .c1 { stroke: #8a4b08; fill: #8a4b08 }
  .c2 { stroke: #3b5ba5; fill: #3b5ba5 } .c3 { stroke: #8d2b5a; fill: #8d2b5a }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6ebf0 } .ground { fill: #12181e } .grid { stroke: #46525e }
    .c0 { stroke: #5fc3a7; fill: #5fc3a7 } .c1 { stroke: #e0a458; fill: #e0a458 }
    .c2 { stroke: #8fabec; fill: #8fabec } .c3 { stroke: #e58bb6; fill: #e58bb6 }
  }
  .line.c0, .line.c1, .line.c2, .line.c3 { fill: none }`

export function svgOf({ title, x, y, series, note }: Plot): string {
  const all = series.flatMap(({ points }) => points)
  const axisX = axis(
    all.map(([value]) => value),
    LEFT,
    WIDTH - RIGHT,
  )
  const axisY = axis(
    all.map(([, value]) => value),
    HEIGHT - BOTTOM,
    TOP,
  )
  const parts = [
    text(16, 26, title, 'title'),
    ...axisX.ticks.flatMap((value) => [
      `<path class="grid" d="M${fixed(axisX.at(value))} ${TOP}V${HEIGHT - BOTTOM}"/>`,
      text(axisX.at(value) - 12, HEIGHT - BOTTOM + 18, value.toLocaleString('en')),
    ]),
    ...axisY.ticks.flatMap((value) => [
      `<path class="grid" d="M${LEFT} ${fixed(axisY.at(value))}H${WIDTH - RIGHT}"/>`,
      text(10, axisY.at(value) + 4, value.toLocaleString('en')),
    ]),
    text(LEFT, HEIGHT - BOTTOM + 38, `across: ${x}; up: ${y}`),
    ...series.flatMap(({ label, kind, points, color }, i) => {
      const shape = points.map(([px, py]) => [axisX.at(px), axisY.at(py)] as const)
      const [legendX, legendY] = [LEFT + (i % 2) * 330, HEIGHT - BOTTOM + 58 + Math.floor(i / 2) * 16]
      return [
        kind === 'line'
          ? `<path class="line c${color}" d="M${shape.map(([px, py]) => `${fixed(px)} ${fixed(py)}`).join('L')}"/>`
          : shape.map(([px, py]) => mark(kind, px, py, color)).join(''),
        kind === 'line'
          ? `<path class="line c${color}" d="M${legendX} ${legendY - 4}h16"/>`
          : mark(kind, legendX + 8, legendY - 4, color),
        text(legendX + 22, legendY, label),
      ]
    }),
    text(16, HEIGHT - 10, note),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${inXml(title)}</title><style>${STYLE}</style><rect class="ground" width="100%" height="100%"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function axis(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    at: (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  }
}

function mark(kind: 'points' | 'crosses', x: number, y: number, color: number): string {
  if (kind === 'points') return `<circle class="c${color}" cx="${fixed(x)}" cy="${fixed(y)}" r="4"/>`
  return `<path class="line c${color}" d="M${fixed(x - 4)} ${fixed(y - 4)}l8 8m0 -8l-8 8"/>`
}

const fixed = (value: number): string => value.toFixed(1)

function text(x: number, y: number, content: string, name?: string): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}"${name ? ` class="${name}"` : ''}>${inXml(content)}</text>`
}

function inXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
