/** `POST /oauth/introspect` (RFC 7662) and `POST /oauth/revoke` (RFC 7009). */
import { AuthError, type AuthErrorCode, isAuthError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { Login } from '../../login/login.ts'
import { type Fields, readFields } from '../body.ts'
import { bearerToken } from '../credentials.ts'
import { type HttpRequest, type HttpResponse, jsonResponse } from '../message.ts'
import type { OauthClient } from '../oauth-clients.ts'
import { credentialsMissing, problemResponse, toProblem } from '../problem.ts'
import type { Route, RouteContext } from '../router.ts'
import type { RouteParts } from './parts.ts'

export function oauthRoutes(parts: RouteParts): readonly Route[] {
  const inOauthForm =
    (handler: (request: HttpRequest) => Promise<HttpResponse>) =>
    ({ request }: RouteContext): Promise<HttpResponse> =>
      handler(request).catch((error: unknown) => oauthError(error, request, parts))
  return [
    {
      method: 'POST',
      path: '/oauth/introspect',
      withoutCsrf: true,
      handle: inOauthForm((request) => introspect(parts, request)),
    },
    {
      method: 'POST',
      path: '/oauth/revoke',
      withoutCsrf: true,
      handle: inOauthForm((request) => revoke(parts, request)),
    },
  ]
}

type Caller =
  | { readonly kind: 'operator' }
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'client'; readonly client: OauthClient }

/**
 * An operator key may ask about every token; a registered client about its own and those for the audiences that it serves;
 * an access token of ours only about tokens of its own session: so the endpoint is no way to scan for tokens (RFC 7662 §4).
 * Whatever else is asked about, and refresh tokens that only we take, is not active.
 */
async function introspect(parts: RouteParts, request: HttpRequest): Promise<HttpResponse> {
  const authorization = request.headers.get('authorization')
  // Whoever brings nothing is told so first.
  if (authorization === null && !parts.oauthClients) throw credentialsMissing()
  const fields = await readForm(request)
  const caller = await callerOf(parts, request, fields)
  const token = fields.required('token')
  const provided = await parts.providerTokens?.find(token)
  if (provided) {
    const isOwn = caller.kind === 'operator' || (caller.kind === 'client' && caller.client.id === provided.clientId)
    return jsonResponse(200, isOwn && provided.claims ? { active: true, ...provided.claims } : { active: false })
  }
  const login = await parts.logins.introspect(token)
  return jsonResponse(
    200,
    login && mayAsk(caller, login) ? { active: true, ...introspection(login) } : { active: false },
  )
}

async function callerOf(parts: RouteParts, request: HttpRequest, fields: Fields): Promise<Caller> {
  const authorization = request.headers.get('authorization')
  if (authorization === null || (parts.oauthClients && /^basic /i.test(authorization))) {
    const client = await parts.oauthClients?.authenticate(request, fields)
    if (!client) throw credentialsMissing()
    if (client.isPublic) throw new AuthError('client.invalid', 'this client has nothing to prove itself with')
    return { kind: 'client', client }
  }
  const presented = bearerToken(authorization)
  if (parts.isOperatorKey?.(presented)) return { kind: 'operator' }
  const { sessionId } = await parts.logins.verify(presented)
  return { kind: 'session', sessionId }
}

function mayAsk(caller: Caller, { sessionId, token }: Login): boolean {
  if (caller.kind === 'operator') return true
  if (caller.kind === 'session') return caller.sessionId === sessionId
  const { id, serves } = caller.client
  return token?.client_id === id || [token?.aud].flat().some((one) => typeof one === 'string' && serves.includes(one))
}

const INTROSPECTED = [
  'iss',
  'sub',
  'aud',
  'client_id',
  'scope',
  'exp',
  'iat',
  'nbf',
  'jti',
  'sid',
  'acr',
  'auth_time',
  'cnf',
  'act',
]

