/** What the OAuth routes ask of the clients and of the provider, where there are any. */
import type { JsonObject } from '../json.ts'
import type { Fields } from './body.ts'
import type { HttpRequest } from './message.ts'

/** A client that has proved itself, or a public one that has named itself. */
export interface OauthClient {
  readonly id: string
  /** It has nothing to prove itself with. */
  readonly isPublic: boolean
  /** Audiences that it is. */
  readonly serves: readonly string[]
}

export interface OauthClients {
  /**
   * Whoever the request says it is from (RFC 6749 §2.3, RFC 7523 §2.2); null: it names no client.
   * @throws AuthError `client.invalid`, `request.malformed`
   */
  authenticate(request: Pick<HttpRequest, 'headers'>, fields: Fields): Promise<OauthClient | null>
  isRegistered(clientId: string): Promise<boolean>
}

/** An opaque access token or a refresh token of the provider. */
export interface ProviderToken {
  readonly clientId: string
  /** What introspection says of it; null: it is not active. */
  readonly claims: JsonObject | null
  /** A refresh token ends with every token of its grant, an access token alone. */
  revoke(): Promise<void>
}

export interface ProviderTokens {
  find(token: string): Promise<ProviderToken | null>
  /** An access token of this `jti` has been revoked: what was exchanged for it goes with it. */
  ended(tokenId: string): Promise<void>
}
