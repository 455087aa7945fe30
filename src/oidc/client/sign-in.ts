/** Out to the provider and back: the result is a session of ours. */
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client'
import { sha256Base64url } from '../../crypto/digest.ts'
import { AuthError, isAuthError } from '../../errors.ts'
import type { SignedIn } from '../../http/auth-shape.ts'
import { type HttpRequest, type HttpResponse, privateHeaders, redirectResponse } from '../../http/message.ts'
import type { Answers } from './answers.ts'
import { fitsAccessToken } from './at-hash.ts'
import type { Links } from './links.ts'
import type { CheckedOptions, ProviderLogin } from './options.ts'
import { type Provider, unusable } from './provider.ts'
import { type ProviderTokens, type Tokens, tokensOf } from './tokens.ts'
import type { Transaction, Transactions } from './transaction.ts'

export interface BeginInput {
  /** Where the browser goes afterwards: a path of the application; anything else is `/`. */
  readonly returnTo?: string | null
  /** The user must have signed in at the provider within so many seconds. */
  readonly maxAge?: number
  /** One of these authentication contexts, the preferred one first. */
  readonly acr?: readonly string[]
  /** `none`: without asking the user anything; who is not signed in at the provider comes back as a stranger. */
  readonly prompt?: 'none' | 'login' | 'consent' | 'select_account'
  /** Tells the provider whom to expect. */
  readonly loginHint?: string
}

export interface SignIn {
  begin(request: Pick<HttpRequest, 'headers'>, input?: BeginInput): Promise<HttpResponse>
  callback(request: HttpRequest): Promise<HttpResponse>
}

type TokenAnswer = TokenEndpointResponse & TokenEndpointResponseHelpers

/** What a provider says to `prompt=none` when it would have to ask (OpenID Connect Core §3.1.2.6). */
const WOULD_ASK = /: (login_required|interaction_required|consent_required|account_selection_required)$/
const MAX_SUBJECT = 255

