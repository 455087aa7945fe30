/** All routes that need no accounts of our own, in one list. */
import { cookieCheckRoute } from '../logged-in.ts'
import type { Route } from '../router.ts'
import { accountRoutes } from './accounts.ts'
import { convertRoute } from './convert.ts'
import { oauthRoutes } from './oauth.ts'
import type { RouteParts } from './parts.ts'
import { sessionRoutes } from './session.ts'
import { sessionsRoutes } from './sessions.ts'
import { statusRoutes } from './status.ts'
import { tokenRoutes } from './tokens.ts'

export function authRoutes(parts: RouteParts): readonly Route[] {
  return [
    ...sessionRoutes(parts),
    ...sessionsRoutes(parts),
    ...accountRoutes(parts),
    ...tokenRoutes(parts),
    convertRoute(parts),
    ...oauthRoutes(parts),
    ...statusRoutes(parts),
    cookieCheckRoute(parts.cookie, parts.origins.origin),
  ]
}
