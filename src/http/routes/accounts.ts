/** `/auth/accounts`: the accounts that this browser holds, and switching between them. */
import { readFields } from '../body.ts'
import { respondLoggedIn } from '../logged-in.ts'
import { type HttpRequest, jsonResponse } from '../message.ts'
import { credentialsMissing } from '../problem.ts'
import type { Route } from '../router.ts'
import type { RouteParts } from './parts.ts'
import { answerTo } from './session.ts'

export function accountRoutes(parts: RouteParts): readonly Route[] {
  const { logins, cookie } = parts
  /** The router has checked CSRF; what decides here can only be the cookie. */
  const cookieOf = (request: HttpRequest): string => {
    const header = request.headers.get('cookie')
    const value = header === null || request.headers.get('authorization') !== null ? null : cookie.read(header)
    if (value === null) throw credentialsMissing()
    return value
  }
  return [
    {
      method: 'GET',
      path: '/auth/accounts',
      async handle({ request }) {
        const accounts = await logins.accountsOf(cookieOf(request))
        return jsonResponse(200, {
          accounts: accounts.map(({ sessionId, subject, active }) => ({ session_id: sessionId, subject, active })),
        })
      },
    },
    {
      method: 'POST',
      path: '/auth/accounts/switch',
      async handle({ request }) {
        const value = cookieOf(request)
        const fields = await readFields(request)
        return respondLoggedIn(
          parts,
          await logins.switchAccount(value, fields.required('session_id')),
          answerTo(fields),
        )
      },
    },
  ]
}
