/** The log's rows: what every step that ends something appends to. */
import type { JsonObject } from '../../json.ts'
import type { Appended, LogEntry, Member, RevocationEvent, SubjectState } from '../../revocation/engine.ts'
import { keyOf, withDrain } from '../../revocation/events.ts'
import { columnsOf, type Fields } from './columns.ts'
import type { Connection, Row } from './connection.ts'

export function append(connection: Connection, event: RevocationEvent): Appended {
  const state = connection.get('UPDATE state SET head = head + 1 RETURNING incarnation, head')
  const columns = columnsOf(state ?? {}, 'state')
  const offset = columns.count('head')
  connection.run(
    'INSERT INTO log (position, kind, key, event, until) VALUES (?, ?, ?, ?, ?)',
    offset,
    event.kind,
    keyOf(event),
    JSON.stringify(event),
    event.until,
  )
  connection.appended = true
  return { incarnation: columns.text('incarnation'), offset, members: selectMembers(connection), settled: true }
}

export function parseEntry(row: Row): LogEntry {
  const columns = columnsOf(row, `log/${row.position}`)
  const offset = columns.count('position')
  const fields = columns.object('event')
  const event = parseEvent(fields)
  if (!event) throw columns.damaged('event.kind')
  return { offset, event }
}

function parseEvent(fields: Fields): RevocationEvent | null {
  const kind = fields.text('kind')
  const until = fields.count('until')
  switch (kind) {
    case 'session':
      return withDrain(
        { kind, sessionId: fields.text('sessionId'), subject: fields.textOrNull('subject'), until },
        fields.countIfThere('drainSeconds'),
      )
    case 'token':
      return { kind, tokenId: fields.text('tokenId'), until }
    case 'subject':
      return withDrain(
        { kind, subject: fields.text('subject'), generation: fields.count('generation'), until },
        fields.countIfThere('drainSeconds'),
      )
    case 'claims':
      return {
        kind,
        subject: fields.text('subject'),
        generation: fields.count('generation'),
        patch: patchOf(fields),
        until,
      }
    case 'floor':
      return { kind, floor: fields.count('floor'), keyIds: fields.texts('keyIds'), until }
    default:
      return null
  }
}

function patchOf(fields: Fields): JsonObject | null {
  return fields.json('patch') === null ? null : fields.object('patch').all()
}

export function selectMembers(connection: Connection): readonly Member[] {
  return connection.all('SELECT id, renewals, acked FROM members').map(parseMember)
}

export function parseMember(row: Row): Member {
  const columns = columnsOf(row, `members/${row.id}`)
  return { id: columns.text('id'), renewals: columns.count('renewals'), acked: columns.count('acked') }
}

export function selectFloor(connection: Connection): number {
  return columnsOf(connection.get('SELECT floor FROM state') ?? {}, 'state').count('floor')
}

export function selectSubject(connection: Connection, subject: string): SubjectState {
  const row = connection.get('SELECT generation, dead_below, stale_below FROM subjects WHERE subject = ?', subject)
  if (!row) return { generation: 0, deadBelow: 0, staleBelow: 0 }
  const columns = columnsOf(row, `subjects/${subject}`)
  return {
    generation: columns.count('generation'),
    deadBelow: columns.count('dead_below'),
    staleBelow: columns.count('stale_below'),
  }
}

export function putSubject(connection: Connection, subject: string, state: SubjectState): void {
  connection.run(
    'INSERT OR REPLACE INTO subjects (subject, generation, dead_below, stale_below) VALUES (?, ?, ?, ?)',
    subject,
    state.generation,
    state.deadBelow,
    state.staleBelow,
  )
}
