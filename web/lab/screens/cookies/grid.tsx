/** A grid of sent and withheld, walked by arrow keys: one stop for Tab. */
import { useRef } from 'preact/hooks'
import { type Answer, COLUMN_TEXT, COLUMNS, type Column, ROW_TEXT, ROWS, type Row } from '../../jar/matrix.ts'

export interface GridProps {
  readonly answers: Readonly<Record<Row, Readonly<Record<Column, Answer>>>>
  readonly row: Row
  readonly column: Column
  readonly onMove: (row: Row, column: Column) => void
}

export function Grid({ answers, row, column, onMove }: GridProps) {
  const table = useRef<HTMLTableElement>(null)
  const move = (event: KeyboardEvent): void => {
    const [r, c] = [ROWS.indexOf(row), COLUMNS.indexOf(column)]
    const to = {
      ArrowUp: [r - 1, c],
      ArrowDown: [r + 1, c],
      ArrowLeft: [r, c - 1],
      ArrowRight: [r, c + 1],
      Home: [r, 0],
      End: [r, COLUMNS.length - 1],
    }[event.key]
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const [nextRow, nextColumn] = [ROWS[to[0] ?? 0], COLUMNS[to[1] ?? 0]]
    if (!nextRow || !nextColumn) return
    onMove(nextRow, nextColumn)
    table.current?.querySelector<HTMLElement>(`[data-cell="${nextRow} ${nextColumn}"]`)?.focus()
  }
  return (
    <div class="scrolls">
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that is walked cell by cell is a grid */}
      <table class="grid" role="grid" aria-label="Will it be sent?" ref={table} onKeyDown={move}>
        <thead>
          <tr>
            <th scope="col">SameSite</th>
            {COLUMNS.map((name) => (
              <th key={name} scope="col">
                {COLUMN_TEXT[name]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map((r) => (
            <tr key={r}>
              <th scope="row">{ROW_TEXT[r]}</th>
              {COLUMNS.map((c) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the table hears the keys
                <td
                  key={c}
                  data-cell={`${r} ${c}`}
                  tabIndex={r === row && c === column ? 0 : -1}
                  data-chosen={r === row && c === column ? '' : undefined}
                  class={answers[r][c].sent ? 'sent' : 'not'}
                  onClick={() => onMove(r, c)}
                  onFocus={() => (r === row && c === column ? undefined : onMove(r, c))}
                >
                  <span aria-hidden="true">{answers[r][c].sent ? '✓' : '–'}</span> {answers[r][c].sent ? 'sent' : 'no'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
