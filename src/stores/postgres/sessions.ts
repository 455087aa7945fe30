/** Sessions in Postgres. */
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import { withDrain } from '../../revocation/events.ts'
import type { Session } from '../../session/session.ts'
import type { SessionPage, SessionStore } from '../../session/store.ts'
import { checkLimit, removeInBatches } from './batches.ts'
import { columnsOf } from './columns.ts'
import type { Database } from './database.ts'
import type { End } from './endings.ts'
import { oneOf, outcomeOf, parseAppended } from './log.ts'
import { alive } from './rules.ts'
import { parseSession, parseSubjectOf, sessionJson } from './session-rows.ts'
import { calling, reading } from './statement.ts'

/** @param s  the quoted name of the schema */
export function createSessions(database: Database, s: string, end: End): SessionStore {
  const sql = statements(s)
  return {
    newId: randomId,

    async create(session, maxPerSubject, now) {
      const row = await database.step(sql.create, sessionJson(session), maxPerSubject, now)
      return oneOf(row, 'create_session', ['created', 'exists', 'superseded', 'limit'])
    },

    async find(id, now) {
      const [row] = await database.read(sql.find, id, now)
      return row ? parseSession(row) : null
    },

    async findWithSubject(id, now) {
      const [row] = await database.read(sql.findWithSubject, id, now)
      return row ? { session: parseSession(row), subject: parseSubjectOf(row) } : null
    },

    async save(session, now) {
      const row = await database.step(sql.save, sessionJson(session), now)
      return oneOf(row, 'save_session', ['saved', 'conflict', 'missing'])
    },

    async touch(id, lastSeenAt, now) {
      const row = await database.step(sql.touch, id, lastSeenAt, now)
      return columnsOf(row ?? {}, 'touch').flag('touch_session')
    },

    async rotate(id, version, next, until, now) {
      const row = await database.step(sql.rotate, id, version, sessionJson(next), until, now)
      const outcome = outcomeOf(row, ['rotated', 'missing', 'conflict', 'exists', 'superseded'])
      return outcome === 'rotated' ? { outcome, appended: parseAppended(row) } : { outcome }
    },

    end: (id, until, now, drainSeconds) =>
      // Whose it was is told by its row.
      end(withDrain({ kind: 'session', sessionId: id, subject: null, until }, drainSeconds), now),

    async endSubject(subject, replacement, until, now, drainSeconds) {
      const row = await database.step(
        sql.endSubject,
        subject,
        replacement && sessionJson(replacement.session),
        replacement?.onlyIfAlive ?? null,
        replacement?.version ?? null,
        drainSeconds ?? null,
        until,
        now,
      )
      const outcome = outcomeOf(row, ['ended', 'over', 'foreign', 'used'])
      if (outcome === 'over') return null
      if (outcome === 'foreign') throw new TypeError('the replacement belongs to another subject')
      if (outcome === 'used') throw new TypeError('the replacement needs a new id')
      const columns = columnsOf(row ?? {}, `subjects/${subject}`)
      const generation = columns.count('generation')
      return {
        ...parseAppended(row),
        generation,
        ended: columns.count('ended'),
        replacement: replacement && {
          ...replacement.session,
          generation,
          floor: columns.count('replacement_floor'),
        },
      }
    },

    async listBySubject(subject, cursor, limit, now) {
      checkLimit(limit)
      const after = cursor === null ? { at: Number.MAX_SAFE_INTEGER, id: '' } : parseCursor(cursor)
      const rows = await database.scan(sql.listBySubject, subject, now, after.at, after.id, limit + 1)
      return page(rows.map(parseSession), limit, (last) => `${last.createdAt}.${last.id}`)
    },

    async list(cursor, limit, now) {
      checkLimit(limit)
      const rows = await database.scan(sql.list, cursor, now, limit + 1)
      return page(rows.map(parseSession), limit, (last) => last.id)
    },

    async count(now) {
      const [row] = await database.scan(sql.count, now)
      return columnsOf(row ?? {}, 'sessions').count('live')
    },

    deleteExpired: (now, limit) => removeInBatches(database, limit, sql.deleteExpired, now),
  }
}

function statements(s: string) {
  return {
    create: calling(s, 'create_session', 3),
    save: calling(s, 'save_session', 2),
    touch: calling(s, 'touch_session', 3),
    rotate: calling(s, 'rotate_session', 5),
    endSubject: calling(s, 'end_subject', 7),
    deleteExpired: calling(s, 'delete_expired_sessions', 2, 'removed'),
    find: reading(`SELECT s.* FROM ${s}.sessions s WHERE s.id = $1 AND ${alive(s, 's', '$2')}`),
    findWithSubject: reading(`SELECT s.*, u.generation AS subject_generation, u.dead_below, u.stale_below
      FROM ${s}.sessions s LEFT JOIN ${s}.subjects u ON u.subject = s.subject
      WHERE s.id = $1 AND ${alive(s, 's', '$2')}`),
    listBySubject: reading(`SELECT s.* FROM ${s}.sessions s
      WHERE s.subject = $1 AND ${alive(s, 's', '$2')} AND (s.created_at, s.id) < ($3, $4)
      ORDER BY s.created_at DESC, s.id DESC LIMIT $5`),
    list: reading(`SELECT s.* FROM ${s}.sessions s
      WHERE ($1::text IS NULL OR s.id > $1) AND ${alive(s, 's', '$2')} ORDER BY s.id LIMIT $3`),
    // By two indexes. A row below its subject's generation needs no look: the step that raises it removes the rows.
    count:
      reading(`SELECT (SELECT count(*) FROM ${s}.sessions WHERE expires_at > $1) - (SELECT count(*) FROM ${s}.sessions
      WHERE floor < (SELECT floor FROM ${s}.emergency_floor) AND expires_at > $1) AS live`),
  }
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
