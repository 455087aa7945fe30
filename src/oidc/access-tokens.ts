/** Access tokens for a resource: MINT makes their claims, just before the library signs them. */
import { errors, type KoaContextWithOIDC, type UnknownObject } from 'oidc-provider'
import { AuthError, isAuthError } from '../errors.ts'
import { accessTokenClaims } from '../token/access-tokens.ts'
import type { GrantMembers } from './grant-members.ts'
import type { ProviderParts } from './parts.ts'

/** A token of the library as far as this needs it; `expiresIn` is what the client is told. */
interface LibraryToken {
  readonly kind: string
  readonly aud?: string | string[]
  readonly scope?: string
  readonly clientId?: string
  readonly grantId?: string
  readonly sessionUid?: string
  expiresIn?: number
}

export type Customize = (
  ctx: KoaContextWithOIDC,
  token: object,
  structured: { payload: UnknownObject },
) => Promise<void>

/**
 * `formats.customizers.jwt`: every claim is ours. The session is read here, after the time; what can end the token is told
 * of it before it exists, and looked at once more after that.
 */
export function createCustomizer(
  parts: Pick<ProviderParts, 'issuer' | 'logins' | 'clientEnds' | 'clients'>,
  members: GrantMembers,
): Customize {
  const { issuer, logins, clientEnds, clients } = parts
  return async (_ctx, given, structured) => {
    const token: LibraryToken = given as LibraryToken
    // A token of a client's own has no session yet; whoever issues those has made its claims.
    if (token.kind !== 'AccessToken') return
    const { aud, scope, clientId, grantId, sessionUid } = token
    if (typeof aud !== 'string' || !clientId || !grantId || !sessionUid) {
      throw new AuthError('internal', 'an access token lacks its audience, client, grant or session')
    }
    const described = await logins
      .describeToken(sessionUid, { audience: [aud], scope: scope || null, clientId })
      .catch(asTarget)
    if (!described) throw new errors.InvalidGrant('the session has ended')
    const { input } = described
    const expiresAt = input.issuedAt + input.lifetimeSeconds
    await clientEnds.noteToken(clientId, input.tokenId, expiresAt)
    const granted = await members.addToken(grantId, input.tokenId, expiresAt)
    if (!granted || !(await clients.find(clientId))) throw new errors.InvalidGrant('the grant has been revoked')
    structured.payload = { ...accessTokenClaims(issuer, input) }
    token.expiresIn = input.lifetimeSeconds
  }
}

function asTarget(error: unknown): never {
  if (isAuthError(error, 'token.audience_unknown')) throw new errors.InvalidTarget()
  throw error
}
