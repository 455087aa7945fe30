/** The library's provider, made anew whenever the signing keys change: it takes its keys when it is made. */
import type { EventEmitter } from 'node:events'
import { type Adapter, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { JsonObject } from '../json.ts'
import { createCustomizer } from './access-tokens.ts'
import { createAccounts } from './accounts.ts'
import { isClientSecret, providerMetadata } from './clients.ts'
import { configurationOf } from './configuration.ts'
import type { DerivedTokens } from './derived-tokens.ts'
import type { GrantMembers } from './grant-members.ts'
import { registerOwnGrants } from './own-grants.ts'
import type { ProviderParts } from './parts.ts'
import { createPayloads } from './payloads.ts'
import { type SessionClientsStore, sidFor } from './session-clients.ts'
import { createSessionAdapter } from './sessions.ts'
import type { CurrentKeys, ProviderKeys } from './signing.ts'

/** How often a device may ask whether its code has been typed. */
const POLL_SECONDS = 5

export interface Library {
  /** The provider over the keys as they are now. */
  current(): Promise<Provider>
}

export function createLibrary(
  parts: ProviderParts,
  through: {
    readonly keys: ProviderKeys
    readonly members: GrantMembers
    readonly sessionClients: SessionClientsStore
    readonly derived: DerivedTokens
  },
): Library {
  const { keys, members, sessionClients, derived } = through
  const { records, secrets, clock, clients, onEvent } = parts
  const accounts = createAccounts(parts.logins, parts.userClaims)
  const customize = createCustomizer(parts, members)
  const onReplay = (model: string, detail: JsonObject): Promise<void> =>
    onEvent({ action: 'oidc.replay', subject: null, sessionId: null, detail: { ...detail, model } })
  const sessions = createSessionAdapter(records, clock, sessionClients)
  const clientAdapter: Adapter = {
    ...sessions,
    async find(clientId) {
      const client = await clients.find(clientId)
      if (!client) return undefined
      const { trusted, audiences, scopes } = client
      return { ...providerMetadata(client), first_party: trusted, audiences: [...audiences], api_scopes: [...scopes] }
    },
  }
  const adapter = (model: string): Adapter => {
    if (model === 'Session') return sessions
    if (model === 'Client') return clientAdapter
    return createPayloads(model, { records, secrets, clock, members, onReplay })
  }

  /** After the fact: the library waits for nobody. */
  const tell = (action: 'oidc.authorized' | 'oidc.tokens', { oidc }: KoaContextWithOIDC): void => {
    const { client, entities, params } = oidc
    const { accountId, sessionUid } = entities.AccessToken ?? entities.AuthorizationCode ?? {}
    const told = onEvent({
      action,
      subject: accountId ?? null,
      sessionId: sessionUid ?? null,
      detail: { client_id: client?.clientId ?? null, grant: textOf(params?.grant_type), scope: textOf(params?.scope) },
    })
    told.catch((error: unknown) => parts.onError(error, 'telling of an event'))
  }

  const make = (current: CurrentKeys): Provider => {
    const provider = new Provider(parts.issuer, configurationOf({ ...parts, adapter, accounts, customize, current }))
    registerOwnGrants(provider, { ...parts, derived })
    // A link that brings the code along is how strangers have it accepted (RFC 10027): it is typed, always.
    provider.on('device_authorization.success', (_ctx, body: Record<string, unknown>) => {
      delete body.verification_uri_complete
      body.interval = POLL_SECONDS
    })
    // Requests come to it by our own hand, with the scheme of the public origin beside the host.
    provider.proxy = true
    provider.Client.prototype.compareClientSecret = function (presented: string) {
      return this.clientSecret !== undefined && isClientSecret(this.clientSecret, presented)
    }
    // The library would draw one by lot: two authorizations at once would then know the session by two names.
    provider.Session.prototype.ensureClientContainer = function (clientId: string) {
      if (!this.sidFor(clientId)) this.sidFor(clientId, sidFor(this.uid, clientId))
    }
    provider.on('authorization.success', (ctx) => tell('oidc.authorized', ctx))
    provider.on('grant.success', (ctx) => tell('oidc.tokens', ctx))
    provider.on('server_error', (_ctx, error) => parts.onError(error, 'answering a client'))
    // Koa's own, for what goes wrong outside of the library's routes.
    const koa: EventEmitter = provider
    koa.on('error', (error: unknown) => parts.onError(error, 'answering a client'))
    return provider
  }

  let held: { readonly fingerprint: string; readonly provider: Provider } | null = null
  return {
    async current() {
      const current = await keys.current()
      if (held?.fingerprint !== current.fingerprint) {
        held = { fingerprint: current.fingerprint, provider: make(current) }
      }
      return held.provider
    },
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
