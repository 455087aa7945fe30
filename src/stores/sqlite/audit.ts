/** The audit log in SQLite. */
import type { AuditAction, AuditActor, StoredAuditEvent } from '../../audit/event.ts'
import type { AuditStore } from '../../audit/store.ts'
import { checkLimit } from './batches.ts'
import { columnsOf, type Fields } from './columns.ts'
import type { Row, Value } from './connection.ts'
import type { Database } from './database.ts'

export function createAudit(database: Database): AuditStore {
  return {
    async append(event) {
      await database.write((connection) =>
        connection.run(
          `INSERT INTO audit (at, action, actor, subject, session_id, address, detail) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          event.at,
          event.action,
          JSON.stringify(event.actor),
          event.subject,
          event.sessionId,
          event.address,
          JSON.stringify(event.detail),
        ),
      )
    },

    async list(filter, before, limit) {
      checkLimit(limit)
      const conditions = ['sequence < ?']
      const values: Value[] = [before ?? Number.MAX_SAFE_INTEGER]
      const column = { subject: 'subject', sessionId: 'session_id', action: 'action' } as const
      for (const name of ['subject', 'sessionId', 'action'] as const) {
        const wanted = filter[name]
        if (wanted === undefined) continue
        conditions.push(`${column[name]} = ?`)
        values.push(wanted)
      }
      const sql = `SELECT * FROM audit WHERE ${conditions.join(' AND ')} ORDER BY sequence DESC LIMIT ?`
      const rows = await database.read((connection) => connection.all(sql, ...values, limit))
      return rows.map(parseEvent)
    },
  }
}

function parseEvent(row: Row): StoredAuditEvent {
  const columns = columnsOf(row, `audit/${row.sequence}`)
  return {
    sequence: columns.count('sequence'),
    at: columns.count('at'),
    // A later version may have written actions that this one does not know; they are shown as they are.
    action: columns.text('action') as AuditAction,
    actor: parseActor(columns.object('actor')) ?? raise(columns.damaged('actor.kind')),
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

function raise(error: Error): never {
  throw error
}