function introspection(login: Login): JsonObject {
  const carried = login.token ?? {}
  const shown = Object.entries(carried).filter(([name]) => INTROSPECTED.includes(name))
  return { ...Object.fromEntries(shown), token_type: 'Bearer' }
}

/**
 * A registered client ends its own tokens, after proving itself if it can; whoever holds a token that was given to no
 * registered client may end it. A refresh token ends its session, or the provider's grant, and so all of its tokens; an access
 * token only itself. 200 also for a token that is unknown, spent or expired (RFC 7009 §2.2).
 */
async function revoke(parts: RouteParts, request: HttpRequest): Promise<HttpResponse> {
  const { logins } = parts
  const fields = await readForm(request)
  const client = (await parts.oauthClients?.authenticate(request, fields)) ?? null
  const token = fields.required('token')
  const provided = await parts.providerTokens?.find(token)
  const session = provided ? null : await logins.findByRefreshToken(token)
  if (provided) {
    await checkOwner(parts, client, provided.clientId)
    await provided.revoke()
  } else if (session) {
    await checkOwner(parts, client, session.clientId)
    await logins.logOut(session.id)
  } else {
    const { jti, client_id: owner } = (await logins.introspect(token))?.token ?? {}
    if (typeof jti === 'string') {
      await checkOwner(parts, client, typeof owner === 'string' ? owner : null)
      await logins.revoke({ token: jti })
      await parts.providerTokens?.ended(jti)
    }
  }
  return { ...jsonResponse(200, {}), body: null }
}

/** RFC 7009 §2.1: a token of another client is refused, not ended. @throws AuthError `client.invalid`, `policy.denied` */
async function checkOwner(parts: RouteParts, client: OauthClient | null, owner: string | null): Promise<void> {
  if (owner !== null && client?.id === owner) return
  if (client) throw new AuthError('policy.denied', 'the token was not issued to this client')
  if (owner !== null && (await parts.oauthClients?.isRegistered(owner))) {
    throw new AuthError('client.invalid', 'the client that the token was issued to must authenticate')
  }
}

async function readForm(request: HttpRequest): Promise<Fields> {
  const fields = await readFields(request)
  if (!fields.form) throw new AuthError('request.media_type', 'send application/x-www-form-urlencoded')
  return fields
}

/** RFC 6749 §5.2 and RFC 6750 §3.1; the rest are requests that were wrong in themselves. */
const ERRORS: Readonly<Partial<Record<AuthErrorCode, string>>> = {
  'credentials.missing': 'invalid_client',
  'credentials.scheme': 'invalid_client',
  'client.invalid': 'invalid_client',
  'policy.denied': 'unauthorized_client',
  'keys.unavailable': 'temporarily_unavailable',
}

function oauthError(error: unknown, request: HttpRequest, parts: RouteParts): HttpResponse {
  // The frame (status, `WWW-Authenticate`, `Retry-After`) is that of the problem; only the body has OAuth's form.
  const options = {
    ...(parts.onError ? { onError: parts.onError } : {}),
    ...(isAuthError(error, 'policy.denied') ? { status: 400 } : {}),
  }
  const response = problemResponse(
    error,
    { headers: { get: (name) => (name === 'accept' ? null : request.headers.get(name)) } },
    options,
  )
  const { detail } = toProblem(error)
  response.headers.set('Content-Type', 'application/json')
  // RFC 6749 §5.2: the scheme that the client may use.
  if (isAuthError(error, 'client.invalid')) response.headers.set('WWW-Authenticate', 'Basic realm="oauth"')
  const body = {
    error: wireError(error, response.status),
    error_description: detail.replaceAll(/[^\x20-\x7e]|["\\]/g, ' '),
  }
  return { ...response, body: JSON.stringify(body) }
}

function wireError(error: unknown, status: number): string {
  if (status === 503) return 'temporarily_unavailable'
  if (!isAuthError(error) || status >= 500) return 'server_error'
  return ERRORS[error.code] ?? (error.code.startsWith('token.') ? 'invalid_token' : 'invalid_request')
}
