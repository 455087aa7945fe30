/** `sojourn sessions list`, `sojourn sessions revoke`: who is signed in, and ending it everywhere. */
import type { Instance } from '../server/instance.ts'
import { deviceName } from '../server/pages/device-name.ts'
import { expiresAt, type Session } from '../session/session.ts'
import type { SessionPage } from '../session/store.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { withInstance } from './open.ts'
import { inWords, iso, plain, printJson, printRows, receiptJson, receiptLine } from './output.ts'
import { UsageError } from './usage-error.ts'

const PAGE = 500
const DEFAULT_LIMIT = 100

export const sessionsList: Command = {
  summary: 'list live sessions',
  options: {
    subject: { type: 'string', value: 'WHO', help: "only this user's: a subject or an email address" },
    limit: { type: 'string', value: 'N', help: `at most so many (default ${DEFAULT_LIMIT}; 0: all)` },
    ...JSON_OPTION,
  },
  run: ({ terminal, text, flag }) => {
    const limit = readLimit(text('limit'))
    const who = readSubject(text('subject'))
    return withInstance(terminal.env, async (instance) => {
      const subject = who === undefined ? null : await subjectOf(instance, who)
      const { sessions, more } = await collect(instance, subject, limit)
      const now = instance.clock.now()
      if (flag('json')) printJson(terminal, { sessions: sessions.map(asJson), more })
      else {
        printRows(
          terminal,
          sessions,
          [
            { title: 'session', show: (session) => session.id },
            { title: 'subject', show: (session) => session.subject ?? '-' },
            { title: 'mode', show: (session) => session.mode },
            {
              title: 'signed in',
              show: ({ createdAt }) => inWords(createdAt, now),
              raw: ({ createdAt }) => iso(createdAt),
            },
            {
              title: 'last seen',
              show: ({ lastSeenAt }) => inWords(lastSeenAt, now),
              raw: ({ lastSeenAt }) => iso(lastSeenAt),
            },
            {
              title: 'ends',
              show: (session) => inWords(expiresAt(session), now),
              raw: (session) => iso(expiresAt(session)),
            },
            { title: 'address', show: ({ device }) => device.address ?? '-' },
            {
              title: 'device',
              show: ({ device }) => deviceName(device.userAgent),
              raw: ({ device }) => device.userAgent ?? '-',
            },
          ],
          'Nobody is signed in.',
        )
        if (more) terminal.err(`only the first ${sessions.length} are shown; --limit 0 shows all`)
      }
      return 0
    })
  },
}

export const sessionsRevoke: Command = {
  summary: 'end one session, or every session of a user, everywhere',
  options: {
    session: { type: 'string', value: 'ID', help: 'this session and every token that stems from it' },
    subject: { type: 'string', value: 'WHO', help: "all of this user's: a subject or an email address" },
    ...JSON_OPTION,
  },
  notes: [
    'It returns when no verifier accepts the session or its tokens any more, and says how it knows.',
    "To end everybody's sessions at once: `sojourn keys rotate --compromised`.",
  ],
  run: ({ terminal, text, flag }) => {
    const [session, who] = [text('session'), readSubject(text('subject'))]
    if ((session === undefined) === (who === undefined))
      throw new UsageError('sessions revoke: say either --session ID or --subject WHO')
    // An id may begin with a dash.
    if (session !== undefined && !/^[A-Za-z0-9_-]{22}$/.test(session))
      throw new UsageError(
        'sessions revoke: a session id has 22 letters, digits, - and _; `sojourn sessions list` shows them',
      )
    return withInstance(terminal.env, async (instance) => {
      const { logins } = instance
      if (session !== undefined) {
        const found = await logins.findSession(session)
        const receipt = await logins.revoke({ session })
        if (flag('json')) printJson(terminal, { session, was_alive: found !== null, receipt: receiptJson(receipt) })
        else {
          const what = found
            ? `Session ${session} has ended`
            : `No live session has the id ${session}; it is barred all the same`
          terminal.out(`${what}: ${receiptLine(receipt)}.`)
        }
        return 0
      }
      const subject = await subjectOf(instance, who ?? '')
      const receipt = await logins.revoke({ subject })
      if (flag('json')) printJson(terminal, { subject, receipt: receiptJson(receipt) })
      else terminal.out(`Every session of ${plain(subject)} has ended: ${receiptLine(receipt)}.`)
      return 0
    })
  },
}

/** @throws UsageError for a text that can be no subject */
function readSubject(text: string | undefined): string | undefined {
  if (text !== undefined && (text.length > 256 || /[\p{Cc}\p{Cs}]/u.test(text)))
    throw new UsageError('--subject is a subject or an email address, of at most 256 characters')
  return text
}

/** An email address stands for its account; anything else is a subject already. */
async function subjectOf({ accounts }: Instance, who: string): Promise<string> {
  if (!who.includes('@')) return who
  const account = await accounts.find(who)
  if (!account) throw new UsageError('no account has that email address; `sojourn accounts list` shows them', 1)
  return account.id
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('--limit is a whole number')
  return Number(text) || Number.POSITIVE_INFINITY
}

async function collect(
  { store, clock }: Instance,
  subject: string | null,
  limit: number,
): Promise<{ readonly sessions: readonly Session[]; readonly more: boolean }> {
  const sessions: Session[] = []
  let cursor: string | null = null
  do {
    const size = Math.min(PAGE, limit - sessions.length)
    const page: SessionPage =
      subject === null
        ? await store.sessions.list(cursor, size, clock.now())
        : await store.sessions.listBySubject(subject, cursor, size, clock.now())
    sessions.push(...page.sessions)
    cursor = page.cursor
  } while (cursor !== null && sessions.length < limit)
  return { sessions, more: cursor !== null }
}

/** What may be shown of a session: neither the secret's hash nor the application's data. */
function asJson(session: Session) {
  return {
    id: session.id,
    subject: session.subject,
    mode: session.mode,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: expiresAt(session),
    authenticated_at: session.authenticatedAt,
    address: session.device.address,
    user_agent: session.device.userAgent,
    claims: session.claims,
  }
}
