/** The clients of the provider: those of a file, which nothing changes while it runs, and those that are kept in records. */
import type { Clock } from '../clock.ts'
import { encodeBase64url } from '../crypto/base64url.ts'
import { equalTexts, sha256Base64url } from '../crypto/digest.ts'
import { randomBytes } from '../crypto/random.ts'
import type { Json, JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import { type Client, OPENID_SCOPES, readClient } from './client.ts'

/** The records that hold clients by their id. */
const KIND = 'oidc-clients'
const PAGE = 200

export interface Clients {
  /** As it is now, so that a change counts at once. */
  find(clientId: string): Promise<Client | null>
  /** Those of the file first, then the others by id. */
  list(): Promise<readonly Client[]>
  /** False: the id is taken. */
  add(client: Client): Promise<boolean>
  /** The client that is no more; null: there was none, or it is one of the file. Its tokens are the caller's to end. */
  remove(clientId: string): Promise<Client | null>
  /** Whether the file names it. */
  isFixed(clientId: string): boolean
}

export interface ClientsOptions {
  readonly records: RecordsOf
  readonly clock: Clock
  /** From a file or from the application. */
  readonly fixed?: readonly Client[]
}

export function createClients({ records, clock, fixed = [] }: ClientsOptions): Clients {
  const kept = records(KIND)
  const given = new Map(fixed.map((client) => [client.client_id, client]))
  return {
    isFixed: (clientId) => given.has(clientId),

    async find(clientId) {
      const found = given.get(clientId)
      if (found) return found
      // No other text can be a key, and a client may send anything.
      if (!/^[A-Za-z0-9._~-]{1,64}$/.test(clientId)) return null
      const record = await kept.find(clientId, clock.now())
      return record && clientOf(record.value)
    },

    async list() {
      const all = [...given.values()]
      for (let cursor: string | null = null; ; ) {
        const page = await kept.list(cursor, PAGE, clock.now())
        all.push(...page.flatMap(({ value }) => clientOf(value) ?? []))
        cursor = page.at(-1)?.key ?? null
        if (page.length < PAGE || cursor === null) return all
      }
    },

    async add(client) {
      if (given.has(client.client_id)) return false
      return kept.compareAndSet(client.client_id, null, client as unknown as Json, null, clock.now())
    },

    async remove(clientId) {
      const value = await kept.take(clientId, clock.now())
      return value === null ? null : clientOf(value)
    },
  }
}

/** A record that a newer version wrote with members unknown here is no client here: it fails closed. */
function clientOf(value: Json): Client | null {
  const read = readClient(value)
  return 'client' in read ? read.client : null
}

/** A secret of 256 bits and what is kept of it. */
export function newClientSecret(): { readonly secret: string; readonly sha256: string } {
  const secret = encodeBase64url(randomBytes(32))
  return { secret, sha256: sha256Base64url(secret) }
}

/** Whether this is the client's secret; in a time that says nothing of it. */
export function isClientSecret(sha256: string, presented: string): boolean {
  return equalTexts(sha256, sha256Base64url(presented))
}

/**
 * The metadata that `oidc-provider` takes. Its `client_secret` is the digest: `compareClientSecret` of the provider's `Client`
 * is to be `isClientSecret`, and no algorithm may be offered that signs with the secret.
 */
export function providerMetadata(client: Client): JsonObject {
  const { client_secret_sha256: secret, backchannel_logout_uri: logout } = client
  return {
    client_id: client.client_id,
    client_name: client.client_name,
    application_type: client.application_type,
    redirect_uris: client.redirect_uris,
    post_logout_redirect_uris: client.post_logout_redirect_uris,
    grant_types: client.grant_types,
    response_types: client.grant_types.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    id_token_signed_response_alg: client.id_token_signed_response_alg,
    require_pushed_authorization_requests: client.require_pushed_authorization_requests,
    scope: OPENID_SCOPES.filter((scope) => scope === 'openid' || client.scopes.includes(scope)).join(' '),
    ...(secret === null ? {} : { client_secret: secret }),
    ...(client.jwks === null ? {} : { jwks: client.jwks }),
    ...(client.jwks_uri === null ? {} : { jwks_uri: client.jwks_uri }),
    ...(logout === null ? {} : { backchannel_logout_uri: logout, backchannel_logout_session_required: true }),
  }
}
