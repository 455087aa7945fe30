/** The provider's routes: each request is handed to the library with what it may know of it, and nothing else. */
import { AuthError } from '../errors.ts'
import { readBytes } from '../http/body.ts'
import { presentedBy } from '../http/identify.ts'
import { type HttpRequest, type HttpResponse, redirectResponse } from '../http/message.ts'
import type { Route } from '../http/router.ts'
import { endPresented } from '../http/sign-out.ts'
import type { Login } from '../login/login.ts'
import { codeEntry } from './device-flow.ts'
import { inRequest } from './in-request.ts'
import { answerOf } from './koa-answer.ts'
import type { Library } from './library.ts'
import type { Logouts } from './logouts.ts'
import { oauthError } from './oauth-errors.ts'
import { pagePolicy } from './page-policy.ts'
import type { ProviderParts } from './parts.ts'
import { PATHS } from './paths.ts'
import type { SessionClientsStore } from './session-clients.ts'

/** Bytes of a body that the library reads at most (its own limit is 56 kB). */
const BODY_LIMIT = 48 * 1024

/** Headers that the library gets to see on routes that clients call; cookies are nothing to them. */
const FOR_CLIENTS = [
  'accept',
  'authorization',
  'content-type',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
]
/** And on those that people come to. */
const FOR_PEOPLE = ['accept', 'content-type', 'user-agent']

export function providerRoutes(
  parts: ProviderParts,
  library: Library,
  logouts: Pick<Logouts, 'left'>,
  sessionClients: Pick<SessionClientsStore, 'find'>,
): readonly Route[] {
  const { issuer, cookie, logins } = parts
  const publicHost = new URL(issuer).host
  const scheme = new URL(issuer).protocol.slice(0, -1)
  const ownCookie = `${scheme === 'https' ? '__Host-' : ''}sojourn-oidc`

  const headersFor = (request: HttpRequest, names: readonly string[]): Record<string, string> => {
    const headers: Record<string, string> = { host: publicHost, 'x-forwarded-proto': scheme }
    for (const name of names) {
      const value = request.headers.get(name)
      if (value !== null) headers[name] = value
    }
    return headers
  }

  const bodyOf = async (request: HttpRequest): Promise<Uint8Array> =>
    request.method === 'POST' ? readBytes(request, BODY_LIMIT) : new Uint8Array(0)

  const hand = async (
    request: HttpRequest,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): Promise<HttpResponse> => {
    const provider = await library.current()
    return answerOf(provider.callback(), { method: request.method, url: url.pathname + url.search, headers, body })
  }

  /** A route that clients call. */
  const client = (method: Route['method'], path: string): Route => ({
    method,
    path,
    withoutCsrf: true,
    async handle({ request, url }) {
      try {
        const body = await bodyOf(request)
        return await inRequest(NOBODY, () => hand(request, url, headersFor(request, FOR_CLIENTS), body))
      } catch (error) {
        return oauthError(error)
      }
    },
  })

  /** "Stay signed in", said to a client that asked for a logout: that one client is left all the same. Its id, or null. */
  const askedBy = async (login: Login, body: Uint8Array): Promise<string | null> => {
    if (new URLSearchParams(Buffer.from(body).toString()).has('logout')) return null
    const clientId = (await sessionClients.find(login.sessionId))?.state?.clientId
    return typeof clientId === 'string' ? clientId : null
  }

  /**
   * A route that people come to: their login is found here, and the library is told of it by its own cookie.
   * @param start where whoever has not been there goes first: the library fails without a session of its own
   */
  const people = (method: Route['method'], path: string, start?: string): Route => ({
    method,
    path,
    async handle({ request, url }) {
      const login = await loginOf(parts, request)
      if (start !== undefined && !login && cookiesOf(request, ownCookie).length === 0) return redirectResponse(start)
      const headers = headersFor(request, FOR_PEOPLE)
      const kept = cookiesOf(request, login ? null : ownCookie)
      headers.cookie = [...kept, ...(login ? [`${ownCookie}=${login.sessionId}`] : [])].join('; ')
      let expired: string | null = null
      const signOut = async (): Promise<void> => {
        const header = request.headers.get('cookie')
        await endPresented(logins, login, header === null ? null : cookie.read(header))
        expired = cookie.expire()
      }
      const body = await bodyOf(request)
      const leaving = login && path === PATHS.logoutConfirm ? await askedBy(login, body) : null
      const response = await inRequest({ login, signOut }, () => hand(request, url, headers, body))
      if (login && leaving !== null && response.status === 303) await logouts.left(login.sessionId, leaving)
      if (login) dropCookie(response, ownCookie)
      if (expired !== null) response.headers.append('Set-Cookie', expired)
      return pagePolicy(response)
    },
  })

  return [
    client('GET', PATHS.discovery),
    client('OPTIONS', PATHS.discovery),
    client('GET', PATHS.metadata),
    client('OPTIONS', PATHS.metadata),
    client('POST', PATHS.token),
    client('OPTIONS', PATHS.token),
    client('GET', PATHS.userinfo),
    client('POST', PATHS.userinfo),
    client('OPTIONS', PATHS.userinfo),
    client('POST', PATHS.par),
    client('OPTIONS', PATHS.par),
    client('POST', PATHS.deviceAuthorization),
    client('OPTIONS', PATHS.deviceAuthorization),
    codeEntry(parts, people('GET', PATHS.device)),
    codeEntry(parts, people('POST', PATHS.device, PATHS.device)),
    people('GET', `${PATHS.device}/{uid}`, PATHS.device),
    people('GET', PATHS.authorization),
    people('GET', `${PATHS.authorization}/{uid}`),
    people('GET', PATHS.logout),
    people('POST', PATHS.logoutConfirm),
    people('GET', PATHS.logoutSuccess),
  ]
}

export const NOBODY = {
  login: null,
  signOut: async () => {
    throw new AuthError('internal', 'nobody is logged in on this route')
  },
}

/** The cookie login of a browser; a bearer token is nothing to these routes. */
export async function loginOf(
  { identify }: Pick<ProviderParts, 'identify'>,
  request: HttpRequest,
): Promise<Login | null> {
  return identify.identify({ ...presentedBy(request), authorization: null })
}

/** The library's cookies of the request; its session's only where that is `allowed`. */
function cookiesOf(request: HttpRequest, allowed: string | null): readonly string[] {
  const pairs = (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter(
    (pair) => pair.startsWith('sojourn-oidc-') || (allowed !== null && pair.startsWith(`${allowed}=`)),
  )
}

/** What the library believes to be its session cookie is no cookie of the browser. */
function dropCookie(response: HttpResponse, name: string): void {
  const kept = response.headers.getSetCookie().filter((line) => !line.startsWith(`${name}=`))
  response.headers.delete('set-cookie')
  for (const line of kept) response.headers.append('set-cookie', line)
}
