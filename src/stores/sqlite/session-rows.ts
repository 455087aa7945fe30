/** A session as a row, and the statements that several ports need. */
import type { SubjectState } from '../../revocation/engine.ts'
import type { Mode, Session } from '../../session/session.ts'
import type { SessionAndSubject } from '../../session/store.ts'
import { columnsOf } from './columns.ts'
import type { Connection, Row, Value } from './connection.ts'

/**
 * The rule of `SessionStore` for a row `s`; its one parameter is the present second. The plus keeps the planner from going
 * through all that is alive by expiry, when it should look up an id or a subject.
 */
export const IS_ALIVE = `(
  +s.expires_at > ?
  AND s.floor >= (SELECT floor FROM state)
  AND s.generation >= coalesce((SELECT dead_below FROM subjects WHERE subjects.subject = s.subject), 0)
)`

const MODES: ReadonlySet<string> = new Set<Mode>(['cookie', 'token', 'hybrid'])

export function parseSession(row: Row): Session {
  const columns = columnsOf(row, `sessions/${row.id}`)
  const details = columns.object('details')
  const device = details.object('device')
  const session: Session = {
    id: columns.text('id'),
    secretHash: columns.textOrNull('secret_hash'),
    subject: columns.textOrNull('subject'),
    mode: columns.text('mode') as Mode,
    generation: columns.count('generation'),
    floor: columns.count('floor'),
    version: columns.count('version'),
    createdAt: columns.count('created_at'),
    lastSeenAt: columns.count('last_seen_at'),
    idleTimeoutSeconds: columns.count('idle_timeout_seconds'),
    absoluteExpiresAt: columns.count('absolute_expires_at'),
    authenticatedAt: details.count('authenticatedAt'),
    acr: details.textOrNull('acr'),
    amr: details.texts('amr'),
    clientId: details.textOrNull('clientId'),
    browserId: details.textOrNull('browserId'),
    device: { userAgent: device.textOrNull('userAgent'), address: device.textOrNull('address') },
    claims: details.object('claims').all(),
    claimsGeneration: details.count('claimsGeneration'),
    data: details.json('data'),
  }
  if (!MODES.has(session.mode)) throw columns.damaged('mode')
  return session
}

/** The members that no statement looks at. */
function detailsOf(session: Session): string {
  const { authenticatedAt, acr, amr, clientId, browserId, device, claims, claimsGeneration, data } = session
  return JSON.stringify({ authenticatedAt, acr, amr, clientId, browserId, device, claims, claimsGeneration, data })
}

export function selectLive(connection: Connection, id: string, now: number): Session | null {
  const row = connection.get(`SELECT s.* FROM sessions s WHERE s.id = ? AND ${IS_ALIVE}`, id, now)
  return row ? parseSession(row) : null
}

/** One statement, so that both are of one snapshot. */
export function selectWithSubject(connection: Connection, id: string, now: number): SessionAndSubject | null {
  const sql = `SELECT s.*, u.generation AS subject_generation, u.dead_below, u.stale_below
    FROM sessions s LEFT JOIN subjects u ON u.subject = s.subject WHERE s.id = ? AND ${IS_ALIVE}`
  const row = connection.get(sql, id, now)
  return row ? { session: parseSession(row), subject: parseSubjectOf(row) } : null
}

function parseSubjectOf(row: Row): SubjectState {
  // No row in the join: nothing has ever happened to the subject.
  if (row.subject_generation === null) return { generation: 0, deadBelow: 0, staleBelow: 0 }
  const columns = columnsOf(row, `subjects/${row.subject}`)
  return {
    generation: columns.count('subject_generation'),
    deadBelow: columns.count('dead_below'),
    staleBelow: columns.count('stale_below'),
  }
}

export function isSessionIdUsed(connection: Connection, id: string): boolean {
  return connection.get('SELECT 1 FROM sessions WHERE id = ?', id) !== undefined
}

export function insertSession(connection: Connection, session: Session): void {
  connection.run(
    `INSERT INTO sessions (id, secret_hash, subject, mode, generation, floor, version, created_at, last_seen_at,
      idle_timeout_seconds, absolute_expires_at, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    session.id,
    session.secretHash,
    session.subject,
    session.mode,
    session.generation,
    session.floor,
    session.version,
    session.createdAt,
    session.lastSeenAt,
    session.idleTimeoutSeconds,
    session.absoluteExpiresAt,
    detailsOf(session),
  )
}

/** All that a save may change. */
export function updateSession(connection: Connection, session: Session): void {
  const values: Value[] = [
    session.secretHash,
    session.mode,
    session.version,
    session.createdAt,
    session.lastSeenAt,
    session.idleTimeoutSeconds,
    session.absoluteExpiresAt,
    detailsOf(session),
  ]
  connection.run(
    `UPDATE sessions SET secret_hash = ?, mode = ?, version = ?, created_at = ?, last_seen_at = max(last_seen_at, ?),
      idle_timeout_seconds = ?, absolute_expires_at = ?, details = ? WHERE id = ?`,
    ...values,
    session.id,
  )
}
