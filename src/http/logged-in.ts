/** The answer to a sign-in: the cookie set, or the tokens handed out; and whether the browser kept the cookie. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { IssuedAccessToken, IssuedTokens, LoggedIn } from '../login/login.ts'
import { expiresAt, type Session } from '../session/session.ts'
import { localPath } from './local-path.ts'
import { emptyResponse, type HttpResponse, jsonResponse, redirectResponse } from './message.ts'
import type { Route } from './router.ts'
import type { SessionCookie } from './session-cookie.ts'

/** Where it is seen whether the cookie came back. */
export const COOKIE_CHECK_PATH = '/auth/cookie-check'

export interface LoggedInAnswer {
  /** The sign-in was a form: answer with a redirect. */
  readonly form: boolean
  /** As the client gave it: only a local path counts, else `/`. */
  readonly returnTo?: string | null
  /** Of a JSON answer; default 200. */
  readonly status?: number
  /** Facts to put beside ours in a JSON answer, in wire form. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/**
 * Cookie: sets it, and answers a form with 303 to `return_to` by way of the cookie check, JSON with
 * `{subject, session, cookie_check}`, where a GET of `cookie_check` says whether the cookie came back.
 * Tokens: `{access_token, refresh_token, expires_in, token_type}` as JSON.
 */
export function respondLoggedIn(
  parts: { readonly cookie: SessionCookie; readonly clock: Clock },
  loggedIn: LoggedIn,
  answer: LoggedInAnswer,
): HttpResponse {
  const { session, cookie, tokens } = loggedIn
  const returnTo = localPath(answer.returnTo) ?? '/'
  const response =
    answer.form && cookie !== null
      ? redirectResponse(`${COOKIE_CHECK_PATH}?return_to=${encodeURIComponent(returnTo)}`)
      : jsonResponse(answer.status ?? 200, {
          ...(tokens ? tokensJson(tokens) : {}),
          ...(cookie === null
            ? {}
            : { subject: session.subject, session: sessionJson(session), cookie_check: COOKIE_CHECK_PATH }),
          ...answer.extra,
        })
  if (cookie !== null) {
    response.headers.append('Set-Cookie', parts.cookie.set(cookie, session.absoluteExpiresAt - parts.clock.now()))
  }
  return response
}

/** RFC 6749 §5.1. */
export function tokensJson(tokens: IssuedTokens | IssuedAccessToken): Record<string, unknown> {
  return {
    access_token: tokens.accessToken,
    ...('refreshToken' in tokens ? { refresh_token: tokens.refreshToken } : {}),
    expires_in: tokens.expiresInSeconds,
    token_type: 'Bearer',
    ...(tokens.scope === null ? {} : { scope: tokens.scope }),
    ...('convertTo' in tokens ? { convert_to: tokens.convertTo } : {}),
  }
}

/** A session as its owner sees it. */
export function sessionJson(session: Session): Record<string, unknown> {
  return {
    id: session.id,
    mode: session.mode,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    expires_at: expiresAt(session),
    authenticated_at: session.authenticatedAt,
    acr: session.acr,
    amr: session.amr,
    client_id: session.clientId,
    device: { user_agent: session.device.userAgent, address: session.device.address },
  }
}

/**
 * `GET /auth/cookie-check`: after a sign-in. The cookie came back: on to `return_to` (303), or 204 without one.
 * It did not: `session.cookie_not_kept`, which says what to do. It only looks whether a cookie is there; no store is asked.
 */
export function cookieCheckRoute(cookie: SessionCookie, origin: string): Route {
  return {
    method: 'GET',
    path: COOKIE_CHECK_PATH,
    handle({ request, url }) {
      const header = request.headers.get('cookie')
      if (header === null || cookie.read(header) === null) throw notKept(origin)
      const returnTo = url.searchParams.get('return_to')
      return returnTo === null ? emptyResponse() : redirectResponse(localPath(returnTo) ?? '/')
    },
  }
}

function notKept(origin: string): AuthError {
  const advice = origin.startsWith('https:')
    ? 'allow cookies for this site and sign in again'
    : 'over plain http Chromium and Firefox keep it on localhost only and Safari never does: open this page as http://localhost or serve it over https, then sign in again'
  return new AuthError('session.cookie_not_kept', `the browser did not send the login cookie back: ${advice}`)
}
