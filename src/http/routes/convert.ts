/** `POST /auth/convert`: during a change of mode, a session's credential for one of the mode that is issued now. */
import { AuthError } from '../../errors.ts'
import { readFields } from '../body.ts'
import { isBrowser } from '../identify.ts'
import { respondLoggedIn, tokensJson } from '../logged-in.ts'
import { jsonResponse } from '../message.ts'
import { credentialsMissing } from '../problem.ts'
import type { Route } from '../router.ts'
import type { RouteParts } from './parts.ts'
import { answerTo } from './session.ts'

/**
 * With `refresh_token`: sets the cookie of the same session. With the cookie: answers a pair of tokens and removes the cookie,
 * in one answer, so that the client has either all of it or nothing. Whatever was presented goes on working until the new
 * credential has been used once, and whoever asks again gets the same.
 */
export function convertRoute(parts: RouteParts): Route {
  const { logins, cookie } = parts
  return {
    method: 'POST',
    path: '/auth/convert',
    async handle({ request }) {
      if (request.headers.get('authorization') !== null) {
        throw new AuthError('policy.denied', 'an access token is not converted: send the refresh token, or the cookie')
      }
      const fields = await readFields(request)
      const refreshToken = fields.text('refresh_token')
      const audience = fields.text('audience')
      const scope = fields.text('scope')
      const header = request.headers.get('cookie')
      const presented = refreshToken === null && header !== null ? cookie.read(header) : null
      if (refreshToken === null && presented === null) throw credentialsMissing()
      const converted = await logins.convert({
        ...(refreshToken === null ? {} : { refreshToken }),
        ...(presented === null ? {} : { cookie: presented }),
        ...(audience === null ? {} : { audience: [audience] }),
        ...(scope === null ? {} : { scope }),
        browser: isBrowser(request),
      })
      if (!converted.tokens) return respondLoggedIn(parts, converted, answerTo(fields))
      const response = jsonResponse(200, tokensJson(converted.tokens))
      response.headers.append('Set-Cookie', cookie.expire())
      return response
    },
  }
}
