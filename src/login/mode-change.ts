/** A change of mode as an operator goes about it: who would be affected, begin, go back, close. */
import { AuthError } from '../errors.ts'
import { expiresAt, type Mode, type Session } from '../session/session.ts'
import type { ModeChange, ModeChangeInput } from './mode-change-shape.ts'
import { MODES, type ModePolicies, type ModePolicy } from './modes.ts'
import type { Parts } from './parts.ts'

const PAGE = 1000

/** @param input two modes that are not the same (`mode-change-on-demand.ts`) */
export function createModeChange(parts: Parts, { from, to, clientId }: ModeChangeInput): ModeChange {
  const { options, modes, emit } = parts
  const { clock, store, audiences, issuer } = options

  const isConcerned = (session: Session): boolean =>
    session.subject !== null &&
    (clientId === undefined
      ? session.clientId === null || modes.current?.clients?.[session.clientId] === undefined
      : session.clientId === clientId)

  const policyOf = (policies: ModePolicies | null): ModePolicy | null =>
    (clientId === undefined ? undefined : policies?.clients?.[clientId]) ?? policies

  const change = async (what: string, next: (before: ModePolicy | null) => ModePolicy): Promise<ModePolicies> => {
    const policies = await modes.change((current) => {
      const base: ModePolicies = current ?? { issue: 'cookie' }
      const policy = next(policyOf(current))
      if (clientId !== undefined) return { ...base, clients: { ...base.clients, [clientId]: policy } }
      return { ...policy, ...(base.clients ? { clients: base.clients } : {}) }
    })
    await emit('modes.changed', { subject: null, sessionId: null }, { what, from, to, client: clientId ?? null })
    return policies
  }

  const dryRun: ModeChange['dryRun'] = async () => {
    const sessions: Record<Mode, number> = { cookie: 0, token: 0, hybrid: 0 }
    let [byThemselves, byClient, browsers, parked] = [0, 0, 0, 0]
    let [lastEnd, lastUnused] = [0, 0]
    let cursor: string | null = null
    do {
      const page = await store.sessions.list(cursor, PAGE, clock.now())
      for (const session of page.sessions) {
        if (!isConcerned(session)) continue
        sessions[session.mode]++
        if (session.mode !== from) continue
        lastEnd = Math.max(lastEnd, session.absoluteExpiresAt)
        lastUnused = Math.max(lastUnused, expiresAt(session))
        if (from !== 'token' && to !== 'token') byThemselves++
        else if (from !== 'token' && session.secretHash === null) parked++
        else if (to === 'token' && audiences.get(issuer)?.browser !== true && looksLikeBrowser(session)) browsers++
        else byClient++
      }
      cursor = page.cursor
    } while (cursor !== null)
    const affected = sessions[from]
    return {
      from,
      to,
      sessions,
      affected,
      convertByThemselves: byThemselves,
      convertByClient: byClient,
      refused: { browsers, parked },
      audiencesWithoutBrowsers:
        to === 'token' ? [...audiences].filter(([, { browser }]) => browser !== true).map(([name]) => name) : [],
      acceptUntil: policyOf(modes.current)?.acceptUntil?.[from] ?? null,
      keepAcceptingUntil: affected === 0 ? null : lastEnd,
      unusedUntil: affected === 0 ? null : lastUnused,
    }
  }

  return {
    dryRun,
    begin: ({ acceptUntil } = {}) =>
      change('begin', (before) => ({
        issue: to,
        accept: [...acceptedBy(before), from],
        acceptUntil: withUntil(before, { [to]: undefined, [from]: acceptUntil }),
      })),
    rollback: () =>
      change('rollback', (before) => ({
        issue: from,
        accept: [...acceptedBy(before), to],
        acceptUntil: withUntil(before, { [from]: undefined, [to]: undefined }),
      })),
    async close({ refuseRemaining = false } = {}) {
      if (modes.issueFor(clientId ?? null) === from) {
        throw new AuthError('policy.denied', `${from} is what the application issues: begin the change first`)
      }
      const { affected, convertByThemselves } = await dryRun()
      const left = affected - convertByThemselves
      if (left > 0 && !refuseRemaining) {
        throw new AuthError('policy.denied', `${left} sessions by ${from} are left: they would have to sign in again`)
      }
      return change('close', (before) => ({
        issue: before?.issue ?? to,
        accept: acceptedBy(before).filter((mode) => mode !== from),
        acceptUntil: withUntil(before, { [from]: undefined }),
      }))
    },
  }
}

function acceptedBy(policy: ModePolicy | null): readonly Mode[] {
  return policy?.accept ?? MODES
}

function withUntil(
  before: ModePolicy | null,
  changed: Partial<Record<Mode, number | undefined>>,
): Partial<Record<Mode, number>> {
  const all = { ...before?.acceptUntil, ...changed }
  return Object.fromEntries(Object.entries(all).filter(([, until]) => until !== undefined))
}

/** By what it called itself when it signed in: every browser says so. */
function looksLikeBrowser({ device }: Session): boolean {
  return device.userAgent?.startsWith('Mozilla/') === true
}
