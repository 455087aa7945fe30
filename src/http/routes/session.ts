/** `GET /auth/session`: who am I. `POST /auth/sign-out`. */
import { AuthError } from '../../errors.ts'
import type { Login, Logins } from '../../login/login.ts'
import type { Receipt } from '../../revocation/revoke.ts'
import { type Fields, readFields } from '../body.ts'
import { presentedBy } from '../identify.ts'
import { localPath } from '../local-path.ts'
import { respondLoggedIn } from '../logged-in.ts'
import { type HttpResponse, jsonResponse, redirectResponse } from '../message.ts'
import type { Route } from '../router.ts'
import { endPresented } from '../sign-out.ts'
import { type RouteParts, receiptJson } from './parts.ts'

export function sessionRoutes(parts: RouteParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/auth/session',
      handle: async ({ request }) =>
        jsonResponse(200, loginJson(await parts.identify.require(presentedBy(request)), parts.logins.modes)),
    },
    { method: 'POST', path: '/auth/sign-out', handle: ({ request }) => signOut(parts, request) },
  ]
}

/** A login as its owner sees it; `convert_to`: what the application wants it to become (`POST /auth/convert`). A token alone does not tell when its session began: `created_at` is null then. */
export function loginJson(login: Login, modes?: Logins['modes']): Record<string, unknown> {
  const convertTo = modes?.convertTo(login.mode, login.session?.clientId ?? null) ?? null
  return {
    subject: login.subject,
    claims: login.claims,
    session: {
      id: login.sessionId,
      mode: login.mode,
      credential: login.credential,
      created_at: login.session?.createdAt ?? null,
      expires_at: login.expiresAt,
      authenticated_at: login.authenticatedAt,
      acr: login.acr,
      amr: login.amr,
    },
    ...(convertTo === null ? {} : { convert_to: convertTo }),
  }
}

/**
 * Ends the session behind whatever was presented: everywhere, then expires our cookie. A browser that holds several accounts
 * is signed out of all of them, for they share the cookie; `scope=account` ends the active one and switches to another.
 * Without a live session it does nothing and says so.
 */
async function signOut(parts: RouteParts, request: Parameters<typeof readFields>[0]): Promise<HttpResponse> {
  const { logins, identify, cookie } = parts
  const fields = await readFields(request)
  const scope = fields.text('scope') ?? 'browser'
  if (scope !== 'browser' && scope !== 'account')
    throw new AuthError('request.malformed', 'scope is browser or account')
  const presented = presentedBy(request)
  const login = await identify.identify(presented)
  const value = presented.cookie === null ? null : cookie.read(presented.cookie)
  if (scope === 'account' && login?.credential === 'cookie' && value !== null) {
    const next = await logins.leaveAccount(value)
    if (next) {
      const receipt = next.receipt && receiptJson(next.receipt)
      return respondLoggedIn(parts, next, answerTo(fields, { signed_out: true, receipt }))
    }
  }
  const response = signedOut(fields, await endPresented(logins, login, value))
  if (login?.credential === 'token' || value === null) return response
  response.headers.append('Set-Cookie', cookie.expire())
  if (parts.clearSiteData?.length) {
    response.headers.set('Clear-Site-Data', parts.clearSiteData.map((kind) => `"${kind}"`).join(', '))
  }
  return response
}

function signedOut(fields: Fields, receipt: Receipt | null): HttpResponse {
  if (fields.form) return redirectResponse(localPath(fields.text('return_to')) ?? '/')
  return jsonResponse(200, { signed_out: receipt !== null, receipt: receipt && receiptJson(receipt) })
}

/** How to answer a form or a JSON client that got a new cookie or pair. */
export function answerTo(fields: Fields, extra: Readonly<Record<string, unknown>> = {}) {
  return { form: fields.form, returnTo: fields.text('return_to'), extra }
}
