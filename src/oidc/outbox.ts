/** Logouts that relying parties have still to be told of: in `records`, so that they outlive every process and any of them may deliver. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import type { Client } from './client.ts'
import { asObject } from './payloads.ts'
import type { SessionClients } from './session-clients.ts'

/** One logout for one relying party. What is needed of its client is kept, for the client may be removed meanwhile. */
export interface Logout {
  readonly sessionId: string
  readonly clientId: string
  readonly uri: string
  readonly algorithm: Client['id_token_signed_response_alg']
  readonly subject: string
  readonly sid: string
  /** Attempts that have failed. */
  readonly attempts: number
  /** Seconds since 1970: not before. */
  readonly nextAt: number
}

export interface Outbox {
  /** Once per session and client, however many processes see the session end. */
  add(logout: Omit<Logout, 'attempts' | 'nextAt'>): Promise<void>
  /** Takes a due logout for itself for `seconds`; null: it is not due, or somebody else has it. */
  claim(key: string, seconds: number): Promise<Logout | null>
  done(key: string): Promise<void>
  /** @param nextAt null: given up, and kept in the list of dead letters */
  failed(key: string, logout: Logout, nextAt: number | null): Promise<void>
  of(sessionId: string): Promise<readonly OutboxEntry[]>
  due(limit: number): Promise<readonly OutboxEntry[]>
}

export interface OutboxEntry {
  readonly key: string
  readonly logout: Logout
}

const WAITING = 'oidc-logout'
const DEAD = 'oidc-logout-dead'
export const OUTBOX_RECORDS: readonly string[] = [WAITING, DEAD]
/** Longer than any schedule of attempts. */
const KEPT_SECONDS = 7 * 86_400
const DEAD_SECONDS = 30 * 86_400
const PORTION = 100

export function createOutbox(recordsOf: RecordsOf, clock: Clock): Outbox {
  const waiting = recordsOf(WAITING)
  const until = (): number => clock.now() + KEPT_SECONDS

  const list = async (cursor: string | null): Promise<readonly OutboxEntry[]> =>
    (await waiting.list(cursor, PORTION, clock.now())).map(({ key, value }) => ({ key, logout: toLogout(value) }))

  return {
    async add(logout) {
      const now = clock.now()
      const key = `${logout.sessionId}.${logout.sid}`
      await waiting.compareAndSet(key, null, { ...logout, attempts: 0, nextAt: now }, until(), now)
    },
    async claim(key, seconds) {
      const now = clock.now()
      const found = await waiting.find(key, now)
      if (!found) return null
      const logout = toLogout(found.value)
      if (now < logout.nextAt) return null
      const claimed = { ...logout, nextAt: now + seconds }
      return (await waiting.compareAndSet(key, found.version, claimed, until(), now)) ? logout : null
    },
    async done(key) {
      await waiting.take(key, clock.now())
    },
    async failed(key, logout, nextAt) {
      const now = clock.now()
      const attempts = logout.attempts + 1
      if (nextAt !== null) await waiting.put(key, { ...logout, attempts, nextAt }, until(), now)
      else {
        await recordsOf(DEAD).put(key, { ...logout, attempts, nextAt: now }, now + DEAD_SECONDS, now)
        await waiting.take(key, now)
      }
    },
    async of(sessionId) {
      const entries = await list(`${sessionId}.`)
      return entries.filter(({ key }) => key.startsWith(`${sessionId}.`))
    },
    async due(limit) {
      const found: OutboxEntry[] = []
      for (let cursor: string | null = null; ; ) {
        const page = await list(cursor)
        found.push(...page.filter(({ logout }) => logout.nextAt <= clock.now()))
        cursor = page.at(-1)?.key ?? null
        if (page.length < PORTION || found.length >= limit || cursor === null) return found.slice(0, limit)
      }
    },
  }
}

/** Puts a logout into the outbox for each client of the session that wants to hear of it. */
export async function queueLogouts(
  outbox: Pick<Outbox, 'add'>,
  find: (clientId: string) => Promise<Client | null>,
  sessionId: string,
  { subject, clients }: SessionClients,
): Promise<void> {
  for (const [clientId, { sid }] of Object.entries(clients)) {
    const client = await find(clientId)
    if (!client?.backchannel_logout_uri) continue
    await outbox.add({
      sessionId,
      clientId,
      uri: client.backchannel_logout_uri,
      algorithm: client.id_token_signed_response_alg,
      subject,
      sid,
    })
  }
}

function toLogout(value: unknown): Logout {
  const row: JsonObject = asObject(value)
  const { sessionId, clientId, uri, algorithm, subject, sid, attempts, nextAt } = row
  if (
    typeof sessionId === 'string' &&
    typeof clientId === 'string' &&
    typeof uri === 'string' &&
    (algorithm === 'RS256' || algorithm === 'ES256') &&
    typeof subject === 'string' &&
    typeof sid === 'string' &&
    typeof attempts === 'number' &&
    typeof nextAt === 'number'
  ) {
    return { sessionId, clientId, uri, algorithm, subject, sid, attempts, nextAt }
  }
  throw new AuthError('store.corrupt', 'a logout in the outbox cannot be read')
}