export function createSignIn(
  options: CheckedOptions,
  through: {
    readonly provider: Provider
    readonly transactions: Transactions
    readonly answers: Answers
    readonly links: Links
    readonly tokens: Tokens
  },
): SignIn {
  const { auth, clock, redirectUri, clientId } = options
  const { provider, transactions, answers, links, tokens } = through

  const exchange = (transaction: Transaction, answer: URLSearchParams): Promise<TokenAnswer> => {
    const url = new URL(redirectUri)
    url.search = answer.toString()
    return provider.ask((configuration) =>
      authorizationCodeGrant(configuration, url, {
        expectedState: transaction.state,
        expectedNonce: transaction.nonce,
        pkceCodeVerifier: transaction.verifier,
        idTokenExpected: true,
        ...(transaction.maxAge === null ? {} : { maxAge: transaction.maxAge }),
      }),
    )
  }

  /** What openid-client leaves to us. */
  const checked = async (transaction: Transaction, answer: TokenAnswer): Promise<ProviderLogin> => {
    const claims = answer.claims()
    if (!claims || answer.id_token === undefined) throw unusable()
    const { at_hash: atHash, acr } = claims
    if (atHash !== undefined && !fitsAccessToken(answer.id_token, String(atHash), answer.access_token)) throw unusable()
    if (transaction.acr.length > 0 && !transaction.acr.includes(String(acr))) {
      throw new AuthError('sso.refused', 'the provider did not sign you in as strongly as this needs')
    }
    const userInfo = options.userInfo
      ? await provider.ask((configuration) => fetchUserInfo(configuration, answer.access_token, claims.sub))
      : null
    return { claims, userInfo, accessToken: answer.access_token }
  }

  const subjectOf = async (login: ProviderLogin): Promise<string> => {
    const subject = await options.subject(login)
    if (subject === null) throw new AuthError('policy.denied', 'this account is not known here')
    return subject.length <= MAX_SUBJECT ? subject : `sha256:${sha256Base64url(subject)}`
  }

  /** @throws AuthError `sso.refused`: the provider has ended the login meanwhile */
  const tie = async (
    { session }: SignedIn,
    login: ProviderLogin,
    beganAt: number,
    held: ProviderTokens,
  ): Promise<void> => {
    const { sub, sid } = login.claims
    const from = { sub, sid: typeof sid === 'string' ? sid : null }
    const link = await links.add(session.id, from, session.absoluteExpiresAt)
    await tokens.put(link, held)
    // Looked for after the link is there: a logout that does not find the link has left its mark before.
    if (await links.isEnded(from, beganAt)) {
      throw new AuthError('sso.refused', 'the provider has ended this login already: sign in again')
    }
  }

  const logIn = async (request: HttpRequest, transaction: Transaction, answer: TokenAnswer): Promise<SignedIn> => {
    const login = await checked(transaction, answer)
    const { amr, acr, auth_time: authTime, sub } = login.claims
    const signedIn = await auth.logIn(
      {
        subject: await subjectOf(login),
        mode: options.mode,
        // Who does not say when may not pass where a recent sign-in is demanded; `maxAge` makes the provider say.
        authenticatedAt: Math.floor(authTime ?? 0),
        ...(typeof acr === 'string' ? { acr } : {}),
        ...(Array.isArray(amr) ? { amr: amr.map(String) } : {}),
      },
      // The state bound to this browser has shown that it asked for this login: that is the check of a GET.
      { ...request, method: 'GET' },
    )
    const held = tokensOf(answer, { sub, scope: null, refreshToken: null, idToken: null }, clock.now())
    try {
      await tie(signedIn, login, transaction.beganAt, held)
    } catch (error) {
      // Nobody has its cookie.
      await auth.logOut({ sessionId: signedIn.session.id })
      throw error
    }
    return signedIn
  }

  return {
    async begin(request, input = {}) {
      const { returnTo = null, maxAge = null, acr = [], prompt = null, loginHint } = input
      const { transaction, setCookies } = await transactions.begin(
        { returnTo, maxAge, acr, prompt },
        request.headers.get('cookie'),
      )
      const parameters: Record<string, string> = {
        ...options.parameters,
        response_type: 'code',
        redirect_uri: redirectUri.href,
        scope: options.scopes.join(' '),
        state: transaction.state,
        nonce: transaction.nonce,
        code_challenge: await calculatePKCECodeChallenge(transaction.verifier),
        code_challenge_method: 'S256',
        ...(options.responseMode === 'query' ? {} : { response_mode: options.responseMode }),
        ...(maxAge === null ? {} : { max_age: String(maxAge) }),
        ...(acr.length === 0 ? {} : { acr_values: acr.join(' ') }),
        ...(prompt === null ? {} : { prompt }),
        ...(loginHint === undefined ? {} : { login_hint: loginHint }),
        client_id: clientId,
      }
      const url = await provider.ask(async (configuration) => {
        const { require_pushed_authorization_requests: mustPush } = configuration.serverMetadata()
        return options.pushed || mustPush === true
          ? buildAuthorizationUrlWithPAR(configuration, parameters)
          : buildAuthorizationUrl(configuration, parameters)
      })
      const headers = privateHeaders()
      headers.set('Location', url.href)
      for (const line of setCookies) headers.append('Set-Cookie', line)
      return { status: 303, headers, body: null }
    },

    async callback(request) {
      if (request.method === 'POST') return answers.putAside(request)
      const answer = await answers.read(new URL(request.url, redirectUri))
      const { transaction, expired } = await transactions.use(answer.get('state') ?? '', request.headers.get('cookie'))
      let response: HttpResponse
      try {
        const signedIn = await logIn(request, transaction, await exchange(transaction, answer))
        response = auth.respond(signedIn, { form: true, returnTo: transaction.returnTo })
      } catch (error) {
        const isStranger =
          transaction.prompt === 'none' && isAuthError(error, 'sso.refused') && WOULD_ASK.test(error.message)
        if (!isStranger) throw error
        response = redirectResponse(transaction.returnTo)
      }
      response.headers.append('Set-Cookie', expired)
      return response
    },
  }
}
