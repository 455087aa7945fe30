/** A session as a row, and as the JSON that a step is given. */
import type { SubjectState } from '../../revocation/engine.ts'
import type { Mode, Session } from '../../session/session.ts'
import { columnsOf, type Row } from './columns.ts'
import { storable } from './storable.ts'

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

/** A row as JSON (`row_to_json`). */
export function parseJsonRow(text: string): Row {
  const row: unknown = JSON.parse(text)
  return typeof row === 'object' && row !== null ? (row as Row) : {}
}

/** The columns of `sessions`, by name; what no statement looks at is JSON in a column of text. */
export function sessionJson(session: Session): string {
  const { authenticatedAt, acr, amr, clientId, browserId, device, claims, claimsGeneration, data } = session
  return JSON.stringify({
    id: storable(session.id),
    secret_hash: session.secretHash === null ? null : storable(session.secretHash),
    subject: session.subject === null ? null : storable(session.subject),
    mode: session.mode,
    generation: session.generation,
    floor: session.floor,
    version: session.version,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    idle_timeout_seconds: session.idleTimeoutSeconds,
    absolute_expires_at: session.absoluteExpiresAt,
    details: JSON.stringify({
      authenticatedAt,
      acr,
      amr,
      clientId,
      browserId,
      device,
      claims,
      claimsGeneration,
      data,
    }),
  })
}

/** The numbers of a session's subject, from a row that was joined to it. */
export function parseSubjectOf(row: Row): SubjectState {
  // No row in the join: nothing has ever happened to the subject.
  if (row.subject_generation === null) return { generation: 0, deadBelow: 0, staleBelow: 0 }
  const columns = columnsOf(row, `subjects/${row.subject}`)
  return {
    generation: columns.count('subject_generation'),
    deadBelow: columns.count('dead_below'),
    staleBelow: columns.count('stale_below'),
  }
}
