/** Refresh families in SQLite. */
import { equalTexts } from '../../crypto/digest.ts'
import { randomId } from '../../crypto/random.ts'
import type { Family } from '../../refresh/family.ts'
import type { FamilyStore, RotateOutcome } from '../../refresh/store.ts'
import { removeInBatches } from './batches.ts'
import { columnsOf } from './columns.ts'
import type { Connection, Row } from './connection.ts'
import type { Database } from './database.ts'
import { append, selectFloor } from './log.ts'
import { IS_ALIVE, selectLive } from './session-rows.ts'

const SELECT_LIVE = `SELECT f.* FROM families f JOIN sessions s ON s.id = f.session_id
  WHERE ${IS_ALIVE} AND f.floor >= (SELECT floor FROM state)`

/** @param monoMs tells how long a step has waited for the lock */
export function createFamilies(database: Database, monoMs: () => number): FamilyStore {
  return {
    newId: randomId,

    create: (family, now) =>
      database.write((connection) => {
        if (family.floor < selectFloor(connection)) return 'missing'
        if (!selectLive(connection, family.sessionId, now)) return 'missing'
        const sql = 'SELECT 1 FROM families WHERE id = ? OR session_id = ?'
        if (connection.get(sql, family.id, family.sessionId)) return 'exists'
        insertFamily(connection, family)
        return 'created'
      }),

    find: (id, now) => database.read((connection) => selectFamily(connection, id, now)),

    findBySession: (sessionId, now) =>
      database.read((connection) => {
        const row = connection.get(`${SELECT_LIVE} AND f.session_id = ?`, now, sessionId)
        return row ? parseFamily(row) : null
      }),

    rotate(id, presented, next, windowSeconds, until, now) {
      const askedMs = monoMs()
      return database.write((connection): RotateOutcome => {
        const rotatedAt = now + Math.floor((monoMs() - askedMs) / 1000)
        const family = selectFamily(connection, id, now)
        if (!family) return { outcome: 'missing' }
        const { step, hash } = presented
        if (!Number.isSafeInteger(step) || step < 0 || step > family.step) return { outcome: 'unknown' }
        if (step === family.step) {
          if (!equalTexts(hash, family.secretHash)) return { outcome: 'unknown' }
          return { outcome: 'rotated', family: advance(connection, family, next, rotatedAt) }
        }
        if (step === family.step - 1) {
          if (family.previousHash === null || !equalTexts(hash, family.previousHash)) return { outcome: 'unknown' }
          if (family.rotatedAt !== null && now < family.rotatedAt + windowSeconds)
            return { outcome: 'replayed', family }
        }
        const { sessionId, subject } = family
        // Its family goes with it (ON DELETE CASCADE).
        connection.run('DELETE FROM sessions WHERE id = ?', sessionId)
        return {
          outcome: 'reused',
          family,
          appended: append(connection, { kind: 'session', sessionId, subject, until }),
        }
      })
    },

    revoke: (id) => database.write((connection) => connection.run('DELETE FROM families WHERE id = ?', id) === 1),

    deleteExpired: (now, limit) =>
      removeInBatches(database, limit, (connection, rows) => {
        const ended = connection.run(
          `DELETE FROM families WHERE id IN
            (SELECT f.id FROM sessions s JOIN families f ON f.session_id = s.id WHERE s.expires_at <= ? LIMIT ?)`,
          now,
          rows,
        )
        const below = connection.run(
          `DELETE FROM families WHERE id IN
            (SELECT f.id FROM families f WHERE f.floor < (SELECT floor FROM state) LIMIT ?)`,
          rows - ended,
        )
        const left = connection.run(
          `DELETE FROM families WHERE id IN
            (SELECT f.id FROM sessions s JOIN families f ON f.session_id = s.id
              WHERE s.floor < (SELECT floor FROM state) LIMIT ?)`,
          rows - ended - below,
        )
        return ended + below + left
      }),
  }
}

/** Spends the current token: the session has been seen, and what was next is current. */
function advance(
  connection: Connection,
  family: Family,
  next: { readonly secretHash: string; readonly sealedSuccessor: string },
  now: number,
): Family {
  const rotated: Family = {
    ...family,
    step: family.step + 1,
    secretHash: next.secretHash,
    previousHash: family.secretHash,
    rotatedAt: now,
    sealedSuccessor: next.sealedSuccessor,
  }
  connection.run(
    `UPDATE families SET step = ?, secret_hash = ?, previous_hash = ?, rotated_at = ?, sealed_successor = ? WHERE id = ?`,
    rotated.step,
    rotated.secretHash,
    rotated.previousHash,
    rotated.rotatedAt,
    rotated.sealedSuccessor,
    family.id,
  )
  connection.run('UPDATE sessions SET last_seen_at = max(last_seen_at, ?) WHERE id = ?', now, family.sessionId)
  return rotated
}

function selectFamily(connection: Connection, id: string, now: number): Family | null {
  const row = connection.get(`${SELECT_LIVE} AND f.id = ?`, now, id)
  return row ? parseFamily(row) : null
}

function insertFamily(connection: Connection, family: Family): void {
  const { subject, clientId, audience, scope } = family
  connection.run(
    `INSERT INTO families (id, session_id, floor, step, secret_hash, previous_hash, rotated_at, sealed_successor,
      created_at, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    family.id,
    family.sessionId,
    family.floor,
    family.step,
    family.secretHash,
    family.previousHash,
    family.rotatedAt,
    family.sealedSuccessor,
    family.createdAt,
    JSON.stringify({ subject, clientId, audience, scope }),
  )
}

function parseFamily(row: Row): Family {
  const columns = columnsOf(row, `families/${row.id}`)
  const details = columns.object('details')
  return {
    id: columns.text('id'),
    sessionId: columns.text('session_id'),
    subject: details.text('subject'),
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
