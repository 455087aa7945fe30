/** What `createOidcLogin` is given, and the one place where it is checked. */
import type { IDToken } from 'openid-client'
import { type Clock, systemClock } from '../../clock.ts'
import { type SecretRing, toSecretRing } from '../../crypto/secret-ring.ts'
import { DEFAULT_STORE_SECONDS } from '../../deadline.ts'
import type { Auth } from '../../http/auth-shape.ts'
import { localPath } from '../../http/local-path.ts'
import { isLoopbackHttp } from '../../http/origin.ts'
import type { Store } from '../../login/store.ts'
import { storeWithDeadline } from '../../login/store-deadline.ts'
import { checkAddress } from '../../token/fetching.ts'

/** What is used of an application's `createAuth`. */
export type OwnAuth = Pick<
  Auth<object, unknown>,
  'logIn' | 'logOut' | 'signOut' | 'identify' | 'respond' | 'onSuccessor'
>

/** What the provider says of a user who has just signed in, all of it checked. */
export interface ProviderLogin {
  /** Of the ID token. */
  readonly claims: IDToken
  /** Of the userinfo endpoint; null unless `userInfo` was asked for. */
  readonly userInfo: Readonly<Record<string, unknown>> | null
  readonly accessToken: string
}

/** The application's own private key, for `private_key_jwt`. */
export interface ClientKey {
  readonly key: CryptoKey
  readonly kid?: string
}

export interface OidcLoginOptions {
  readonly auth: OwnAuth
  /** The store and the secrets of `auth`. */
  readonly store: Store
  readonly secrets: string | readonly string[] | SecretRing
  /** The provider: https, or http on loopback. Its metadata are read from below it (OpenID Connect Discovery). */
  readonly issuer: string
  readonly clientId: string
  /** One of the two, or neither: a public client, which PKCE protects alone. */
  readonly clientSecret?: string
  readonly clientKey?: ClientKey
  /** How the secret is sent; default `client_secret_basic`. */
  readonly secretIn?: 'client_secret_basic' | 'client_secret_post'
  /** The callback, in the application's own origin: `https://app.example/auth/sso/callback`. The other routes lie beside it. */
  readonly redirectUri: string
  /** Default `openid`. */
  readonly scopes?: readonly string[]
  /** How the provider answers; default `query`. With `form_post` the code stands in no URL. */
  readonly responseMode?: 'query' | 'form_post'
  /** Sends the request to the provider directly first (PAR, RFC 9126); default: where the provider demands it. */
  readonly pushed?: boolean
  /** More parameters of the authorization request: `{ resource: ... }`. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Asks the userinfo endpoint at sign-in; default false. */
  readonly userInfo?: boolean
  /**
   * The application's name for the user, which must be the same each time; null: nobody here. Default `<iss>#<sub>`, so that
   * users of two providers are never taken for one another: an e-mail address would be.
   */
  readonly subject?: (login: ProviderLogin) => string | null | Promise<string | null>
  /** Default `cookie`. */
  readonly mode?: 'cookie' | 'hybrid'
  /** Where the browser is after a sign-out, a path of the application; default `/`. */
  readonly afterSignOut?: string
  /** As for `createAuth`: on loopback http only. */
  readonly allowInsecureCookie?: boolean
  /** How long the provider may take to answer, 1 to 60; default 10. */
  readonly timeoutSeconds?: number
  /** Default: the machine's. */
  readonly clock?: Clock
  /** For a proxy or mutual TLS. */
  readonly fetch?: typeof fetch
  /** Failures of work that nobody waits for. */
  readonly onBackgroundError?: (error: unknown, work: string) => void
}

/** Every default filled in. */
export interface CheckedOptions
  extends Required<
    Omit<OidcLoginOptions, 'secrets' | 'clientSecret' | 'clientKey' | 'issuer' | 'redirectUri' | 'pushed'>
  > {
  readonly secrets: SecretRing
  readonly clientSecret: string | null
  readonly clientKey: ClientKey | null
  readonly issuer: URL
  readonly redirectUri: URL
  readonly pushed: boolean
  /** The folder of the callback, with a slash at its end. */
  readonly folder: string
  /** Keeps the records of one client of one provider apart from all others. */
  readonly name: string
}

/** @throws TypeError for an option that is missing, ill-typed or out of range */
export function checkOptions(options: OidcLoginOptions): CheckedOptions {
  const issuer = checkAddress('issuer', options.issuer)
  const redirectUri = checkAddress('redirectUri', options.redirectUri)
  const folder = redirectUri.pathname.slice(0, redirectUri.pathname.lastIndexOf('/') + 1)
  if (redirectUri.search !== '' || redirectUri.hash !== '' || folder === '/') {
    throw new TypeError('redirectUri has a path of two segments or more and nothing behind it: /auth/sso/callback')
  }
  const { clientId, clientSecret = null, clientKey = null, scopes = ['openid'], timeoutSeconds = 10 } = options
  if (typeof clientId !== 'string' || clientId === '') throw new TypeError('clientId is missing')
  if (clientSecret !== null && clientKey !== null) throw new TypeError('clientSecret and clientKey exclude each other')
  if (clientSecret === '') throw new TypeError('clientSecret is empty')
  if (!scopes.includes('openid')) throw new TypeError('scopes must name openid')
  if (!Number.isSafeInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 60) {
    throw new TypeError('timeoutSeconds must be a whole number from 1 to 60')
  }
  const { allowInsecureCookie = false, afterSignOut = '/' } = options
  if (allowInsecureCookie && !isLoopbackHttp(redirectUri.origin)) {
    throw new TypeError('allowInsecureCookie works on http://localhost only: use https')
  }
  if (localPath(afterSignOut) === null) throw new TypeError('afterSignOut is a path of the application')
  return {
    auth: options.auth,
    store: storeWithDeadline(options.store, { seconds: DEFAULT_STORE_SECONDS }),
    secrets: toSecretRing(options.secrets),
    issuer,
    clientId,
    clientSecret,
    clientKey,
    secretIn: options.secretIn ?? 'client_secret_basic',
    redirectUri,
    scopes,
    responseMode: options.responseMode ?? 'query',
    pushed: options.pushed ?? false,
    parameters: options.parameters ?? {},
    userInfo: options.userInfo ?? false,
    subject: options.subject ?? (({ claims }) => `${claims.iss}#${claims.sub}`),
    mode: options.mode ?? 'cookie',
    afterSignOut,
    allowInsecureCookie,
    timeoutSeconds,
    clock: options.clock ?? systemClock,
    fetch: options.fetch ?? fetch,
    onBackgroundError: options.onBackgroundError ?? (() => undefined),
    folder,
    name: `${options.issuer}\n${clientId}`,
  }
}
