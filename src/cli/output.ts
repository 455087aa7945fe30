/** What commands print: columns for people, tabs and JSON for scripts; never a character that a terminal would obey. */
import type { Receipt } from '../revocation/revoke.ts'
import type { Terminal } from './terminal.ts'

export interface Column<Row> {
  readonly title: string
  /** As a person reads it. */
  show(row: Row): string
  /** As a script reads it; the same when absent. */
  raw?(row: Row): string
}

/** Prints rows as JSON, as aligned columns on a terminal, or as lines with tabs. `none` is said when there are none. */
export function printRows<Row>(
  terminal: Terminal,
  rows: readonly Row[],
  table: readonly Column<Row>[],
  none: string,
): void {
  if (terminal.isInteractive && rows.length === 0) {
    terminal.out(none)
    return
  }
  const titles = table.map(({ title }) => title)
  if (terminal.isInteractive) {
    terminal.out(columns([titles, ...rows.map((row) => table.map(({ show }) => plain(show(row))))]))
    return
  }
  for (const line of [titles, ...rows.map((row) => table.map(({ show, raw }) => plain((raw ?? show)(row))))])
    terminal.out(line.join('\t'))
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(escapeControls(JSON.stringify(value, null, 2)))
}

/** Pads every column but the last to its widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One cell: white space folded, what could move the cursor or turn the text around shown as `?`. */
export function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '?')
}

/** A message on one line, at most 500 characters. */
export function oneLine(text: string): string {
  const line = plain(text).trim()
  return line.length > 500 ? `${line.slice(0, 500)}...` : line
}

/** Controls and formatting characters inside JSON text as `\u` escapes: it stays the same JSON. */
function escapeControls(json: string): string {
  return json.replaceAll(/[\p{Cc}\p{Cf}]/gu, (found) =>
    found === '\n'
      ? found
      : Array.from({ length: found.length }, (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
          '',
        ),
  )
}

/** An instant for scripts: ISO 8601 in UTC. */
export function iso(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z')
}

/** An instant for people: `in 3 days`, `5 minutes ago`. */
export function inWords(seconds: number, now: number): string {
  const distance = Math.abs(seconds - now)
  if (distance < 45) return 'now'
  const [count, unit] =
    distance < 5400
      ? [distance / 60, 'minute']
      : distance < 172_800
        ? [distance / 3600, 'hour']
        : [distance / 86_400, 'day']
  const rounded = Math.round(count)
  const words = `${rounded} ${unit}${rounded === 1 ? '' : 's'}`
  return seconds > now ? `in ${words}` : `${words} ago`
}

/** What a receipt says, in one line. */
export function receiptLine(receipt: Receipt): string {
  const after = `refused by every verifier after ${Math.max(1, Math.round(receipt.ms))} ms`
  if (receipt.confirmedBy === 'acks') return `${after}, confirmed by acks`
  const silent = receipt.waitedFor.length
  return `${after}: ${silent} verifier${silent === 1 ? '' : 's'} did not answer, so the lease was waited out`
}

export function receiptJson(receipt: Receipt) {
  return {
    offset: receipt.offset,
    incarnation: receipt.incarnation,
    confirmed_by: receipt.confirmedBy,
    waited_for: receipt.waitedFor,
    ms: Math.round(receipt.ms * 100) / 100,
    remote_effective_at: receipt.remoteEffectiveAt,
  }
}
