/** The server's OpenID Connect provider: Sojourn's own accounts, clients, pages and audit log behind it. */
import type { Identify } from '../http/identify.ts'
import type { OriginPolicy } from '../http/origin.ts'
import type { SessionCookie } from '../http/session-cookie.ts'
import type { LogoutOptions, ProviderParts } from '../oidc/parts.ts'
import { createProvider, type OidcProvider } from '../oidc/provider.ts'
import { audiencesOf, type Instance } from './instance.ts'
import { type Assets, document } from './pages/layout.ts'
import { currentRequest } from './request-context.ts'

export function serverProvider(
  instance: Instance,
  through: {
    readonly identify: Identify
    readonly cookie: SessionCookie
    readonly origins: OriginPolicy
    readonly assets: Assets
    readonly takeCodeEntry: NonNullable<ProviderParts['takeCodeEntry']>
    readonly logout: LogoutOptions
  },
): OidcProvider {
  const { config, store, logger, metrics, audit, accounts } = instance
  const { assets } = through
  return createProvider({
    ...through,
    issuer: config.url,
    logins: instance.logins,
    records: store.records,
    secrets: instance.secrets,
    clock: instance.clock,
    keys: instance.keys,
    revocations: instance.revocations,
    audiences: audiencesOf(config),
    clients: instance.clients,
    clientEnds: instance.clientEnds,
    async userClaims(subject) {
      const account = await accounts.find(subject)
      // Nobody has shown yet that the address is theirs.
      return account ? { email: account.email, email_verified: false } : {}
    },
    signInPath: '/sign-in',
    page: ({ title, body }) => document({ title, body, assets }),
    async onEvent({ action, subject, sessionId, detail }) {
      metrics.provider(action.slice('oidc.'.length))
      await audit.record({
        action,
        actor: currentRequest()?.actor ?? (subject === null ? { kind: 'system' } : { kind: 'subject', id: subject }),
        subject,
        sessionId,
        detail,
        address: currentRequest()?.address ?? null,
      })
    },
    onError(error, work) {
      metrics.backgroundError(work)
      const { requestId: request_id, route } = currentRequest() ?? {}
      logger.error({ error, work, request_id, route }, 'the OpenID Connect provider failed')
    },
  })
}
