/** The log's rows, and what a step that appends to it answers. */
import type { JsonObject } from '../../json.ts'
import type { Appended, LogEntry, Member, RevocationEvent } from '../../revocation/engine.ts'
import { withDrain } from '../../revocation/events.ts'
import { type Columns, columnsOf, type Row } from './columns.ts'
import { restored, storable } from './storable.ts'

export function parseAppended(row: Row | undefined): Appended {
  const columns = columnsOf(row ?? {}, 'an append')
  return {
    incarnation: columns.text('incarnation'),
    offset: columns.count('log_position'),
    members: parseMembers(columns),
    settled: columns.flag('settled'),
  }
}

/** `members` is JSON: a list of [id, renewals, acked]. */
export function parseMembers(columns: Columns): readonly Member[] {
  const list = columns.json('members')
  if (!Array.isArray(list)) throw columns.damaged('members')
  return list.map((item: unknown) => {
    const [id, renewals, acked] = Array.isArray(item) ? item : []
    const name = typeof id === 'string' ? restored(id) : null
    if (name === null || typeof renewals !== 'number' || typeof acked !== 'number') throw columns.damaged('members')
    return { id: name, renewals, acked }
  })
}

/** The one value of a step that answers a word. */
export function oneOf<const Word extends string>(row: Row | undefined, column: string, words: readonly Word[]): Word {
  const columns = columnsOf(row ?? {}, column)
  const word = words.find((one) => one === columns.text(column))
  if (word === undefined) throw columns.damaged(column)
  return word
}

export function outcomeOf<const Word extends string>(row: Row | undefined, words: readonly Word[]): Word {
  return oneOf(row, 'outcome', words)
}

export function parseEntry(row: Row): LogEntry {
  const columns = columnsOf(row, `log/${row.log_position}`)
  const offset = columns.count('log_position')
  const event = parseEvent(columns)
  if (!event) throw columns.damaged('kind')
  return { offset, event }
}

function parseEvent(columns: Columns): RevocationEvent | null {
  const kind = columns.text('kind')
  const until = columns.count('until')
  const drain = columns.countOrNull('drain_seconds') ?? undefined
  switch (kind) {
    case 'session':
      return withDrain({ kind, sessionId: columns.text('key'), subject: columns.textOrNull('subject'), until }, drain)
    case 'token':
      return { kind, tokenId: columns.text('key'), until }
    case 'subject':
      return withDrain({ kind, subject: columns.text('subject'), generation: columns.count('number'), until }, drain)
    case 'claims':
      return {
        kind,
        subject: columns.text('subject'),
        generation: columns.count('number'),
        patch: patchOf(columns),
        until,
      }
    case 'floor':
      return { kind, floor: columns.count('number'), keyIds: textsOf(columns), until }
    default:
      return null
  }
}

function patchOf(columns: Columns): JsonObject | null {
  return columns.textOrNull('details') === null ? null : columns.object('details').all()
}

function textsOf(columns: Columns): readonly string[] {
  const list = columns.json('details')
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) throw columns.damaged('details')
  return list
}

/** An event as the columns of its row, for a step that is given several. */
export function eventColumns(event: RevocationEvent): JsonObject {
  const until = event.until
  switch (event.kind) {
    case 'session': {
      const subject = event.subject === null ? null : storable(event.subject)
      return {
        kind: event.kind,
        key: storable(event.sessionId),
        subject,
        drain_seconds: event.drainSeconds ?? null,
        until,
      }
    }
    case 'token':
      return { kind: event.kind, key: storable(event.tokenId), until }
    case 'subject': {
      const drain_seconds = event.drainSeconds ?? null
      return { kind: event.kind, subject: storable(event.subject), number: event.generation, drain_seconds, until }
    }
    case 'claims': {
      const details = event.patch && JSON.stringify(event.patch)
      return { kind: event.kind, subject: storable(event.subject), number: event.generation, details, until }
    }
    case 'floor':
      return { kind: event.kind, number: event.floor, details: JSON.stringify(event.keyIds), until }
  }
}
