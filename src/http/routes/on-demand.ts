/** Our own routes as an application has them: known at once, loaded when one of them is first asked for. */
import { AuthError } from '../../errors.ts'
import { once } from '../../on-demand.ts'
import { COOKIE_CHECK_PATH } from '../logged-in.ts'
import type { Route } from '../router.ts'
import type { RouteParts } from './parts.ts'

type Known = Omit<Route, 'handle'>

/** As `authRoutes` has them; a test holds both to be the same. */
const KNOWN: readonly Known[] = [
  { method: 'GET', path: '/auth/session' },
  { method: 'POST', path: '/auth/sign-out' },
  { method: 'GET', path: '/auth/sessions' },
  { method: 'DELETE', path: '/auth/sessions' },
  { method: 'DELETE', path: '/auth/sessions/{id}' },
  { method: 'POST', path: '/auth/sessions/end' },
  { method: 'POST', path: '/auth/sessions/{id}/end' },
  { method: 'GET', path: '/auth/accounts' },
  { method: 'POST', path: '/auth/accounts/switch' },
  { method: 'POST', path: '/auth/token' },
  { method: 'POST', path: '/auth/refresh', withoutCsrf: true },
  { method: 'GET', path: '/.well-known/jwks.json' },
  { method: 'POST', path: '/auth/convert' },
  { method: 'POST', path: '/oauth/introspect', withoutCsrf: true },
  { method: 'POST', path: '/oauth/revoke', withoutCsrf: true },
]
/** Where an audience is `external`. */
const STATUS: readonly Known[] = [
  { method: 'GET', path: '/status/lists' },
  { method: 'GET', path: '/status/{n}' },
]
const COOKIE_CHECK: Known = { method: 'GET', path: COOKIE_CHECK_PATH }

export interface AuthRoutes {
  readonly routes: readonly Route[]
  load(): Promise<unknown>
}

export function authRoutesOnDemand(parts: RouteParts): AuthRoutes {
  const load = once(async () => {
    const { authRoutes } = await import('./auth-routes.ts')
    return authRoutes(parts)
  })
  const status = parts.logins.statusLists === null ? [] : STATUS
  const routes = [...KNOWN, ...status, COOKIE_CHECK].map((known): Route => {
    const isMeant = (route: Route): boolean => route.method === known.method && route.path === known.path
    return {
      ...known,
      async handle(context) {
        const route = (await load()).find(isMeant)
        if (!route) throw new AuthError('request.not_found', 'there is nothing at this path')
        return route.handle(context)
      },
    }
  })
  return { routes, load }
}
