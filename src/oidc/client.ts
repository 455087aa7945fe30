/** An OAuth client as it is registered (RFC 7591 names): checked once, at the door. */
import type { Json, JsonObject } from '../json.ts'
import { readRedirectUris, urlFault } from './client-urls.ts'

export const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
export type ClientAuthMethod = (typeof AUTH_METHODS)[number]

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const GRANT_TYPES: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_GRANT,
  EXCHANGE_GRANT,
]
/** What concerns the login itself; any other scope is an audience's. */
export const OPENID_SCOPES: readonly string[] = ['openid', 'offline_access', 'profile', 'email']

/** As it is kept and as a file gives it: every member is there, and none is a secret. */
export interface Client {
  /** At most 64 letters, digits and `. _ ~ -`: never a subject of ours, for those of clients begin with `client:`. */
  readonly client_id: string
  readonly client_name: string
  readonly application_type: 'web' | 'native'
  /** Compared as exact text; only the port of a native application on loopback may vary (RFC 8252 §7.3). */
  readonly redirect_uris: readonly string[]
  readonly post_logout_redirect_uris: readonly string[]
  readonly backchannel_logout_uri: string | null
  readonly grant_types: readonly string[]
  readonly token_endpoint_auth_method: ClientAuthMethod
  /** SHA-256 of the secret, base64url; null: the client has none. */
  readonly client_secret_sha256: string | null
  readonly jwks: JsonObject | null
  readonly jwks_uri: string | null
  readonly id_token_signed_response_alg: 'RS256' | 'ES256'
  readonly require_pushed_authorization_requests: boolean
  /** Scopes that it may ask for. */
  readonly scopes: readonly string[]
  /** Audiences that it may ask tokens for. */
  readonly audiences: readonly string[]
  /** Audiences that it *is*: it may introspect their tokens, and exchange them. */
  readonly serves: readonly string[]
  /** One of our own: nobody is asked for consent. */
  readonly trusted: boolean
}

/** Why it is no client: each says what is wrong and how it should be. No value of a secret is repeated. */
export type ReadClient = { readonly client: Client } | { readonly faults: readonly string[] }

/** Every member that may be given; `client_secret` is for the caller to take out and to hash. */
const MEMBERS: readonly (keyof Client)[] = [
  'client_id',
  'client_name',
  'application_type',
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'grant_types',
  'token_endpoint_auth_method',
  'client_secret_sha256',
  'jwks',
  'jwks_uri',
  'id_token_signed_response_alg',
  'require_pushed_authorization_requests',
  'scopes',
  'audiences',
  'serves',
  'trusted',
]

/** Fills in the defaults and finds every fault. */
export function readClient(given: unknown): ReadClient {
  if (!isObject(given)) return { faults: ['a client is a JSON object'] }
  const faults: string[] = []
  const fault = (text: string): void => void faults.push(text)
  for (const name of Object.keys(given)) {
    if (!MEMBERS.some((member) => member === name)) fault(`${shown(name)} is no member of a client`)
  }
  const text = (name: keyof Client): string | null => {
    const value = given[name]
    if (value === undefined || value === null) return null
    if (typeof value === 'string' && value !== '') return value
    fault(`${name} must be text`)
    return null
  }
  const texts = (name: keyof Client): readonly string[] => {
    const value = given[name] ?? []
    if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')) return [...new Set(value)]
    fault(`${name} must be a list of texts`)
    return []
  }
  const flag = (name: keyof Client): boolean => {
    const value = given[name] ?? false
    if (typeof value !== 'boolean') fault(`${name} must be true or false`)
    return value === true
  }
  const oneOf = <T extends string>(name: keyof Client, allowed: readonly T[], otherwise: T): T => {
    const value = given[name]
    if (value === undefined || value === null) return otherwise
    const found = allowed.find((one) => one === value)
    if (!found) fault(`${name} must be one of ${allowed.join(', ')}`)
    return found ?? otherwise
  }

  const clientId = text('client_id') ?? ''
  if (!/^[A-Za-z0-9._~-]{1,64}$/.test(clientId)) fault('client_id must be 1 to 64 letters, digits and . _ ~ -')
  const applicationType = oneOf('application_type', ['web', 'native'], 'web')
  const redirects = texts('redirect_uris')
  const client: Client = {
    client_id: clientId,
    client_name: text('client_name') ?? clientId,
    application_type: applicationType,
    redirect_uris: readRedirectUris('redirect_uris', redirects, applicationType, fault),
    post_logout_redirect_uris: readRedirectUris(
      'post_logout_redirect_uris',
      texts('post_logout_redirect_uris'),
      applicationType,
      fault,
    ),
    backchannel_logout_uri: text('backchannel_logout_uri'),
    grant_types: given.grant_types === undefined ? defaultGrants(redirects) : texts('grant_types'),
    token_endpoint_auth_method: oneOf(
      'token_endpoint_auth_method',
      AUTH_METHODS,
      applicationType === 'native' ? 'none' : 'client_secret_basic',
    ),
    client_secret_sha256: text('client_secret_sha256'),
    jwks: readKeys(given.jwks, fault),
    jwks_uri: text('jwks_uri'),
    id_token_signed_response_alg: oneOf('id_token_signed_response_alg', ['RS256', 'ES256'], 'RS256'),
    require_pushed_authorization_requests: flag('require_pushed_authorization_requests'),
    scopes: given.scopes === undefined ? defaultScopes(redirects) : texts('scopes'),
    audiences: texts('audiences'),
    serves: texts('serves'),
    trusted: flag('trusted'),
  }
  checkWhole(client, fault)
  return faults.length > 0 ? { faults } : { client }
}

