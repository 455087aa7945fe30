/** An application that signs its users in with the identity provider, and then has sessions of its own: the product's. */
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import { randomSecret } from '../../../src/crypto/random.ts'
import { AuthError } from '../../../src/errors.ts'
import { readCookie, type SameSite, writeCookie } from '../../../src/http/cookie.ts'
import { type HttpRequest, jsonResponse } from '../../../src/http/message.ts'
import { problemResponse } from '../../../src/http/problem.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import type { Product } from '../attacks/product.ts'
import { type Client, HUB, type Hub, LOGOUT_EVENT } from './hub.ts'
import { json, type Network, type Page } from './network.ts'
import { redirectTo } from './pages.ts'
import type { StateCookie } from './settings.ts'
import type { Party } from './trace.ts'

const STATE_COOKIE = '__Host-Http-sso'
const STATE_SECONDS = 600

export interface AppOptions {
  readonly party: Party
  readonly origin: string
  readonly auth: Product
  readonly client: Client
  readonly hub: Hub
  readonly network: Network
  readonly responseMode: 'query' | 'form_post'
  readonly stateCookie: StateCookie
  readonly now: () => number
}

export interface App {
  handle(request: HttpRequest): Promise<Page>
}

interface Transaction {
  readonly binding: string
  readonly nonce: string
  readonly verifier: string
}

export function createApp(options: AppOptions): App {
  const { party, origin, auth, client, hub, network, responseMode, stateCookie, now } = options
  const transactions = new Map<string, Transaction>()
  const aside = new Map<string, URLSearchParams>()
  /** Our sessions, by the provider's. */
  const sessions = new Map<string, string>()
  const trusted = { keys: hub.keys, issuer: HUB, audience: client.id, clock: now }
  const idTokens = createVerifier({ ...trusted, typ: 'JWT', requiredClaims: ['nonce', 'sid'] })
  const logoutTokens = createVerifier({ ...trusted, typ: 'logout+jwt', requiredClaims: ['jti', 'sid', 'events'] })

  const stateLine = (value: string, maxAgeSeconds: number): string => {
    const sameSite: SameSite = stateCookie === 'none' ? 'none' : 'lax'
    return writeCookie(STATE_COOKIE, value, { path: '/', secure: true, httpOnly: true, sameSite, maxAgeSeconds })
  }

  const begin = (): Page => {
    const [state, binding, nonce, verifier] = [
      randomSecret(),
      randomSecret(),
      randomSecret(),
      randomSecret() + randomSecret(),
    ]
    transactions.set(state, { binding, nonce, verifier })
    const asked = new URLSearchParams({
      client_id: client.id,
      response_type: 'code',
      ...(responseMode === 'query' ? {} : { response_mode: responseMode }),
      redirect_uri: client.redirectUri,
      state,
      nonce,
      code_challenge: sha256Base64url(verifier),
      code_challenge_method: 'S256',
    })
    return redirectTo(`${HUB}/authorize?${asked}`, stateLine(binding, STATE_SECONDS))
  }

  /** Only the browser that began may finish: otherwise mallory could sign alice in to his own account. */
  const finish = async (request: HttpRequest, answer: URLSearchParams): Promise<Page> => {
    const transaction = transactions.get(answer.get('state') ?? '')
    const binding = readCookie(request.headers.get('cookie') ?? '', STATE_COOKIE)
    if (!transaction || binding !== transaction.binding) {
      throw new AuthError('sso.state', 'this browser did not begin this sign-in: the state cookie is missing')
    }
    transactions.delete(answer.get('state') ?? '')
    const grant = { code: answer.get('code') ?? '', client_id: client.id, code_verifier: transaction.verifier }
    const granted = json<{ readonly idToken?: string }>(await network.call(party, `${HUB}/token`, grant))
    const claims = await idTokens.verify(granted.idToken ?? '')
    if (claims.nonce !== transaction.nonce) throw new AuthError('sso.response', 'the ID token is of another sign-in')
    // The state has shown that this browser asked for it, which is the check that a forged request would fail.
    const { session, setCookie } = await auth.logIn({ subject: claims.sub }, { ...request, method: 'GET' })
    sessions.set(String(claims.sid), session.id)
    const answered = redirectTo('/', setCookie)
    answered.headers.append('set-cookie', stateLine('', 0))
    return answered
  }

  const callback = async (request: HttpRequest, query: URLSearchParams): Promise<Page> => {
    if (request.method === 'GET') return finish(request, aside.get(query.get('state') ?? '') ?? query)
    const form = new URLSearchParams(String(request.body))
    if (stateCookie !== 'aside') return finish(request, form)
    const state = form.get('state') ?? ''
    aside.set(state, form)
    return redirectTo(`/callback?state=${encodeURIComponent(state)}`)
  }

  const backChannel = async (request: HttpRequest): Promise<Page> => {
    const { events, sid } = await logoutTokens.verify(
      new URLSearchParams(String(request.body)).get('logout_token') ?? '',
    )
    if (typeof events !== 'object' || events === null || !(LOGOUT_EVENT in events)) {
      throw new AuthError('sso.response', 'this is no logout token')
    }
    const session = sessions.get(String(sid))
    if (session !== undefined) await auth.revoke({ session })
    return jsonResponse(200, { says: 'the session is ended' })
  }

  const signOut = async (request: HttpRequest): Promise<Page> => {
    auth.csrf(request)
    const { setCookie } = await auth.signOut(request)
    return redirectTo(`${HUB}/end-session?client_id=${client.id}`, setCookie)
  }

  const home = async (request: HttpRequest): Promise<Page> => {
    const login = await auth.identify(request)
    return login ? jsonResponse(200, { says: `the page of ${login.subject}` }) : redirectTo('/sign-in')
  }

  const route = async (request: HttpRequest): Promise<Page> => {
    const { pathname, searchParams } = new URL(request.url, origin)
    if (auth.covers(pathname)) return auth.handler(request)
    switch (pathname) {
      case '/':
        return home(request)
      case '/sign-in':
        return begin()
      case '/callback':
        return callback(request, searchParams)
      case '/back-channel-logout':
        return backChannel(request)
      case '/sign-out':
        return signOut(request)
      case '/goodbye':
        return jsonResponse(200, { says: 'goodbye' })
      case '/settings':
        return jsonResponse(200, { says: `the settings of ${(await auth.require(request)).subject}` })
      default:
        throw new AuthError('request.not_found', 'there is nothing at this path')
    }
  }
  return {
    async handle(request) {
      try {
        return await route(request)
      } catch (error) {
        return problemResponse(error, request)
      }
    },
  }
}
