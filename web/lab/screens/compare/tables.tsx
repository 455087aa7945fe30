/** The tables that say what the lanes and charts draw. */
import { MODE_WORDS } from '../../sim/modes.ts'
import type { ColumnResult, RunResult } from '../../sim/result.ts'
import { Table } from '../../ui/parts.tsx'
import { bytes, moment, number, ROWS, STANDING_WORDS } from './words.ts'

const titleOf = ({ mode }: ColumnResult): string => MODE_WORDS[mode].title

export function counterRows(run: RunResult): readonly (readonly string[])[] {
  return ROWS.map(([name, of]) => [name, ...run.columns.map(of)])
}

/** The same as Markdown, to be put into a document. */
export function asMarkdown(run: RunResult): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = ['Figure', ...run.columns.map(titleOf)]
  return [line(head), line(head.map(() => '---')), ...counterRows(run).map(line), '', run.sentence, ''].join('\n')
}

export function Tables({ run }: { readonly run: RunResult }) {
  const { columns, axis, horizon } = run
  const names = columns.map(titleOf)
  const at = (x: number) => (axis === 'roles' ? String(x) : moment(x, horizon))
  const series = columns[0]?.series ?? []
  const every = Math.max(1, Math.ceil(series.length / 24))
  return (
    <div class="stack">
      <Table
        caption="What it cost, and what came of it"
        head={['Figure', ...names]}
        rows={counterRows(run)}
        numeric={columns.map((_, i) => i + 1)}
      />
      <details>
        <summary>The lanes as a table</summary>
        <Table
          caption="From when to when each instance answered Ana the same"
          head={['Instance', 'Way', 'From', 'To', 'Answer', 'Requests']}
          rows={columns.flatMap((column) =>
            column.lanes.flatMap(({ name, segments }) =>
              segments.map(({ from, to, standing, requests }) => [
                name,
                titleOf(column),
                at(from),
                at(to),
                STANDING_WORDS[standing],
                number(requests),
              ]),
            ),
          )}
          numeric={[2, 3, 5]}
        />
      </details>
      <details>
        <summary>The charts as a table</summary>
        <Table
          caption="Let in / refused since the line before, and bytes"
          head={[axis === 'roles' ? 'Roles' : 'Time', ...names]}
          rows={series.flatMap((point, i) => {
            if (i % every !== every - 1 && i !== series.length - 1) return []
            return [[at(point.at), ...columns.map((column) => seriesCell(column, i, every))]]
          })}
          numeric={columns.map((_, i) => i + 1)}
        />
      </details>
    </div>
  )
}

function seriesCell({ series }: ColumnResult, last: number, every: number): string {
  const since = series.slice(Math.max(0, last - every + 1), last + 1)
  const sum = (of: 'accepted' | 'rejected') => number(since.reduce((all, point) => all + point[of], 0))
  return `${sum('accepted')} / ${sum('rejected')}, ${bytes(series[last]?.bytes ?? 0)}`
}
