/** `/auth/sessions`: my devices; each can be signed out, by JSON or by plain forms. */
import { AuthError } from '../../errors.ts'
import type { Login } from '../../login/login.ts'
import { type Fields, readFields } from '../body.ts'
import { presentedBy } from '../identify.ts'
import { localPath } from '../local-path.ts'
import { respondLoggedIn, sessionJson } from '../logged-in.ts'
import { type HttpResponse, jsonResponse, redirectResponse } from '../message.ts'
import type { Route, RouteContext } from '../router.ts'
import { type RouteParts, receiptJson } from './parts.ts'
import { answerTo } from './session.ts'

const PAGE = 50
const MAX_PAGE = 100

export function sessionsRoutes(parts: RouteParts): readonly Route[] {
  const whoAsks = ({ request }: RouteContext): Promise<Login> => parts.identify.require(presentedBy(request))
  return [
    {
      method: 'GET',
      path: '/auth/sessions',
      handle: async (context) => list(parts, await whoAsks(context), context.url),
    },
    {
      method: 'DELETE',
      path: '/auth/sessions',
      async handle(context) {
        const login = await whoAsks(context)
        return endMany(parts, login, context.url.searchParams.get('scope'), null)
      },
    },
    {
      method: 'DELETE',
      path: '/auth/sessions/{id}',
      handle: async (context) => endOne(parts, await whoAsks(context), context.params.id ?? '', null),
    },
    {
      method: 'POST',
      path: '/auth/sessions/end',
      async handle(context) {
        const login = await whoAsks(context)
        const fields = await readFields(context.request)
        return endMany(parts, login, fields.text('scope'), fields)
      },
    },
    {
      method: 'POST',
      path: '/auth/sessions/{id}/end',
      async handle(context) {
        const login = await whoAsks(context)
        return endOne(parts, login, context.params.id ?? '', await readFields(context.request))
      },
    },
  ]
}

async function list(parts: RouteParts, login: Login, url: URL): Promise<HttpResponse> {
  const limit = url.searchParams.get('limit') ?? String(PAGE)
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_PAGE) {
    throw new AuthError('request.malformed', `limit is a number from 1 to ${MAX_PAGE}`)
  }
  const page = await parts.logins.sessionsOf(login.subject, url.searchParams.get('cursor'), Number(limit))
  return jsonResponse(200, {
    sessions: page.sessions.map((session) => ({ ...sessionJson(session), current: session.id === login.sessionId })),
    cursor: page.cursor,
  })
}

/** Somebody else's session is answered as one that does not exist. */
async function endOne(parts: RouteParts, login: Login, id: string, fields: Fields | null): Promise<HttpResponse> {
  const session = await parts.logins.findSession(id)
  if (session?.subject !== login.subject) throw new AuthError('session.missing', 'you have no session with this id')
  const receipt = await parts.logins.logOut(session.id)
  const response = ended(fields, { ended: 1, receipt: receiptJson(receipt) })
  if (session.id === login.sessionId) expireOurs(parts, login, response)
  return response
}

async function endMany(
  parts: RouteParts,
  login: Login,
  scope: string | null,
  fields: Fields | null,
): Promise<HttpResponse> {
  if (scope === 'all') {
    const receipt = await parts.logins.revoke({ subject: login.subject })
    const response = ended(fields, { receipt: receiptJson(receipt) })
    expireOurs(parts, login, response)
    return response
  }
  if (scope !== 'others') throw new AuthError('request.malformed', 'scope is others or all')
  // The caller's own session is re-created at the new generation: it gets a new cookie or pair.
  const kept = await parts.logins.revokeOthers(login)
  if (!kept) throw new AuthError('session.ended', 'the session has ended; sign in again')
  const extra = { ended: kept.ended, receipt: receiptJson(kept.receipt) }
  return respondLoggedIn(parts, kept, fields ? answerTo(fields, extra) : { form: false, extra })
}

function ended(fields: Fields | null, facts: Readonly<Record<string, unknown>>): HttpResponse {
  return fields?.form ? redirectResponse(localPath(fields.text('return_to')) ?? '/') : jsonResponse(200, facts)
}

function expireOurs(parts: RouteParts, login: Login, response: HttpResponse): void {
  if (login.credential === 'cookie') response.headers.append('Set-Cookie', parts.cookie.expire())
}
