/** What `oidc-provider` is told: everything of it that is on, off or ours. */
import { type AdapterFactory, type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Customize } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import { CLAIMS_OF_SCOPE } from './accounts.ts'
import { OPENID_SCOPES } from './client.ts'
import { deviceFlow } from './device-flow.ts'
import { loadGrant } from './grants.ts'
import { loginAtHand } from './in-request.ts'
import { formPolicy, formTarget } from './page-policy.ts'
import { errorPage, logoutPage, signedOutPage } from './pages.ts'
import type { ProviderParts } from './parts.ts'
import { INTERACTION_PATH, PATHS } from './paths.ts'
import { createPolicy } from './policy.ts'
import type { CurrentKeys } from './signing.ts'

export interface ConfigurationParts extends ProviderParts {
  readonly adapter: AdapterFactory
  readonly accounts: Accounts
  readonly customize: Customize
  readonly current: CurrentKeys
}

const MINUTE = 60
const DAY = 86_400
const LONGEST_SECONDS = 400 * DAY
const CODE_SECONDS = 60
const ACCESS_TOKEN_SECONDS = 10 * MINUTE

export function configurationOf(parts: ConfigurationParts): Configuration {
  const { issuer, adapter, accounts, customize, current, page, audiences, clock } = parts
  const secure = issuer.startsWith('https:')
  const cookie = { httpOnly: true, sameSite: 'lax', secure, signed: false, path: '/' } as const
  const acrValues: readonly string[] = parts.acrValues ?? []

  /** Nothing lives longer than the session that it hangs on. */
  const within = (seconds: number) => (ctx: KoaContextWithOIDC) => {
    const session = accounts.sessionOf(ctx)
    return session ? Math.max(1, Math.min(seconds, session.absoluteExpiresAt - clock.now())) : seconds
  }

  return {
    adapter,
    jwks: current.jwks as unknown as NonNullable<Configuration['jwks']>,
    acrValues: [...acrValues],
    claims: { acr: null, sid: null, auth_time: null, iss: null, amr: null, ...mutable(CLAIMS_OF_SCOPE) },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    // Nothing symmetric: what can check such a signature can make one.
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'],
      idTokenSigningAlgValues: ['RS256', 'ES256'],
    },
    clockTolerance: 5,
    cookies: {
      names: {
        session: `${secure ? '__Host-' : ''}sojourn-oidc`,
        interaction: 'sojourn-oidc-asked',
        resume: 'sojourn-oidc-on',
      },
      long: cookie,
      short: { httpOnly: true, sameSite: 'lax', secure, signed: false },
    },
    discovery: {
      introspection_endpoint: `${issuer}/oauth/introspect`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      prompt_values_supported: ['none', 'login', 'consent'],
    },
    // Checked where the session is read, for a session of ours may know one client by several grants.
    expiresWithSession: () => false,
    extraClientMetadata: { properties: ['first_party', 'audiences', 'api_scopes'] },
    features: {
      devInteractions: { enabled: false },
      // No verifier of ours asks for the proof yet: a token must not look bound that is not.
      dPoP: { enabled: false },
      deviceFlow: deviceFlow(page),
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx) {
          const state = ctx.oidc.session?.state
          const client = ctx.oidc.client
          ctx.type = 'html'
          const { post_logout_redirect_uri: target } = ctx.oidc.params ?? {}
          if (typeof target === 'string') ctx.set('Content-Security-Policy', formPolicy(formTarget(target)))
          ctx.body = logoutPage(page, {
            action: PATHS.logoutConfirm,
            xsrf: String(state?.secret ?? ''),
            client: client ? (client.clientName ?? client.clientId) : null,
          })
        },
        postLogoutSuccessSource(ctx) {
          ctx.type = 'html'
          ctx.body = signedOutPage(page)
        },
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_ctx, resource, client) {
          const policy = Object.hasOwn(audiences, resource) || resource === issuer ? (audiences[resource] ?? {}) : null
          const { audiences: allowed, api_scopes: scopes } = client
          const isAllowed = Array.isArray(allowed) && allowed.includes(resource)
          if (policy === null || !isAllowed) throw new errors.InvalidTarget()
          return {
            audience: resource,
            accessTokenFormat: 'jwt',
            // The token's own life is MINT's to say.
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            scope: (policy.scopes ?? []).filter((scope) => Array.isArray(scopes) && scopes.includes(scope)).join(' '),
            jwt: { sign: current.accessTokens },
          }
        },
      },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    },
    fetch: fetchWithoutRedirects,
    findAccount: accounts.find,
    formats: { customizers: { jwt: customize } },
    interactions: {
      policy: createPolicy(acrValues),
      url: (_ctx, interaction) => `${INTERACTION_PATH}/${interaction.uid}`,
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    loadExistingGrant: loadGrant,
    pkce: { required: () => true },
    renderError(ctx, out) {
      ctx.type = 'html'
      ctx.body = errorPage(page, out.error, out.error_description)
    },
    responseTypes: ['code'],
    rotateRefreshToken: true,
    routes: {
      authorization: PATHS.authorization,
      token: PATHS.token,
      userinfo: PATHS.userinfo,
      jwks: PATHS.jwks,
      pushed_authorization_request: PATHS.par,
      device_authorization: PATHS.deviceAuthorization,
      code_verification: PATHS.device,
      end_session: PATHS.logout,
    },
    scopes: [...OPENID_SCOPES],
    ttl: {
      DeviceCode: 10 * MINUTE,
      AccessToken: within(ACCESS_TOKEN_SECONDS),
      AuthorizationCode: CODE_SECONDS,
      Grant: () => Math.max(1, (loginAtHand()?.session?.absoluteExpiresAt ?? 0) - clock.now()),
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 30 * MINUTE,
      RefreshToken: within(LONGEST_SECONDS),
      Session: LONGEST_SECONDS,
    },
  }
}

function mutable(claims: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(claims).map(([scope, names]) => [scope, [...names]]))
}

/** For the `jwks_uri` of a client: an address that leads elsewhere is not followed. */
const fetchWithoutRedirects: typeof fetch = (url, options) => fetch(url, { ...options, redirect: 'error' })
