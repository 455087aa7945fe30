/** What a memory store holds, and the steps that several of its ports share. */
import type { Account } from '../../accounts/account.ts'
import type { StoredAuditEvent } from '../../audit/event.ts'
import { randomId } from '../../crypto/random.ts'
import { AuthError } from '../../errors.ts'
import type { Json } from '../../json.ts'
import type { Family } from '../../refresh/family.ts'
import type { Appended, LogEntry, RevocationEvent, SubjectState } from '../../revocation/engine.ts'
import { isExpired, type Session } from '../../session/session.ts'

/** A session and its place in the order of insertion. */
export interface SessionRow {
  readonly session: Session
  readonly place: number
}

export interface RecordRow {
  readonly value: Json
  readonly version: number
  readonly expiresAt: number | null
}

/** All rows of one store. Every row is frozen, so that handing it out gives nobody a way in. */
export interface MemoryState {
  open: boolean
  readonly sessions: Map<string, SessionRow>
  nextPlace: number
  readonly sessionIdsBySubject: Map<string, Set<string>>
  readonly families: Map<string, Family>
  readonly familyIdBySession: Map<string, string>
  readonly incarnation: string
  head: number
  /** Retained entries, oldest first, without gaps up to `head`. */
  log: LogEntry[]
  /** Revoked tokens whose entry is retained, with the offset of the newest. */
  readonly revokedTokens: Map<string, number>
  readonly members: Map<string, { readonly renewals: number; readonly acked: number }>
  readonly subjects: Map<string, SubjectState>
  floor: number
  readonly watchers: Set<() => void>
  wakePending: boolean
  readonly accounts: Map<string, Account>
  readonly accountIdByEmail: Map<string, string>
  readonly audit: StoredAuditEvent[]
  auditSequence: number
  readonly records: Map<string, Map<string, RecordRow>>
}

export function createState(): MemoryState {
  return {
    open: true,
    sessions: new Map(),
    nextPlace: 1,
    sessionIdsBySubject: new Map(),
    families: new Map(),
    familyIdBySession: new Map(),
    incarnation: randomId(),
    head: 0,
    log: [],
    revokedTokens: new Map(),
    members: new Map(),
    subjects: new Map(),
    floor: 0,
    watchers: new Set(),
    wakePending: false,
    accounts: new Map(),
    accountIdByEmail: new Map(),
    audit: [],
    auditSequence: 0,
    records: new Map(),
  }
}

/** @throws AuthError `store.unavailable` once the store has been closed */
export function assertOpen(state: MemoryState): void {
  if (!state.open) throw new AuthError('store.unavailable', 'the store has been closed')
}

/** A deeply frozen copy, in exactly the shape that a store which writes JSON would give back. */
export function frozenCopy<T>(value: T): T {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new TypeError('a stored value must be JSON')
  return JSON.parse(text, (_name, part) => Object.freeze(part)) as T
}

/** @throws TypeError unless it is a whole number from 1 on */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError('limit must be a whole number from 1 on')
}

const UNTOUCHED: SubjectState = Object.freeze({ generation: 0, deadBelow: 0, staleBelow: 0 })

export function subjectState(state: MemoryState, subject: string | null): SubjectState {
  return (subject === null ? undefined : state.subjects.get(subject)) ?? UNTOUCHED
}

/** The rule of `SessionStore`: neither expired nor below the subject's generation nor below the floor. */
export function isAlive(state: MemoryState, session: Session, now: number): boolean {
  return (
    !isExpired(session, now) &&
    session.floor >= state.floor &&
    session.generation >= subjectState(state, session.subject).deadBelow
  )
}

export function liveSession(state: MemoryState, id: string, now: number): Session | null {
  const row = state.sessions.get(id)
  return row && isAlive(state, row.session, now) ? row.session : null
}

export function insertSession(state: MemoryState, session: Session): void {
  state.sessions.set(session.id, { session, place: state.nextPlace++ })
  if (session.subject === null) return
  const ids = state.sessionIdsBySubject.get(session.subject)
  if (ids) ids.add(session.id)
  else state.sessionIdsBySubject.set(session.subject, new Set([session.id]))
}

/** Replaces a row that is there, keeping its place. */
export function replaceSession(state: MemoryState, session: Session): void {
  const row = state.sessions.get(session.id)
  if (row) state.sessions.set(session.id, { session, place: row.place })
}

/** Removes a session and its family. */
export function removeSession(state: MemoryState, id: string): void {
  const row = state.sessions.get(id)
  if (!row) return
  state.sessions.delete(id)
  removeFamily(state, state.familyIdBySession.get(id))
  if (row.session.subject === null) return
  const ids = state.sessionIdsBySubject.get(row.session.subject)
  ids?.delete(id)
  if (ids?.size === 0) state.sessionIdsBySubject.delete(row.session.subject)
}

export function removeFamily(state: MemoryState, id: string | undefined): boolean {
  const family = id === undefined ? undefined : state.families.get(id)
  if (!family) return false
  state.families.delete(family.id)
  state.familyIdBySession.delete(family.sessionId)
  return true
}

/** Appends to the log and wakes its watchers before anything that awaits the step goes on. */
export function append(state: MemoryState, event: RevocationEvent): Appended {
  const offset = ++state.head
  const entry = frozenCopy<LogEntry>({ offset, event })
  state.log.push(entry)
  if (event.kind === 'token') state.revokedTokens.set(event.tokenId, offset)
  if (!state.wakePending && state.watchers.size > 0) {
    state.wakePending = true
    queueMicrotask(() => {
      state.wakePending = false
      for (const wake of [...state.watchers]) wake()
    })
  }
  return { incarnation: state.incarnation, offset, members: listMembers(state), settled: true }
}

export function listMembers(state: MemoryState): Appended['members'] {
  return [...state.members].map(([id, { renewals, acked }]) => ({ id, renewals, acked }))
}