function defaultGrants(redirects: readonly string[]): readonly string[] {
  return redirects.length > 0 ? ['authorization_code', 'refresh_token'] : []
}

function defaultScopes(redirects: readonly string[]): readonly string[] {
  return redirects.length > 0 ? OPENID_SCOPES : []
}

/** What depends on several members. */
function checkWhole(client: Client, fault: (text: string) => void): void {
  const { grant_types: grants, token_endpoint_auth_method: method, redirect_uris: redirects } = client
  if (client.client_name.length > 100 || /\p{Cc}/u.test(client.client_name)) {
    fault('client_name must be one line of at most 100 characters')
  }
  for (const grant of grants) {
    if (!GRANT_TYPES.includes(grant)) fault(`grant_types: ${shown(grant)} is not offered`)
  }
  if (grants.includes('authorization_code') !== redirects.length > 0) {
    fault('redirect_uris and the grant authorization_code go together')
  }
  if (grants.includes('refresh_token') && !grants.includes('authorization_code') && !grants.includes(DEVICE_GRANT)) {
    fault('refresh_token needs authorization_code or the device grant')
  }
  if (grants.includes('client_credentials') && method === 'none')
    fault('client_credentials needs a client with a secret or a key')
  if (grants.includes(EXCHANGE_GRANT) && method === 'none')
    fault('token exchange needs a client with a secret or a key')
  if (client.serves.length > 0 && method === 'none') fault('serves needs a client with a secret or a key')
  const wantsSecret = method === 'client_secret_basic' || method === 'client_secret_post'
  if (wantsSecret !== (client.client_secret_sha256 !== null)) {
    fault(wantsSecret ? `${method} needs a client secret` : `${method} has no client secret`)
  }
  if (client.client_secret_sha256 !== null && !/^[A-Za-z0-9_-]{43}$/.test(client.client_secret_sha256)) {
    fault('client_secret_sha256 must be a SHA-256 in base64url')
  }
  const keySources = Number(client.jwks !== null) + Number(client.jwks_uri !== null)
  if (keySources > 1 || (method === 'private_key_jwt') !== (keySources === 1)) {
    fault('jwks or jwks_uri, one of them, goes with private_key_jwt')
  }
  for (const name of ['jwks_uri', 'backchannel_logout_uri'] as const) {
    const problem = client[name] === null ? null : urlFault(client[name])
    if (problem) fault(`${name} ${problem}`)
  }
  for (const scope of client.scopes) {
    if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(scope)) fault(`scopes: ${shown(scope)} is no scope`)
  }
}

/** Public keys for signatures: anything symmetric or private in it is a mistake that somebody must hear of. */
function readKeys(given: Json | undefined, fault: (text: string) => void): JsonObject | null {
  if (given === undefined || given === null) return null
  const keys = isObject(given) ? given.keys : null
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > 10 || !keys.every(isPublicKey)) {
    fault('jwks must be { "keys": [...] } with 1 to 10 public keys, EC, OKP or RSA')
    return null
  }
  return { keys }
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

function isPublicKey(key: Json): boolean {
  return (
    isObject(key) &&
    ['EC', 'OKP', 'RSA'].includes(String(key.kty)) &&
    PRIVATE_MEMBERS.every((name) => !Object.hasOwn(key, name))
  )
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as it may stand in a message. */
function shown(text: string): string {
  const line = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return `"${line.length > 60 ? `${line.slice(0, 60)}...` : line}"`
}
