/**
 * Back-channel logout. A session can end anywhere: here, in another process, at the command line, or by time. Each server
 * hears of it from the log, or finds out when it sweeps; whichever comes first puts the logouts into the outbox, and any of
 * them delivers.
 *
 *   log entry, sweep, sign-out --> is the session over? --> outbox, one per relying party --> POST --> gone
 *                                                              ^                               |
 *                                                              +------ later, each time -------+--> dead letters
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEntry } from '../revocation/engine.ts'
import { urlFault } from './client-urls.ts'
import type { GrantMembers } from './grant-members.ts'
import { logoutToken } from './logout-token.ts'
import { createOutbox, type Logout, queueLogouts } from './outbox.ts'
import type { ProviderParts } from './parts.ts'
import type { SessionClientsStore } from './session-clients.ts'
import type { ProviderKeys } from './signing.ts'

export interface Logouts {
  /** To be called when a session may have ended; resolves when each relying party was told or has failed once, or after the wait. */
  ended(sessionId: string): Promise<void>
  endedOf(subject: string): Promise<void>
  /** The client alone has been left: its grants end, and it is told. */
  left(sessionId: string, clientId: string): Promise<void>
  /** Delivers what is due. */
  deliver(): Promise<void>
  /** Looks at every session that some client knows of. */
  sweep(): Promise<void>
  /** Follows the log no more, and waits for deliveries under way. */
  close(): Promise<void>
}

const WAIT_SECONDS = 2
/** For one delivery: whoever has claimed it and died gives it back after twice that. */
const DELIVERY_SECONDS = 5
const LOOK_MS = 50
const AT_ONCE = 20
const LONGEST_PAUSE_SECONDS = 12 * 3600

export function createLogouts(
  parts: ProviderParts,
  through: {
    readonly keys: ProviderKeys
    readonly members: GrantMembers
    readonly sessionClients: SessionClientsStore
  },
): Logouts {
  const { issuer, logins, records, clock, clients, revocations, onEvent, onError } = parts
  const { waitSeconds = WAIT_SECONDS, retrySeconds = defaultPauses() } = parts.logout
  const { keys, members, sessionClients } = through
  const outbox = createOutbox(records, clock)
  const flights = new Map<string, Promise<void>>()
  const underWay = new Set<Promise<void>>()
  let isClosed = false

  const post = async (logout: Logout): Promise<void> => {
    const fault = urlFault(logout.uri)
    if (fault) throw new Error(`backchannel_logout_uri ${fault}`)
    const response = await fetch(logout.uri, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: await logoutToken(issuer, await keys.current(), logout, clock.now()) }),
      signal: AbortSignal.timeout(DELIVERY_SECONDS * 1000),
    })
    await response.body?.cancel()
    if (response.status !== 200 && response.status !== 204) throw new Error(`answered ${response.status}`)
  }

  const attempt = async (key: string): Promise<void> => {
    const logout = await outbox.claim(key, 2 * DELIVERY_SECONDS)
    if (!logout) return
    const { subject, sessionId, clientId } = logout
    const about = { subject, sessionId, detail: { client_id: clientId, attempt: logout.attempts + 1 } }
    try {
      await post(logout)
    } catch (error) {
      const pause = retrySeconds[logout.attempts]
      await outbox.failed(key, logout, pause === undefined ? null : clock.now() + pause)
      onError(error, 'telling a relying party of a logout')
      await onEvent({ action: 'oidc.logout_failed', ...about, detail: { ...about.detail, final: pause === undefined } })
      return
    }
    await outbox.done(key)
    await onEvent({ action: 'oidc.logout_sent', ...about })
  }

  /** In the background; a failure of the store is told, and the delivery stays in the outbox. */
  const start = (key: string): Promise<void> => {
    const work = attempt(key).catch((error: unknown) => onError(error, 'telling a relying party of a logout'))
    underWay.add(work)
    return work.finally(() => underWay.delete(work))
  }

  /** Another process may be the one that delivers: until nothing of the session is left that nobody has tried. */
  const firstDeliveries = async (sessionId: string): Promise<void> => {
    const until = clock.monoMs() + waitSeconds * 1000
    for (;;) {
      const untried = (await outbox.of(sessionId)).filter(({ logout }) => logout.attempts === 0)
      const left = until - clock.monoMs()
      if (untried.length === 0 || left <= 0) return
      await Promise.race([Promise.all(untried.map(({ key }) => start(key))), sleep(left, undefined, { ref: false })])
      if (clock.monoMs() < until) await sleep(LOOK_MS)
    }
  }

  const check = async (sessionId: string): Promise<void> => {
    const known = await sessionClients.find(sessionId)
    if (known) {
      if (await logins.findLive(sessionId)) return
      await queueLogouts(outbox, clients.find, sessionId, known)
      const grants = Object.values(known.clients).flatMap(({ grantIds }) => grantIds)
      // Their tokens are dead by the session: only what is kept of them has to go.
      for (const grantId of grants) await members.forget(grantId)
      await sessionClients.remove(sessionId, known.subject)
    }
    await firstDeliveries(sessionId)
  }

  /** One look at a time, and whoever asks meanwhile waits for it. */
  const ended: Logouts['ended'] = (sessionId) => {
    const flying = flights.get(sessionId)
    if (flying) return flying
    const flight = check(sessionId).finally(() => flights.delete(sessionId))
    flights.set(sessionId, flight)
    return flight
  }

  const endedOf: Logouts['endedOf'] = async (subject) => {
    await Promise.all((await sessionClients.ofSubject(subject)).map(ended))
  }

  const sweep: Logouts['sweep'] = async () => {
    for await (const { sessionId } of sessionClients.all()) {
      if (isClosed) return
      await ended(sessionId)
    }
  }

  const inBackground = (work: Promise<void>): void => {
    const told = work.catch((error: unknown) => onError(error, 'looking for relying parties of an ended session'))
    underWay.add(told)
    void told.finally(() => underWay.delete(told))
  }
  /** Answers nothing: the log must not wait for relying parties. */
  const onApplied = ({ event }: LogEntry): void => {
    if (event.kind === 'session') inBackground(ended(event.sessionId))
    else if (event.kind === 'subject') inBackground(endedOf(event.subject))
    else if (event.kind === 'floor') inBackground(sweep())
  }
  const stops = [revocations.onApplied(onApplied), revocations.onReset(() => inBackground(sweep()))]

  return {
    ended,
    endedOf,
    async left(sessionId, clientId) {
      const known = await sessionClients.find(sessionId)
      const left = await sessionClients.leave(sessionId, clientId)
      if (!known || !left) return
      for (const grantId of left.grantIds) await members.revoke(grantId)
      await queueLogouts(outbox, clients.find, sessionId, { ...known, clients: { [clientId]: left } })
      await firstDeliveries(sessionId)
    },
    async deliver() {
      const due = await outbox.due(AT_ONCE)
      await Promise.all(due.map(({ key }) => start(key)))
    },
    sweep,
    async close() {
      isClosed = true
      for (const stop of stops) stop()
      await Promise.all(underWay)
    },
  }
}

/** 5 s, 10 s, 20 s and so on: about a day in all. */
function defaultPauses(): readonly number[] {
  const pauses: number[] = []
  for (let pause = 5; pause < LONGEST_PAUSE_SECONDS; pause *= 2) pauses.push(pause)
  return pauses
}
