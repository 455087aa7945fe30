/** Client authentication at our own OAuth routes: by secret in a header or a form, by a signed assertion, or none. */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { Fields } from '../http/body.ts'
import type { HttpRequest } from '../http/message.ts'
import type { OauthClient, OauthClients } from '../http/oauth-clients.ts'
import type { Client, ClientAuthMethod } from './client.ts'
import { type Clients, isClientSecret } from './clients.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Asymmetric ones only: with a symmetric one a public key could be taken for a secret. */
const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519']
const LONGEST_ASSERTION_SECONDS = 600
const MAX_ASSERTION_CHARS = 8192

export interface ClientAuthOptions {
  readonly clients: Pick<Clients, 'find'>
  readonly clock: Clock
  /** What an assertion may be meant for: the issuer, or the very route. */
  readonly audience: readonly string[]
  /** False: an assertion of this id has been used already (until `expiresAt`). */
  readonly isFirstUse: (clientId: string, assertionId: string, expiresAt: number) => Promise<boolean>
}

/** What a request brings as proof. */
interface Proof {
  readonly clientId: string
  readonly methods: readonly ClientAuthMethod[]
  readonly secret?: string
  readonly assertion?: string
}

export function createClientAuth(options: ClientAuthOptions): OauthClients {
  const { clients } = options
  const keys = createClientKeys()

  const hasProved = async (client: Client, proof: Proof): Promise<boolean> => {
    const { token_endpoint_auth_method: method, client_secret_sha256: digest } = client
    if (method === 'none') return true
    if (proof.assertion !== undefined) return isAssertion(proof.assertion, client, keys.of(client), options)
    return proof.secret !== undefined && digest !== null && isClientSecret(digest, proof.secret)
  }

  return {
    isRegistered: async (clientId) => (await clients.find(clientId)) !== null,

    async authenticate(request, fields) {
      const proof = readProof(request, fields)
      if (!proof) return null
      const client = await clients.find(proof.clientId)
      // One answer to all: whether a client exists is nobody's business.
      if (!client || !proof.methods.includes(client.token_endpoint_auth_method) || !(await hasProved(client, proof))) {
        throw invalidClient()
      }
      return toOauthClient(client)
    },
  }
}

function toOauthClient({ client_id: id, token_endpoint_auth_method: method, serves }: Client): OauthClient {
  return { id, isPublic: method === 'none', serves }
}

function readProof(request: Pick<HttpRequest, 'headers'>, fields: Fields): Proof | null {
  const basic = /^basic +(.*)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const [named, secret, assertion] = [
    fields.text('client_id'),
    fields.text('client_secret'),
    fields.text('client_assertion'),
  ]
  if ([basic, secret ?? undefined, assertion ?? undefined].filter((one) => one !== undefined).length > 1) {
    throw new AuthError('request.malformed', 'authenticate the client in one way only')
  }
  const proof = basic === undefined ? formProof(fields, named, secret, assertion) : basicProof(basic)
  if (proof && named !== null && named !== proof.clientId) {
    throw new AuthError('request.malformed', 'client_id names another client')
  }
  return proof
}

function formProof(
  fields: Fields,
  named: string | null,
  secret: string | null,
  assertion: string | null,
): Proof | null {
  if (assertion !== null) {
    if (fields.text('client_assertion_type') !== ASSERTION_TYPE) {
      throw new AuthError('request.malformed', `client_assertion_type must be ${ASSERTION_TYPE}`)
    }
    return { clientId: subjectOf(assertion), methods: ['private_key_jwt'], assertion }
  }
  if (named === null) return null
  if (secret === null) return { clientId: named, methods: ['none'] }
  return { clientId: named, methods: SECRET_METHODS, secret }
}

/** Libraries differ in which of the two they take, and neither is safer. */
const SECRET_METHODS: readonly ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post']

/** RFC 6749 §2.3.1: both parts are form-encoded before they are put together. */
function basicProof(encoded: string): Proof {
  const text = /^([A-Za-z0-9+/]{4})+$/.test(encoded.replaceAll('=', 'A')) ? decodeBase64(encoded) : ''
  const colon = text.indexOf(':')
  try {
    const [clientId, secret] = [text.slice(0, colon), text.slice(colon + 1)].map((part) =>
      decodeURIComponent(part.replaceAll('+', ' ')),
    )
    if (colon > 0 && clientId && secret) return { clientId, methods: SECRET_METHODS, secret }
  } catch (cause) {
    throw new AuthError('request.malformed', 'the Authorization header is not well encoded', { cause })
  }
  throw new AuthError('request.malformed', 'the Authorization header holds no client id and secret')
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/=+$/, '')), (char) => char.charCodeAt(0)))
}

function subjectOf(assertion: string): string {
  try {
    const { sub } = decodeJwt(assertion.slice(0, MAX_ASSERTION_CHARS))
    if (typeof sub === 'string') return sub
  } catch (error) {
    if (!(error instanceof errors.JOSEError) && !(error instanceof TypeError)) throw error
  }
  throw invalidClient()
}

/** RFC 7523 §3: signed with a key of the client's, of and about it, for us, short-lived, and used once. */
async function isAssertion(
  assertion: string,
  client: Client,
  keys: JWTVerifyGetKey,
  { clock, audience, isFirstUse }: ClientAuthOptions,
): Promise<boolean> {
  if (assertion.length > MAX_ASSERTION_CHARS) return false
  const payload = await verifiedPayload(assertion, client, keys, { clock, audience })
  const { exp = 0, jti, aud } = payload ?? {}
  if (typeof jti !== 'string' || jti === '') return false
  // One audience: what is meant for others, too, they could use here.
  if (typeof aud !== 'string' || exp - clock.now() > LONGEST_ASSERTION_SECONDS) return false
  return isFirstUse(client.client_id, jti, exp)
}

async function verifiedPayload(
  assertion: string,
  { client_id: id }: Client,
  keys: JWTVerifyGetKey,
  { clock, audience }: Pick<ClientAuthOptions, 'clock' | 'audience'>,
): Promise<JWTPayload | null> {
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      issuer: id,
      subject: id,
      audience: [...audience],
      algorithms: ASSERTION_ALGORITHMS,
      requiredClaims: ['exp', 'jti'],
      currentDate: new Date(clock.now() * 1000),
    })
    return payload
  } catch (cause) {
    if (cause instanceof errors.JOSEError) return null
    throw new AuthError('keys.unavailable', "the client's keys cannot be had", { cause })
  }
}

/** Key sets of clients, fetched ones kept as long as they are asked for. */
function createClientKeys(): { of(client: Client): JWTVerifyGetKey } {
  const remote = new Map<string, JWTVerifyGetKey>()
  return {
    of({ jwks, jwks_uri: uri }) {
      if (uri === null)
        return createLocalJWKSet((jwks ?? { keys: [] }) as unknown as Parameters<typeof createLocalJWKSet>[0])
      const found = remote.get(uri) ?? createRemoteJWKSet(new URL(uri), { timeoutDuration: 2000 })
      remote.set(uri, found)
      return found
    },
  }
}

function invalidClient(): AuthError {
  return new AuthError('client.invalid', 'the client could not be authenticated')
}
