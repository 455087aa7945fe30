/** Logging in: a new session under a new id, whatever the browser presented. */
import { randomId } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Appended } from '../revocation/engine.ts'
import type { Device, Session } from '../session/session.ts'
import { copyJson } from '../session/sessions.ts'
import { type BrowserAccounts, MAX_ACCOUNTS } from './browser-accounts.ts'
import { checkSubject } from './client-subject.ts'
import type { LoggedIn, LogInInput } from './login.ts'
import { createNewSessions, type Started } from './new-session.ts'
import { idsOf, type Parts } from './parts.ts'
import type { SessionCookies } from './session-cookie.ts'
import { createSessionLimit } from './session-limit.ts'
import type { TokenPairs } from './token-pairs.ts'

export interface LogIn {
  logIn(input: LogInInput): Promise<LoggedIn>
  startAnonymous(device: Device, data: Json): Promise<LoggedIn>
}

const MAX_SUBJECT = 255

export function createLogIn(
  parts: Parts,
  through: {
    readonly cookies: SessionCookies
    readonly accounts: BrowserAccounts
    readonly tokenPairs: TokenPairs
  },
): LogIn {
  const { sessions, background } = parts
  const { cookies, accounts, tokenPairs } = through
  const limit = createSessionLimit(parts)
  const newSessions = createNewSessions(parts, cookies, limit)

  /** Ends what the sign-in has made useless. It is done for its own sake: whoever signs in does not wait for a second try. */
  const endSoon = (session: Session): void => {
    background.soon(`end ${session.id}`, 'ending a replaced session', async () => {
      await sessions.end(session.id)
      cookies.forget(session.id)
    })
  }

  /** Nobody was told of it, so nobody can use it: it should not stay in the list of devices either. */
  const abandon = (session: Session, error: unknown): never => {
    background.soon(`abandon ${session.id}`, 'ending an unfinished sign-in', async () => {
      await sessions.end(session.id)
    })
    throw error
  }

  const finish = async (
    input: LogInInput,
    audience: readonly string[] | undefined,
    { session, cookie, appended }: Started,
    moved: Appended | null,
    useless: readonly Session[],
  ): Promise<LoggedIn> => {
    const tokens = audience
      ? await tokenPairs
          .start(session, { audience, scope: input.scope ?? null })
          .catch((error: unknown) => abandon(session, error))
      : null
    let last = laterOf(appended, moved)
    try {
      for (const { id } of useless) {
        last = await sessions.end(id)
        cookies.forget(id)
      }
      last = (await limit.endOldest(session)) ?? last
    } catch (error) {
      background.failed(error, 'ending older sessions at a sign-in')
      for (const one of useless) endSoon(one)
    }
    await parts.settled(last)
    await parts.emit('session.sign_in', idsOf(session), { mode: session.mode, amr: [...session.amr] })
    return { session, cookie, tokens }
  }

  return {
    async logIn(input) {
      checkInput(input)
      if (!parts.modes.accepts(input.mode, input.clientId ?? null)) {
        throw new AuthError('policy.denied', `this application does not take logins by ${input.mode} any more`)
      }
      const audience =
        input.mode === 'token' ? await tokenPairs.checkAudience(input.audience, input.browser === true) : undefined
      const presented =
        input.mode === 'token' || input.presentedCookie === undefined
          ? null
          : ((await sessions.resume(input.presentedCookie))?.session ?? null)
      const anonymous = presented?.subject === null ? presented : null
      const data = copyJson(anonymous && input.carryOver ? input.carryOver(anonymous.data) : (input.data ?? null))
      const held = presented && !anonymous ? await accounts.list(presented) : []
      const same = held.filter(({ subject }) => subject === input.subject)
      const others = held.filter(({ subject }) => subject !== input.subject)
      if (others.length >= MAX_ACCOUNTS) {
        throw new AuthError('session.limit', `this browser holds ${MAX_ACCOUNTS} accounts: sign out of one first`)
      }

      // Always a new browser: whoever else knows the presented cookie is left behind with a record that lists nobody new.
      const browserId = input.mode === 'token' ? null : randomId()
      const next = { input, browserId, data }
      const move = async () =>
        presented && browserId !== null && others.length > 0 ? accounts.bringAlong(others, presented, browserId) : null
      let started: Started
      let moved: Appended | null = null
      if (presented?.subject === input.subject) {
        moved = await move()
        started = await newSessions.replace(next, presented)
      } else {
        started = await newSessions.start(next, same[0] ?? null)
        moved = await move().catch((error: unknown) => abandon(started.session, error))
      }
      const useless = [...same.filter(({ id }) => id !== presented?.id), ...(anonymous ? [anonymous] : [])]
      return finish(input, audience, started, moved, useless)
    },

    async startAnonymous(device, data) {
      return { ...(await newSessions.startAnonymous(device, data)), tokens: null }
    },
  }
}

function laterOf(a: Appended | null, b: Appended | null): Appended | null {
  return a && b ? (a.offset > b.offset ? a : b) : (a ?? b)
}

function checkInput(input: LogInInput): void {
  const { subject, mode, authenticatedAt = 0 } = input
  if (typeof subject !== 'string' || subject === '' || subject.length > MAX_SUBJECT) {
    throw new TypeError(`subject must be a text of 1 to ${MAX_SUBJECT} characters`)
  }
  checkSubject(subject, input.clientId)
  if (mode !== 'cookie' && mode !== 'token' && mode !== 'hybrid') {
    throw new TypeError("mode is 'cookie', 'token' or 'hybrid'")
  }
  if (!Number.isSafeInteger(authenticatedAt) || authenticatedAt < 0) {
    throw new TypeError('authenticatedAt is in whole seconds since 1970')
  }
  if (mode !== 'token' && (input.audience !== undefined || input.scope !== undefined)) {
    throw new TypeError('audience and scope belong to token mode: with a cookie, tokens are minted from it')
  }
}
