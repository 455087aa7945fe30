/** What a client of the virtual world holds, and presents with each request. */
import type { Presented } from '../../../src/http/identify.ts'
import type { IssuedTokens, LoggedIn } from '../../../src/login/login.ts'

export interface Holder {
  readonly subject: string
  sessionId: string
  cookie: string | null
  tokens: Pick<IssuedTokens, 'accessToken' | 'refreshToken' | 'expiresAt'> | null
  presented: Presented
  /** The header line that carries the credential. */
  headerBytes: number
  /** It has been told that its login is over. */
  isSignedOut: boolean
  renewing: Promise<boolean> | null
}

const COOKIE_NAME = '__Host-Http-sid'

export function createHolder(subject: string, loggedIn: Pick<LoggedIn, 'session' | 'cookie' | 'tokens'>): Holder {
  const holder: Holder = {
    subject,
    sessionId: '',
    cookie: null,
    tokens: null,
    presented: request(null, null),
    headerBytes: 0,
    isSignedOut: false,
    renewing: null,
  }
  hand(holder, loggedIn)
  return holder
}

/** Puts what a sign-in gave into the place of what was held. */
export function hand(
  holder: Holder,
  { session, cookie, tokens }: Pick<LoggedIn, 'session' | 'cookie' | 'tokens'>,
): void {
  holder.sessionId = session.id
  holder.cookie = cookie
  holder.isSignedOut = false
  if (tokens) handTokens(holder, tokens)
  else if (cookie !== null) present(holder, `${COOKIE_NAME}=${cookie}`, null)
}

export function handTokens(holder: Holder, tokens: NonNullable<Holder['tokens']>): void {
  holder.tokens = tokens
  present(holder, null, `Bearer ${tokens.accessToken}`)
}

function present(holder: Holder, cookie: string | null, authorization: string | null): void {
  holder.presented = request(cookie, authorization)
  // `Name: value` and the line's end.
  const line = cookie === null ? `Authorization: ${authorization}` : `Cookie: ${cookie}`
  holder.headerBytes = line.length + 2
}

function request(cookie: string | null, authorization: string | null): Presented {
  return { method: 'GET', cookie, authorization, origin: null, secFetchSite: 'same-origin', upgrade: null }
}
