/** Sessions in memory. */
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import { withDrain } from '../../revocation/events.ts'
import type { Session } from '../../session/session.ts'
import type { SessionPage, SessionStore } from '../../session/store.ts'
import {
  append,
  assertOpen,
  checkLimit,
  frozenCopy,
  insertSession,
  isAlive,
  liveSession,
  type MemoryState,
  removeSession,
  replaceSession,
  subjectState,
} from './state.ts'

export function createSessions(state: MemoryState): SessionStore {
  return {
    newId: randomId,

    async create(session, maxPerSubject, now) {
      assertOpen(state)
      if (state.sessions.has(session.id)) return 'exists'
      if (isSuperseded(state, session)) return 'superseded'
      if (session.subject !== null && maxPerSubject !== null) {
        if (liveOf(state, session.subject, now).length >= maxPerSubject) return 'limit'
      }
      insertSession(state, frozenCopy(session))
      return 'created'
    },

    async find(id, now) {
      assertOpen(state)
      return liveSession(state, id, now)
    },

    async findWithSubject(id, now) {
      assertOpen(state)
      const session = liveSession(state, id, now)
      return session && { session, subject: subjectState(state, session.subject) }
    },

    async save(session, now) {
      assertOpen(state)
      const current = liveSession(state, session.id, now)
      if (!current) return 'missing'
      if (current.version !== session.version - 1) return 'conflict'
      const { subject, generation, floor } = current
      const lastSeenAt = Math.max(current.lastSeenAt, session.lastSeenAt)
      replaceSession(state, frozenCopy({ ...session, subject, generation, floor, lastSeenAt }))
      return 'saved'
    },

    async touch(id, lastSeenAt, now) {
      assertOpen(state)
      const current = liveSession(state, id, now)
      if (!current) return false
      if (lastSeenAt > current.lastSeenAt) replaceSession(state, Object.freeze({ ...current, lastSeenAt }))
      return true
    },

    async rotate(id, version, next, until, now) {
      assertOpen(state)
      const current = liveSession(state, id, now)
      if (!current) return { outcome: 'missing' }
      if (current.version !== version) return { outcome: 'conflict' }
      if (state.sessions.has(next.id)) return { outcome: 'exists' }
      if (isSuperseded(state, next)) return { outcome: 'superseded' }
      insertSession(state, frozenCopy(next))
      repointFamily(state, id, next.id)
      removeSession(state, id)
      return {
        outcome: 'rotated',
        appended: append(state, { kind: 'session', sessionId: id, subject: current.subject, until }),
      }
    },

    async end(id, until, now, drainSeconds) {
      assertOpen(state)
      const ended = liveSession(state, id, now)
      const subject = state.sessions.get(id)?.session.subject ?? null
      removeSession(state, id)
      const event = { kind: 'session', sessionId: id, subject, until } as const
      return { ...append(state, withDrain(event, drainSeconds)), ended }
    },

    async endSubject(subject, replacement, until, now, drainSeconds) {
      assertOpen(state)
      if (replacement) {
        const alive = liveSession(state, replacement.onlyIfAlive, now)
        if (alive?.subject !== subject || alive.version !== (replacement.version ?? alive.version)) return null
        checkReplacement(state, replacement.session, subject)
      }
      const { generation: old, staleBelow } = subjectState(state, subject)
      const generation = old + 1
      const ended = liveOf(state, subject, now).length
      for (const id of [...(state.sessionIdsBySubject.get(subject) ?? [])]) removeSession(state, id)
      state.subjects.set(subject, Object.freeze({ generation, deadBelow: generation, staleBelow }))
      const created = replacement
        ? frozenCopy({ ...replacement.session, generation, floor: Math.max(replacement.session.floor, state.floor) })
        : null
      if (created) insertSession(state, created)
      const appended = append(state, withDrain({ kind: 'subject', subject, generation, until }, drainSeconds))
      return { ...appended, generation, ended, replacement: created }
    },

    async listBySubject(subject, cursor, limit, now) {
      assertOpen(state)
      checkLimit(limit)
      const newestFirst = liveOf(state, subject, now).sort(
        (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
      )
      const after = cursor === null ? null : parseCursor(cursor)
      const rest = after
        ? newestFirst.filter((s) => s.createdAt < after.at || (s.createdAt === after.at && s.id < after.id))
        : newestFirst
      return page(rest.slice(0, limit + 1), limit, (last) => `${last.createdAt}.${last.id}`)
    },

    async list(cursor, limit, now) {
      assertOpen(state)
      checkLimit(limit)
      const after = cursor === null ? 0 : parsePlace(cursor)
      const found: Session[] = []
      for (const row of state.sessions.values()) {
        if (row.place <= after || !isAlive(state, row.session, now)) continue
        if (found.push(row.session) > limit) break
      }
      return page(found, limit, (last) => String(state.sessions.get(last.id)?.place))
    },

    async count(now) {
      assertOpen(state)
      let alive = 0
      for (const row of state.sessions.values()) if (isAlive(state, row.session, now)) alive++
      return alive
    },

    async deleteExpired(now, limit) {
      assertOpen(state)
      checkLimit(limit)
      let removed = 0
      for (const { session } of state.sessions.values()) {
        if (isAlive(state, session, now)) continue
        removeSession(state, session.id)
        if (++removed === limit) break
      }
      return removed
    },
  }
}

function isSuperseded(state: MemoryState, session: Session): boolean {
  return session.generation < subjectState(state, session.subject).generation || session.floor < state.floor
}

function liveOf(state: MemoryState, subject: string, now: number): Session[] {
  const found: Session[] = []
  for (const id of state.sessionIdsBySubject.get(subject) ?? []) {
    const session = liveSession(state, id, now)
    if (session) found.push(session)
  }
  return found
}

function checkReplacement(state: MemoryState, session: Session, subject: string): void {
  if (session.subject !== subject) throw new TypeError('the replacement belongs to another subject')
  if (state.sessions.has(session.id)) throw new TypeError('the replacement needs a new id')
}

function repointFamily(state: MemoryState, from: string, to: string): void {
  const familyId = state.familyIdBySession.get(from)
  const family = familyId === undefined ? undefined : state.families.get(familyId)
  if (!family) return
  state.families.set(family.id, Object.freeze({ ...family, sessionId: to }))
  state.familyIdBySession.delete(from)
  state.familyIdBySession.set(to, family.id)
}

/** Cuts one row more than asked for into a page and the cursor that names the next one. */
function page(found: readonly Session[], limit: number, cursorOf: (last: Session) => string): SessionPage {
  const sessions = found.slice(0, limit)
  const last = sessions.at(-1)
  return { sessions, cursor: found.length > limit && last ? cursorOf(last) : null }
}

function parseCursor(cursor: string): { readonly at: number; readonly id: string } {
  const match = /^(\d{1,15})\.(.+)$/s.exec(cursor)
  if (!match?.[1] || !match[2]) throw malformedCursor()
  return { at: Number(match[1]), id: match[2] }
}

function parsePlace(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw malformedCursor()
  return Number(cursor)
}

function malformedCursor(): AuthError {
  return new AuthError('request.malformed', 'the cursor is not one that this list handed out')
}
