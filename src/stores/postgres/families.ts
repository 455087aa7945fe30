/** Refresh families in Postgres. */
import { randomId } from '../../crypto/random.ts'
import type { Family } from '../../refresh/family.ts'
import type { FamilyStore } from '../../refresh/store.ts'
import { removeInBatches } from './batches.ts'
import { columnsOf, type Row } from './columns.ts'
import type { Database } from './database.ts'
import { oneOf, outcomeOf, parseAppended } from './log.ts'
import { alive } from './rules.ts'
import { parseJsonRow } from './session-rows.ts'
import { calling, reading } from './statement.ts'
import { storable } from './storable.ts'

/** A step that no family has had. */
const NO_STEP = -1

/** @param s  the quoted name of the schema */
export function createFamilies(database: Database, s: string): FamilyStore {
  const sql = statements(s)
  return {
    newId: randomId,

    async create(family, now) {
      const row = await database.step(sql.create, familyJson(family), now)
      return oneOf(row, 'create_family', ['created', 'exists', 'missing'])
    },

    async find(id, now) {
      const [row] = await database.read(sql.find, id, now)
      return row ? parseFamily(row) : null
    },

    async findBySession(sessionId, now) {
      const [row] = await database.read(sql.findBySession, sessionId, now)
      return row ? parseFamily(row) : null
    },

    async rotate(id, presented, next, windowSeconds, until, now) {
      const row = await database.step(
        sql.rotate,
        id,
        Number.isSafeInteger(presented.step) ? presented.step : NO_STEP,
        presented.hash,
        next.secretHash,
        next.sealedSuccessor,
        windowSeconds,
        until,
        now,
      )
      const outcome = outcomeOf(row, ['rotated', 'replayed', 'reused', 'missing', 'unknown'])
      if (outcome === 'missing' || outcome === 'unknown') return { outcome }
      const family = parseFamily(parseJsonRow(columnsOf(row ?? {}, `families/${id}`).text('family')))
      return outcome === 'reused' ? { outcome, family, appended: parseAppended(row) } : { outcome, family }
    },

    async revoke(id) {
      return columnsOf((await database.step(sql.revoke, id)) ?? {}, 'revoke').flag('revoke_family')
    },

    deleteExpired: (now, limit) => removeInBatches(database, limit, sql.deleteExpired, now),
  }
}

function statements(s: string) {
  const live = `SELECT f.* FROM ${s}.families f JOIN ${s}.sessions s ON s.id = f.session_id
    WHERE ${alive(s, 's', '$2')} AND f.floor >= (SELECT e.floor FROM ${s}.emergency_floor e)`
  return {
    create: calling(s, 'create_family', 2),
    rotate: calling(s, 'rotate_family', 8),
    revoke: calling(s, 'revoke_family', 1),
    deleteExpired: calling(s, 'delete_expired_families', 2, 'removed'),
    find: reading(`${live} AND f.id = $1`),
    findBySession: reading(`${live} AND f.session_id = $1`),
  }
}

/** The columns of `families`, by name. */
function familyJson({ clientId, audience, scope, ...family }: Family): string {
  return JSON.stringify({
    id: storable(family.id),
    session_id: storable(family.sessionId),
    subject: storable(family.subject),
    floor: family.floor,
    step: family.step,
    secret_hash: storable(family.secretHash),
    previous_hash: family.previousHash === null ? null : storable(family.previousHash),
    rotated_at: family.rotatedAt,
    sealed_successor: family.sealedSuccessor === null ? null : storable(family.sealedSuccessor),
    created_at: family.createdAt,
    details: JSON.stringify({ clientId, audience, scope }),
  })
}

function parseFamily(row: Row): Family {
  const columns = columnsOf(row, `families/${row.id}`)
  const details = columns.object('details')
  return {
    id: columns.text('id'),
    sessionId: columns.text('session_id'),
    subject: columns.text('subject'),
    clientId: details.textOrNull('clientId'),
    audience: details.texts('audience'),
    scope: details.textOrNull('scope'),
    floor: columns.count('floor'),
    step: columns.count('step'),
    secretHash: columns.text('secret_hash'),
    previousHash: columns.textOrNull('previous_hash'),
    rotatedAt: columns.countOrNull('rotated_at'),
    sealedSuccessor: columns.textOrNull('sealed_successor'),
    createdAt: columns.count('created_at'),
  }
}
