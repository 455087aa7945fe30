/**
 * Spends a refresh token at most once at a time: one flight per client, one tab at a time, and whoever comes later takes over
 * what the first one got. Where there are no locks, tabs that come together present the same token, and the server answers
 * each of them with the same successor for ten seconds (its replay window).
 */
import type { Call } from './calls.ts'
import type { Environment } from './environment.ts'
import type { Events, SignedOutReason } from './events.ts'
import { type ClientProblem, type Result, SIGNED_OUT, succeed } from './result.ts'
import type { SharedLogin } from './shared-login.ts'
import type { TokenHolder } from './token-holder.ts'
import { freshness, readTokens, type Tokens } from './tokens.ts'

export interface Refresher {
  /**
   * Sees to it that there are newer tokens than those of `of`. A problem leaves the tokens as they are, unless it says that
   * the login has ended; then it is `client.signed_out`.
   */
  refresh(of: SharedLogin): Promise<Result<null>>
  /** A server has said that this login was revoked: if it cannot be refreshed either, that was somebody's doing. */
  suspect(of: SharedLogin): void
}

/** What alone ends a login; everything else is somebody's bad day. */
const ENDS: Readonly<Record<string, SignedOutReason>> = {
  'refresh.reused': 'reused',
  'refresh.expired': 'expired',
  'refresh.unknown': 'expired',
  'session.ended': 'elsewhere',
}
/** The last attempt must reach the server before its replay window of 10 s is over, for the first may have been heard. */
const LAST_ATTEMPT_MS = 8000
const ATTEMPTS = 3
/** The first answer may be lost: then there must be time for a second one. */
const FIRST_TIMEOUT_MS = 4000
const TIMEOUT_MS = 20_000

export function createRefresher(
  environment: Environment,
  events: Events,
  holder: TokenHolder,
  name: string,
  plainly: (request: Call) => Promise<Result<unknown>>,
): Refresher {
  let flight: Promise<Result<null>> | null = null
  let suspected = ''
  let pause: { readonly of: string; readonly untilMs: number; readonly problem: ClientProblem } | null = null
  const { after, monoMs, random, exclusive } = environment
  const present = async (refreshToken: string | null): Promise<Result<Tokens>> => {
    const first = monoMs()
    for (let attempt = 0; ; attempt++) {
      const asked = { monoMs: monoMs(), wallMs: environment.wallMs() }
      const answer = await plainly({
        method: 'POST',
        path: '/auth/refresh',
        body: { refresh_token: refreshToken },
        timeoutMs: attempt === 0 ? FIRST_TIMEOUT_MS : TIMEOUT_MS,
      })
      const read = answer.ok ? readTokens(environment, answer.value, asked) : answer
      if (read.ok) return read
      const { status, retryAfterSeconds } = read.problem
      // Cut short or garbled, an answer is as good as lost.
      const transient = status < 400 || status === 429 || status >= 500
      const waitMs = (retryAfterSeconds ?? 0.3 * 3 ** attempt) * (1000 + 250 * random())
      if (!transient || attempt + 1 === ATTEMPTS || monoMs() + waitMs - first > LAST_ATTEMPT_MS) return read
      await new Promise<void>((resolve) => void after(waitMs, resolve))
    }
  }

  /** Whether somebody has been faster. */
  const overtaken = (of: SharedLogin): Result<null> | null => {
    const now = holder.current()
    if (!now?.tokens) return SIGNED_OUT
    return now !== of && freshness(environment, now.tokens) !== 'spent' ? succeed(null) : null
  }

  const spend = async (of: SharedLogin): Promise<Result<null>> => {
    const before = overtaken(of)
    if (before) return before
    await holder.catchUp()
    const after = overtaken(of)
    if (after) return after
    const presented = holder.current()
    if (!presented?.tokens) return SIGNED_OUT
    const answer = await present(presented.tokens.refreshToken)
    if (answer.ok) {
      await holder.renew(presented, answer.value)
      return holder.current()?.tokens ? succeed(null) : SIGNED_OUT
    }
    const { code, status, retryAfterSeconds } = answer.problem
    const reason = status === 401 ? ENDS[code] : undefined
    // Without locks another tab may hold the successor already: then its own refresh will tell.
    if (holder.current() !== presented) return overtaken(presented) ?? answer
    if (reason) {
      await holder.end(presented, reason === 'expired' && suspected === presented.id ? 'elsewhere' : reason)
      return SIGNED_OUT
    }
    const seconds = Math.max(1, retryAfterSeconds ?? 5)
    const problem = { ...answer.problem, retryAfterSeconds: seconds }
    pause = { of: presented.id, untilMs: monoMs() + Math.min(60, seconds) * (1000 + 250 * random()), problem }
    events.emit({ type: 'unavailable', retryAfterSeconds: seconds })
    return { ok: false, problem }
  }

  /** A page that is going away gets no lock any more, but may still ask. */
  const inTurn = async (of: SharedLogin): Promise<Result<null>> => {
    let begun = false
    try {
      return await exclusive(name, () => {
        begun = true
        return spend(of)
      })
    } catch (error) {
      if (begun) throw error
      return spend(of)
    }
  }

  return {
    async refresh(of) {
      const before = overtaken(of)
      if (before) return before
      const leftMs = pause?.of === of.id ? pause.untilMs - monoMs() : 0
      if (pause && leftMs > 0) {
        return { ok: false, problem: { ...pause.problem, retryAfterSeconds: Math.ceil(leftMs / 1000) } }
      }
      flight ??= inTurn(of).finally(() => {
        flight = null
      })
      return flight
    },
    suspect(of) {
      suspected = of.id
    },
  }
}
