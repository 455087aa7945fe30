/** `POST /auth/token`: the bridge from a cookie to an audience-bound token. `POST /auth/refresh`. `GET /.well-known/jwks.json`. */
import { AuthError } from '../../errors.ts'
import { readFields } from '../body.ts'
import { isBrowser, presentedBy } from '../identify.ts'
import { tokensJson } from '../logged-in.ts'
import { type HttpResponse, jsonResponse } from '../message.ts'
import type { Route } from '../router.ts'
import type { RouteParts } from './parts.ts'

/** How long a verifier may keep the key set: far shorter than the notice at which keys are published early. */
const JWKS_MAX_AGE_SECONDS = 600

export function tokenRoutes(parts: RouteParts): readonly Route[] {
  const { logins, identify } = parts
  return [
    {
      method: 'POST',
      path: '/auth/token',
      async handle({ request }) {
        const login = await identify.require(presentedBy(request))
        // A token must not buy a token for another audience: whoever holds it would gain by that.
        if (login.credential !== 'cookie') {
          throw new AuthError('policy.denied', 'the token bridge takes the session cookie, not an access token')
        }
        const fields = await readFields(request)
        const audience = fields.text('audience')
        const scope = fields.text('scope')
        const minted = await logins.mint(login, {
          ...(audience === null ? {} : { audience }),
          ...(scope === null ? {} : { scope }),
          browser: isBrowser(request),
        })
        return jsonResponse(200, tokensJson(minted))
      },
    },
    {
      method: 'POST',
      path: '/auth/refresh',
      withoutCsrf: true,
      async handle({ request }) {
        const fields = await readFields(request)
        return jsonResponse(200, tokensJson(await logins.refresh(fields.required('refresh_token'))))
      },
    },
    { method: 'GET', path: '/.well-known/jwks.json', handle: () => keySet(parts) },
  ]
}

/** Public, the same for everybody: the one answer that may be cached. */
async function keySet({ keys }: RouteParts): Promise<HttpResponse> {
  const headers = new Headers({
    'Content-Type': 'application/jwk-set+json',
    'Cache-Control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
    'X-Content-Type-Options': 'nosniff',
    // Public keys: any page may read them.
    'Access-Control-Allow-Origin': '*',
  })
  return { status: 200, headers, body: JSON.stringify(await keys.publicKeys()) }
}
