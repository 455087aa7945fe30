/** The provider's opaque tokens and refresh tokens, for our own routes of introspection and revocation. */
import type { AccessToken, Provider, RefreshToken } from 'oidc-provider'
import type { ProviderToken, ProviderTokens } from '../http/oauth-clients.ts'
import type { JsonObject } from '../json.ts'
import type { Logins } from '../login/login.ts'
import type { DerivedTokens } from './derived-tokens.ts'
import type { GrantMembers } from './grant-members.ts'
import type { Library } from './library.ts'

export function createProviderTokens(through: {
  readonly library: Library
  readonly logins: Pick<Logins, 'findLive'>
  readonly members: GrantMembers
  readonly derived: DerivedTokens
}): ProviderTokens {
  const { library, logins, members, derived } = through

  const isAlive = async (provider: Provider, token: AccessToken | RefreshToken): Promise<boolean> => {
    const { grantId, sessionUid, accountId } = token
    if (!token.isValid || !grantId || !sessionUid) return false
    const [grant, session] = await Promise.all([provider.Grant.find(grantId), logins.findLive(sessionUid)])
    return grant?.clientId === token.clientId && session?.subject === accountId
  }

  const claimsOf = (provider: Provider, token: AccessToken | RefreshToken): JsonObject => ({
    iss: provider.issuer,
    sub: token.accountId,
    client_id: token.clientId ?? '',
    iat: token.iat,
    ...(token.exp === undefined ? {} : { exp: token.exp }),
    ...(token.scope ? { scope: token.scope } : {}),
    ...(token.kind === 'AccessToken' ? { token_type: 'Bearer' } : {}),
  })

  return {
    async find(text): Promise<ProviderToken | null> {
      // Neither a JWT nor one of our own refresh tokens, which have dots.
      if (!/^[A-Za-z0-9_-]{20,128}$/.test(text)) return null
      const provider = await library.current()
      const token = (await provider.AccessToken.find(text)) ?? (await provider.RefreshToken.find(text))
      if (!token?.clientId) return null
      return {
        clientId: token.clientId,
        claims: (await isAlive(provider, token)) ? claimsOf(provider, token) : null,
        async revoke() {
          if (token.kind === 'RefreshToken' && token.grantId) await members.revoke(token.grantId)
          else await token.destroy()
        },
      }
    },
    ended: (tokenId) => derived.end(tokenId),
  }
}
