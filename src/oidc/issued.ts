/** Tokens that we mint at the token endpoint ourselves: what comes before and after each. */
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { type AuthErrorCode, isAuthError } from '../errors.ts'
import type { TokenTerms } from '../login/described-token.ts'
import type { Client } from './client.ts'
import type { DerivedTokens } from './derived-tokens.ts'
import type { GrantParams } from './grant-terms.ts'
import type { ProviderParts } from './parts.ts'

export type GrantParts = Pick<
  ProviderParts,
  'issuer' | 'logins' | 'records' | 'clock' | 'audiences' | 'clients' | 'clientEnds' | 'onEvent'
> & { readonly derived: DerivedTokens }

export type GrantHandler = (ctx: KoaContextWithOIDC) => Promise<void>

export interface GrantRequest {
  /** Authenticated, and allowed to use this grant. */
  readonly client: Client
  readonly params: GrantParams
}

const AWAY: readonly AuthErrorCode[] = [
  'store.unavailable',
  'keys.unavailable',
  'revocation.stale',
  'revocation.pending',
]

/** A handler that gets the client as we know it, and whose failures of ours are told in OAuth's words. */
export function grantHandler(
  { clients }: Pick<GrantParts, 'clients'>,
  handle: (request: GrantRequest, ctx: KoaContextWithOIDC) => Promise<void>,
): GrantHandler {
  return async (ctx) => {
    try {
      const client = await clients.find(ctx.oidc.client?.clientId ?? '')
      if (!client) throw new errors.InvalidClient('the client is no more')
      await handle({ client, params: ctx.oidc.params ?? {} }, ctx)
    } catch (error) {
      if (isAuthError(error, 'token.audience_unknown'))
        throw new errors.InvalidTarget('no token is issued for this audience')
      if (isAuthError(error) && AWAY.includes(error.code)) {
        throw new errors.TemporarilyUnavailable('try again in a moment', error)
      }
      throw error
    }
  }
}

export interface Issued {
  readonly tokenId: string
  readonly expiresAt: number
  readonly response: Readonly<Record<string, unknown>>
}

/**
 * A token of the session for the client, noted as the client's before it is handed out.
 * @throws InvalidGrant when the session, or meanwhile the client, is no more
 */
export async function issueTo(
  { logins, clock, clients, clientEnds, onEvent }: GrantParts,
  client: Client,
  sessionId: string,
  terms: Omit<TokenTerms, 'clientId'>,
  grant: string,
): Promise<Issued> {
  const minted = await logins.mintOn(sessionId, { ...terms, clientId: client.client_id })
  if (!minted) throw new errors.InvalidGrant('the session has ended')
  const { tokenId, session, issued } = minted
  await clientEnds.noteToken(client.client_id, tokenId, issued.expiresAt)
  if (!(await clients.find(client.client_id))) {
    await logins.revoke({ token: tokenId })
    throw new errors.InvalidGrant('the client is no more')
  }
  await onEvent({
    action: 'oidc.tokens',
    subject: session.subject,
    sessionId,
    detail: { client_id: client.client_id, grant, tokenId, audience: [...terms.audience] },
  })
  return {
    tokenId,
    expiresAt: issued.expiresAt,
    response: {
      access_token: issued.accessToken,
      token_type: 'Bearer',
      expires_in: Math.max(0, issued.expiresAt - clock.now()),
      ...(issued.scope === null ? {} : { scope: issued.scope }),
    },
  }
}
