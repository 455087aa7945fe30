/** `createLogins`: wires sessions, tokens, claims and the revocation log into `Logins`. */
import type { Patience } from '../insist.ts'
import { once, onDemand } from '../on-demand.ts'
import { systemTimers } from '../revocation/timers.ts'
import { createBackground } from '../session/background.ts'
import { createSessions } from '../session/sessions.ts'
import { createClaimsSource } from './claims.ts'
import { createGuard } from './guard.ts'
import type { Logins } from './login.ts'
import { modeChangeOnDemand } from './mode-change-on-demand.ts'
import { createModes, modeRefused } from './modes.ts'
import { type CheckedOptions, checkOptions, KEEP_SECONDS, type LoginsOptions } from './options.ts'
import type { Parts } from './parts.ts'
import type { SessionChanges } from './session-changes.ts'
import { createSessionCookies } from './session-cookie.ts'
import { settleModeOnDemand } from './settle-mode-on-demand.ts'
import { statusListsOnDemand } from './status-lists-on-demand.ts'
import { tokensOnDemand } from './tokens-on-demand.ts'

const PAGE = 50
/** How long background work waits for more of its kind. */
const BACKGROUND_MS = 20
const CHANGES: Readonly<Record<keyof SessionChanges, true>> = {
  logIn: true,
  startAnonymous: true,
  logOut: true,
  revoke: true,
  revokeOthers: true,
  elevate: true,
  changeClaims: true,
  raiseFloor: true,
  accountsOf: true,
  switchAccount: true,
  leaveAccount: true,
  convert: true,
  moveIn: true,
}

/**
 * The heart of Sojourn over one store. The store, the keys and the follower stay their makers' to close, but for
 * `revocations.close`, which `close` calls.
 *
 * @throws TypeError for an option that is missing, ill-typed or out of range
 */
export function createLogins(given: LoginsOptions): Logins {
  const options = checkOptions(given)
  const { store, clock } = options
  const parts = createParts(options)
  const { sessions, background, modes } = parts

  const settleMode = settleModeOnDemand(parts, () => cookies)
  const cookies = createSessionCookies(parts, (session) => settleMode.cookieRead(session))
  const tokens = tokensOnDemand(parts, settleMode)
  const guardSession = createGuard(options.revocations.view, clock)
  const loadChanges = once(async () => {
    const { createSessionChanges } = await import('./session-changes.ts')
    return createSessionChanges(parts, { cookies, tokens, settleMode })
  })

  const findLive: Logins['findLive'] = async (sessionId) => {
    const now = clock.now()
    const session = await store.sessions.find(sessionId, now)
    if (session === null || session.subject === null) return null
    const { subject, generation, floor } = session
    if (floor < (await store.revocations.floor())) return null
    const verdict = await store.revocations.judge({ sessionId, subject, tokenId: null, generation }, now)
    return verdict === 'dead' ? null : session
  }

  return {
    ...onDemand<SessionChanges>(CHANGES, loadChanges),
    modes,
    statusLists: parts.statusLists,
    planModeChange: (input) => modeChangeOnDemand(parts, input),
    refusalOf: (cookie) => (cookies.resumeNow(cookie) ? modeRefused() : null),
    resumeNow(cookie) {
      const login = cookies.resumeNow(cookie)
      return login && !modes.admits(login) ? null : login
    },
    async resume(cookie, consistency) {
      const login = await cookies.resume(cookie, consistency)
      return login && modes.admits(login) ? login : null
    },
    findAnonymous: cookies.findAnonymous,
    verifyNow(accessToken) {
      const login = tokens.logins.verifyNow(accessToken)
      if (login && !modes.admits(login)) throw modeRefused()
      return login
    },
    async verify(accessToken, consistency) {
      const login = await tokens.logins.verify(accessToken, consistency)
      if (!modes.admits(login)) throw modeRefused()
      return login
    },
    guard(login) {
      if (login.session) guardSession(login.session, login.freshness)
      else tokens.logins.guard(login)
    },
    introspect: tokens.logins.introspect,
    refresh: tokens.pairs.refresh,
    findByRefreshToken: tokens.pairs.findByRefreshToken,
    mint: tokens.hybrid.mint,

    async updateData(sessionId, change) {
      const session = await sessions.updateData(sessionId, change)
      cookies.saved(session)
      return session
    },
    findSession: (sessionId) => store.sessions.find(sessionId, clock.now()),
    findLive,
    describeToken: async (sessionId, terms) => (await findLive(sessionId)) && tokens.hybrid.describe(sessionId, terms),
    mintOn: async (sessionId, terms) => (await findLive(sessionId)) && tokens.hybrid.mintOn(sessionId, terms),
    sessionsOf: (subject, cursor = null, limit = PAGE) =>
      store.sessions.listBySubject(subject, cursor, limit, clock.now()),

    async prepare() {
      await Promise.all([tokens.load(), loadChanges()])
    },
    async close() {
      modes.close()
      await options.revocations.close()
      await background.close()
      cookies.close()
    },
  }
}

/** Who hands in timers has a time of their own. */
function patienceOf({ clock, timers }: CheckedOptions): Patience | undefined {
  if (timers === systemTimers) return undefined
  return { clock, pause: (ms) => new Promise((resolve) => timers.after(ms, resolve, true)) }
}

function createParts(options: CheckedOptions): Parts {
  const { store, clock, onEvent, onBackgroundError } = options
  const background = createBackground(
    (error, work) => {
      try {
        onBackgroundError(error, work)
      } catch (cause) {
        // The application's own reporter failed: as an uncaught error it reaches whoever watches the process.
        queueMicrotask(() => {
          throw cause
        })
      }
    },
    BACKGROUND_MS,
    options.timers,
  )
  const timeoutMs = 1000 * options.revokeTimeoutSeconds
  const settle: Parts['settle'] = (appended, again) =>
    options.revocations.settle(appended, { timeoutMs, ...(again ? { again } : {}) })
  return {
    options,
    background,
    patience: patienceOf(options),
    statusLists: statusListsOnDemand(options),
    sessions: createSessions({ store: store.sessions, clock, keepSeconds: KEEP_SECONDS }),
    modes: createModes({
      records: store.records('modes'),
      clock,
      issuer: options.issuer,
      initial: options.modes,
      onFailure: (error, work) => background.failed(error, work),
      timers: options.timers,
    }),
    claims: createClaimsSource(options.claims, store.revocations, clock),
    settle,
    async settled(appended, again) {
      if (appended === null) return null
      try {
        return await settle(appended, again)
      } catch (error) {
        background.failed(error, 'waiting for the fleet')
        return null
      }
    },
    async emit(action, { subject, sessionId }, detail = {}) {
      try {
        await onEvent({ at: clock.now(), action, subject, sessionId, detail })
      } catch (error) {
        background.failed(error, 'telling of an event')
      }
    },
  }
}
