/** The audit log in Postgres. A number that a failed step had taken is left out. */
import type { AuditAction, AuditActor, StoredAuditEvent } from '../../audit/event.ts'
import type { AuditStore } from '../../audit/store.ts'
import { checkLimit } from './batches.ts'
import { columnsOf, type Fields, type Row } from './columns.ts'
import type { Database } from './database.ts'
import { calling, reading, type Statement, type Value } from './statement.ts'

const FILTERS = { subject: 'subject', sessionId: 'session_id', action: 'action' } as const
const NAMES = ['subject', 'sessionId', 'action'] as const

/** @param s  the quoted name of the schema */
export function createAudit(database: Database, s: string): AuditStore {
  const append = calling(s, 'append_audit', 7)
  const lists = new Map<string, Statement>()
  /** A statement for each set of filters, so that each has a plan of its own. */
  const listBy = (names: readonly (typeof NAMES)[number][]): Statement => {
    const conditions = names.map((name, i) => ` AND ${FILTERS[name]} = $${i + 3}`).join('')
    const found =
      lists.get(conditions) ??
      reading(`SELECT * FROM ${s}.audit WHERE sequence < $1${conditions} ORDER BY sequence DESC LIMIT $2`)
    lists.set(conditions, found)
    return found
  }
  return {
    async append(event) {
      await database.step(
        append,
        event.at,
        event.action,
        JSON.stringify(event.actor),
        event.subject,
        event.sessionId,
        event.address,
        JSON.stringify(event.detail),
      )
    },

    async list(filter, before, limit) {
      checkLimit(limit)
      const names = NAMES.filter((name) => filter[name] !== undefined)
      const wanted = names.map((name): Value => filter[name] ?? null)
      const rows = await database.scan(listBy(names), before ?? Number.MAX_SAFE_INTEGER, limit, ...wanted)
      return rows.map(parseEvent)
    },
  }
}

function parseEvent(row: Row): StoredAuditEvent {
  const columns = columnsOf(row, `audit/${row.sequence}`)
  const actor = parseActor(columns.object('actor'))
  if (!actor) throw columns.damaged('actor.kind')
  return {
    sequence: columns.count('sequence'),
    at: columns.count('at'),
    // A later version may have written actions that this one does not know; they are shown as they are.
    action: columns.text('action') as AuditAction,
    actor,
    subject: columns.textOrNull('subject'),
    sessionId: columns.textOrNull('session_id'),
    address: columns.textOrNull('address'),
    detail: columns.object('detail').all(),
  }
}

function parseActor(fields: Fields): AuditActor | null {
  const kind = fields.text('kind')
  switch (kind) {
    case 'subject':
    case 'operator':
      return { kind, id: fields.text('id') }
    case 'operator_key':
    case 'cli':
    case 'system':
    case 'anonymous':
      return { kind }
    default:
      return null
  }
}
