/** `createOidcLogin`: sign-in with a foreign OpenID provider, for an application with `createAuth`. */
import { AuthError } from '../../errors.ts'
import type { AuthLogin } from '../../http/auth-shape.ts'
import type { HttpRequest, HttpResponse } from '../../http/message.ts'
import type { Route } from '../../http/router.ts'
import { sessionEnded } from '../../session/sessions.ts'
import { createAnswers } from './answers.ts'
import { createLinks } from './links.ts'
import { createLogoutTokens } from './logout-token.ts'
import { checkOptions, type OidcLoginOptions } from './options.ts'
import { createProvider } from './provider.ts'
import { type BeginInput, createSignIn } from './sign-in.ts'
import { createSignOut } from './sign-out.ts'
import { createTidy } from './tidy.ts'
import { createTokens, noTokens } from './tokens.ts'
import { createTransactions } from './transaction.ts'

/** A token of the provider, for its own interfaces. */
export interface ProviderAccessToken {
  readonly accessToken: string
  /** Seconds since 1970; null: the provider did not say. */
  readonly expiresAt: number | null
  readonly scope: string | null
}

export interface OidcLogin {
  /**
   * For `auth.mount`, beside the callback: `GET login` (`return_to`, `max_age`, `acr_values`, `prompt`), `GET` and `POST` of the
   * callback, `POST backchannel-logout`, `POST sign-out`, `GET signed-out`.
   */
  readonly routes: readonly Route[]
  /**
   * Sends the browser to the provider.
   * @throws AuthError `sso.unavailable`
   */
  begin(request: Pick<HttpRequest, 'headers'>, input?: BeginInput): Promise<HttpResponse>
  /**
   * The provider's answer, as GET or as a form: sets the session cookie and goes on to `returnTo`.
   * @throws AuthError `sso.state`, `sso.refused`, `sso.response`, `sso.unavailable`, and those of `Auth.logIn`
   */
  callback(request: HttpRequest): Promise<HttpResponse>
  /** Back-channel logout: answers when the provider's session is refused everywhere. Bad tokens are answered with 400. */
  backChannelLogout(request: HttpRequest): Promise<HttpResponse>
  /** Ends our session, then sends the browser to the provider's sign-out. @throws AuthError as `Auth.signOut` */
  signOut(request: HttpRequest): Promise<HttpResponse>
  /**
   * The provider's access token of a login, refreshed where it is about to end; of all callers one refreshes.
   *
   * @param options.refused a token that the interface has not taken: another one is asked for
   * @throws AuthError `session.ended`; `sso.tokens`: the login came from elsewhere, or the provider gives none any more
   */
  accessToken(
    login: Pick<AuthLogin<unknown>, 'sessionId'>,
    options?: { readonly refused?: string },
  ): Promise<ProviderAccessToken>
  /** Stops following `auth`, which stays its maker's to close. */
  close(): void
}

/** @throws TypeError for an option that is missing, ill-typed or out of range */
export function createOidcLogin(given: OidcLoginOptions): OidcLogin {
  const options = checkOptions(given)
  const { auth, store, clock, folder, redirectUri } = options
  const provider = createProvider(options)
  const transactions = createTransactions(options)
  const answers = createAnswers(options, transactions)
  const links = createLinks(options)
  const tokens = createTokens(options, provider)
  const logoutTokens = createLogoutTokens(options, provider)
  const { begin, callback } = createSignIn(options, { provider, transactions, answers, links, tokens })
  const { backChannel, signOut, signedOut } = createSignOut(options, { provider, links, tokens, logoutTokens })
  const tidy = createTidy(options, links, tokens)
  const close = auth.onSuccessor(links.follow)

  const assertAlive = async (sessionId: string): Promise<void> => {
    if (!(await store.sessions.find(sessionId, clock.now()))) throw sessionEnded()
  }

  const callbackAndTidy = (request: HttpRequest): Promise<HttpResponse> => {
    tidy()
    return callback(request)
  }

  return {
    routes: [
      { method: 'GET', path: `${folder}login`, handle: ({ request, url }) => begin(request, askedBy(url)) },
      { method: 'GET', path: redirectUri.pathname, handle: ({ request }) => callbackAndTidy(request) },
      // Across sites by design: what it brings counts for nothing but to the browser that began it.
      {
        method: 'POST',
        path: redirectUri.pathname,
        withoutCsrf: true,
        handle: ({ request }) => callbackAndTidy(request),
      },
      // No browser: what the token says is signed.
      {
        method: 'POST',
        path: `${folder}backchannel-logout`,
        withoutCsrf: true,
        handle: ({ request }) => backChannel(request),
      },
      { method: 'POST', path: `${folder}sign-out`, handle: ({ request }) => signOut(request) },
      { method: 'GET', path: `${folder}signed-out`, handle: ({ request }) => signedOut(request) },
    ],
    begin,
    callback: callbackAndTidy,
    backChannelLogout: backChannel,
    signOut,
    async accessToken({ sessionId }, { refused = null }: { readonly refused?: string | null } = {}) {
      const link = await links.find(sessionId)
      // Asked before, so that no dead session spends a refresh token, and after, for it may have ended meanwhile.
      await assertAlive(sessionId)
      if (!link) throw noTokens()
      const { accessToken, expiresAt, scope } = await tokens.fresh(link, refused)
      await assertAlive(sessionId)
      return { accessToken, expiresAt, scope }
    },
    close,
  }
}

const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const

/** What a link to `login` may ask for: each only asks for more. */
function askedBy({ searchParams }: URL): BeginInput {
  const maxAge = searchParams.get('max_age')
  const acr = searchParams.get('acr_values')
  const given = searchParams.get('prompt')
  const prompt = PROMPTS.find((one) => one === given)
  if (maxAge !== null && !/^\d{1,9}$/.test(maxAge)) throw new AuthError('request.malformed', 'max_age is in seconds')
  if (given !== null && prompt === undefined) throw new AuthError('request.malformed', 'there is no such prompt')
  return {
    returnTo: searchParams.get('return_to'),
    ...(maxAge === null ? {} : { maxAge: Number(maxAge) }),
    ...(acr === null ? {} : { acr: acr.split(' ').filter((value) => value !== '') }),
    ...(prompt === undefined ? {} : { prompt }),
  }
}
