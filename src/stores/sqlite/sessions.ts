/** Sessions in SQLite. */
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import { withDrain } from '../../revocation/events.ts'
import type { Session } from '../../session/session.ts'
import type { SessionPage, SessionStore } from '../../session/store.ts'
import { checkLimit, following, removeInBatches } from './batches.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import { append, putSubject, selectFloor, selectSubject } from './log.ts'
import {
  IS_ALIVE,
  insertSession,
  isSessionIdUsed,
  parseSession,
  selectLive,
  selectWithSubject,
  updateSession,
} from './session-rows.ts'

export function createSessions(database: Database): SessionStore {
  return {
    newId: randomId,

    create: (session, maxPerSubject, now) =>
      database.write((connection) => {
        if (isSessionIdUsed(connection, session.id)) return 'exists'
        if (isSuperseded(connection, session)) return 'superseded'
        if (session.subject !== null && maxPerSubject !== null) {
          if (countLiveOf(connection, session.subject, now) >= maxPerSubject) return 'limit'
        }
        insertSession(connection, session)
        return 'created'
      }),

    find: (id, now) => database.read((connection) => selectLive(connection, id, now)),

    findWithSubject: (id, now) => database.read((connection) => selectWithSubject(connection, id, now)),

    save: (session, now) =>
      database.write((connection) => {
        const current = selectLive(connection, session.id, now)
        if (!current) return 'missing'
        if (current.version !== session.version - 1) return 'conflict'
        updateSession(connection, session)
        return 'saved'
      }),

    touch: (id, lastSeenAt, now) =>
      database.write((connection) => {
        const sql = `UPDATE sessions AS s SET last_seen_at = max(s.last_seen_at, ?) WHERE s.id = ? AND ${IS_ALIVE}`
        return connection.run(sql, lastSeenAt, id, now) === 1
      }),

    rotate: (id, version, next, until, now) =>
      database.write((connection) => {
        const current = selectLive(connection, id, now)
        if (!current) return { outcome: 'missing' }
        if (current.version !== version) return { outcome: 'conflict' }
        if (isSessionIdUsed(connection, next.id)) return { outcome: 'exists' }
        if (isSuperseded(connection, next)) return { outcome: 'superseded' }
        insertSession(connection, next)
        connection.run('UPDATE families SET session_id = ? WHERE session_id = ?', next.id, id)
        connection.run('DELETE FROM sessions WHERE id = ?', id)
        const appended = append(connection, { kind: 'session', sessionId: id, subject: current.subject, until })
        return { outcome: 'rotated', appended }
      }),

    end: (id, until, now, drainSeconds) =>
      database.write((connection) => {
        const ended = selectLive(connection, id, now)
        const removed = connection.get('DELETE FROM sessions WHERE id = ? RETURNING subject', id)
        const subject = typeof removed?.subject === 'string' ? removed.subject : null
        const event = { kind: 'session', sessionId: id, subject, until } as const
        return { ...append(connection, withDrain(event, drainSeconds)), ended }
      }),

    endSubject: (subject, replacement, until, now, drainSeconds) =>
      database.write((connection) => {
        if (replacement) {
          const alive = selectLive(connection, replacement.onlyIfAlive, now)
          if (alive?.subject !== subject || alive.version !== (replacement.version ?? alive.version)) return null
          checkReplacement(connection, replacement.session, subject)
        }
        const { generation: old, staleBelow } = selectSubject(connection, subject)
        const generation = old + 1
        const ended = countLiveOf(connection, subject, now)
        connection.run('DELETE FROM sessions WHERE subject = ?', subject)
        putSubject(connection, subject, { generation, deadBelow: generation, staleBelow })
        const created = replacement && renewed(connection, replacement.session, generation)
        if (created) insertSession(connection, created)
        const appended = append(connection, withDrain({ kind: 'subject', subject, generation, until }, drainSeconds))
        return { ...appended, generation, ended, replacement: created }
      }),

    async listBySubject(subject, cursor, limit, now) {
      checkLimit(limit)
      const after = cursor === null ? null : parseCursor(cursor)
      const found = await database.read((connection) =>
        connection.all(
          `SELECT s.* FROM sessions s WHERE s.subject = ? AND ${IS_ALIVE} AND (s.created_at, s.id) < (?, ?)
            ORDER BY s.created_at DESC, s.id DESC LIMIT ?`,
          subject,
          now,
          after?.at ?? Number.MAX_SAFE_INTEGER,
          after?.id ?? '',
          limit + 1,
        ),
      )
      return page(found.map(parseSession), limit, (last) => `${last.createdAt}.${last.id}`)
    },

    async list(cursor, limit, now) {
      checkLimit(limit)
      const sql = `SELECT s.* FROM sessions s WHERE s.id ${following(cursor)} AND ${IS_ALIVE} ORDER BY s.id LIMIT ?`
      const found = await database.read((connection) => connection.all(sql, cursor ?? '', now, limit + 1))
      return page(found.map(parseSession), limit, (last) => last.id)
    },

    count: (now) =>
      database.read((connection) => {
        // By two indexes. A row below its subject's generation needs no look: the step that raises it removes the rows.
        const sql = `SELECT (SELECT count(*) FROM sessions WHERE expires_at > ?) -
          (SELECT count(*) FROM sessions WHERE floor < (SELECT floor FROM state) AND +expires_at > ?) AS n`
        return Number(connection.get(sql, now, now)?.n)
      }),

    deleteExpired: (now, limit) =>
      removeInBatches(database, limit, (connection, rows) => {
        const expired = connection.run(
          `DELETE FROM sessions WHERE id IN (SELECT s.id FROM sessions s WHERE s.expires_at <= ? LIMIT ?)`,
          now,
          rows,
        )
        const below = connection.run(
          `DELETE FROM sessions WHERE id IN
            (SELECT s.id FROM sessions s WHERE s.floor < (SELECT floor FROM state) LIMIT ?)`,
          rows - expired,
        )
        return expired + below
      }),
  }
}

function isSuperseded(connection: Connection, session: Session): boolean {
  const current = session.subject === null ? 0 : selectSubject(connection, session.subject).generation
  return session.generation < current || session.floor < selectFloor(connection)
}

function countLiveOf(connection: Connection, subject: string, now: number): number {
  const sql = `SELECT count(*) AS n FROM sessions s WHERE s.subject = ? AND ${IS_ALIVE}`
  return Number(connection.get(sql, subject, now)?.n)
}

function checkReplacement(connection: Connection, session: Session, subject: string): void {
  if (session.subject !== subject) throw new TypeError('the replacement belongs to another subject')
  if (isSessionIdUsed(connection, session.id)) throw new TypeError('the replacement needs a new id')
}

function renewed(connection: Connection, session: Session, generation: number): Session {
  return { ...session, generation, floor: Math.max(session.floor, selectFloor(connection)) }
}

/** Cuts one row more than asked for into a page and the cursor that names the next one. */
function page(found: readonly Session[], limit: number, cursorOf: (last: Session) => string): SessionPage {
  const sessions = found.slice(0, limit)
  const last = sessions.at(-1)
  return { sessions, cursor: found.length > limit && last ? cursorOf(last) : null }
}

function parseCursor(cursor: string): { readonly at: number; readonly id: string } {
  const match = /^(\d{1,15})\.(.+)$/s.exec(cursor)
  if (match?.[1] && match[2]) return { at: Number(match[1]), id: match[2] }
  throw new AuthError('request.malformed', 'the cursor is not one that this list handed out')
}
