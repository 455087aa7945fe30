/** Which clients each Sojourn session has logged in to, and under which `sid` each knows it: what a logout has to tell. */
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import { asObject, toJson } from './payloads.ts'

/** One session's dealings with clients. */
export interface SessionClients {
  readonly subject: string
  /** By client id. */
  readonly clients: Readonly<Record<string, SessionClient>>
  /** What the library keeps between the two steps of a logout. */
  readonly state: JsonObject | null
}

export interface SessionClient {
  readonly sid: string
  readonly grantIds: readonly string[]
}

export interface SessionClientsStore {
  find(sessionId: string): Promise<SessionClients | null>
  /** Adds what is new and drops nothing, so that two authorizations at once both stand. */
  merge(sessionId: string, change: SessionClients, expiresAt: number): Promise<void>
  /** @returns what the session had with the client; null: nothing */
  leave(sessionId: string, clientId: string): Promise<SessionClient | null>
  remove(sessionId: string, subject: string): Promise<void>
  /** Ids of the sessions of a subject that there is something to tell of. */
  ofSubject(subject: string): Promise<readonly string[]>
  /** All of them, in portions. */
  all(): AsyncGenerator<{ readonly sessionId: string; readonly value: SessionClients }>
}

const SESSIONS = 'oidc-session'
const BY_SUBJECT = 'oidc-session-of'
export const SESSION_RECORDS: readonly string[] = [SESSIONS, BY_SUBJECT]

/**
 * Records outlive their session by so much: long enough for every server to have been away, and for the sweep that tells
 * relying parties of a session that nobody has ended but time.
 */
const LINGER_SECONDS = 7 * 86_400
const ATTEMPTS = 50
const PORTION = 100

/** The `sid` of a session for one client: the same each time, and of no use to another client. */
export function sidFor(sessionId: string, clientId: string): string {
  return sha256Base64url(`oidc-sid\n${sessionId}\n${clientId}`).slice(0, 22)
}

export function createSessionClients(recordsOf: RecordsOf, clock: Clock): SessionClientsStore {
  const sessions = recordsOf(SESSIONS)
  const bySubject = recordsOf(BY_SUBJECT)
  const prefixOf = (subject: string): string => `${sha256Base64url(subject)}.`

  const update = async (
    sessionId: string,
    change: (before: SessionClients | null) => SessionClients | null,
    expiresAt: number,
  ): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = clock.now()
      const found = await sessions.find(sessionId, now)
      const after = change(found && toClients(found.value))
      if (after === null) return
      if (await sessions.compareAndSet(sessionId, found?.version ?? null, toJson(after), expiresAt, now)) return
    }
    throw new AuthError('store.unavailable', 'the session is changing too often', { retryAfterSeconds: 1 })
  }

  const find = async (sessionId: string): Promise<SessionClients | null> => {
    const found = await sessions.find(sessionId, clock.now())
    return found && toClients(found.value)
  }

  return {
    find,
    async merge(sessionId, change, expiresAt) {
      const until = expiresAt + LINGER_SECONDS
      await bySubject.put(prefixOf(change.subject) + sessionId, {}, until, clock.now())
      await update(
        sessionId,
        (before) => ({ ...change, clients: { ...before?.clients, ...added(before, change.clients) } }),
        until,
      )
    },
    async leave(sessionId, clientId) {
      const before = await find(sessionId)
      const left = before?.clients[clientId] ?? null
      if (!left) return null
      await update(
        sessionId,
        (now) => {
          if (!now) return null
          const { [clientId]: _, ...clients } = now.clients
          return { ...now, clients }
        },
        clock.now() + LINGER_SECONDS,
      )
      return left
    },
    async remove(sessionId, subject) {
      await sessions.take(sessionId, clock.now())
      await bySubject.take(prefixOf(subject) + sessionId, clock.now())
    },
    async ofSubject(subject) {
      const prefix = prefixOf(subject)
      const ids: string[] = []
      let cursor = prefix
      for (;;) {
        const rows = await bySubject.list(cursor, PORTION, clock.now())
        const own = rows.filter(({ key }) => key.startsWith(prefix))
        ids.push(...own.map(({ key }) => key.slice(prefix.length)))
        const last = rows.at(-1)
        if (rows.length < PORTION || own.length < rows.length || !last) return ids
        cursor = last.key
      }
    },
    async *all() {
      let cursor: string | null = null
      for (;;) {
        const rows: Awaited<ReturnType<typeof sessions.list>> = await sessions.list(cursor, PORTION, clock.now())
        for (const { key, value } of rows) yield { sessionId: key, value: toClients(value) }
        const last = rows.at(-1)
        if (rows.length < PORTION || !last) return
        cursor = last.key
      }
    },
  }
}

/** Every grant that a client was ever given in the session is remembered, for each may have given tokens. */
function added(before: SessionClients | null, clients: SessionClients['clients']): SessionClients['clients'] {
  return Object.fromEntries(
    Object.entries(clients).map(([clientId, { sid, grantIds }]) => {
      const known = before?.clients[clientId]
      return [clientId, { sid: known?.sid ?? sid, grantIds: [...new Set([...(known?.grantIds ?? []), ...grantIds])] }]
    }),
  )
}

function toClients(value: unknown): SessionClients {
  const { subject, clients, state = null } = asObject(value)
  if (typeof subject !== 'string') throw new AuthError('store.corrupt', 'the clients of a session cannot be read')
  return {
    subject,
    clients: Object.fromEntries(Object.entries(asObject(clients)).map(([id, client]) => [id, toClient(client)])),
    state: state === null ? null : asObject(state),
  }
}

function toClient(value: unknown): SessionClient {
  const { sid, grantIds } = asObject(value)
  if (typeof sid !== 'string' || !Array.isArray(grantIds)) {
    throw new AuthError('store.corrupt', 'the clients of a session cannot be read')
  }
  return { sid, grantIds: grantIds.filter((id) => typeof id === 'string') }
}
