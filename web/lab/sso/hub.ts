/**
 * The identity provider of the simulation. Its sessions are the product's own; the exchange of codes is acted out here, for the
 * product's provider (`sojourn/oidc`) runs on Node only.
 */

import { encodeBase64url } from '../../../src/crypto/base64url.ts'
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import { randomId, randomSecret } from '../../../src/crypto/random.ts'
import { AuthError } from '../../../src/errors.ts'
import { type HttpRequest, jsonResponse } from '../../../src/http/message.ts'
import { problemResponse } from '../../../src/http/problem.ts'
import type { AuthLogin } from '../../../src/index.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { TestClock } from '../../../src/testing/clock.ts'
import { generateKey, importSigningKey, type Jwk, publicJwk } from '../../../src/token/jwk.ts'
import { createProduct, type Product } from '../attacks/product.ts'
import type { Network, Page } from './network.ts'
import { redirectTo } from './pages.ts'

export const HUB = 'https://id.test'
export const API = 'https://api.test'
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** An application that signs in here. */
export interface Client {
  readonly id: string
  readonly redirectUri: string
  readonly backChannelUrl: string | null
  /** How long a logout takes to reach it. */
  readonly delaySeconds: number
  /** The phone gets tokens for the API; the others an ID token. */
  readonly wantsTokens?: boolean
}

interface Code {
  readonly client: Client
  readonly challenge: string
  readonly nonce: string
  readonly subject: string
  readonly sid: string
}

/** A logout on its way to a client. */
export interface Delivery {
  readonly client: Client
  readonly send: () => Promise<void>
}

export interface Hub {
  readonly auth: Product
  readonly keys: { readonly keys: readonly Jwk[] }
  handle(request: HttpRequest): Promise<Page>
  /** What has still to be delivered, in order of its delay; taking it empties it. */
  takeDeliveries(): readonly Delivery[]
  /** How often a password was typed. */
  readonly passwords: () => number
}

export interface HubOptions {
  readonly clock: TestClock
  readonly clients: readonly Client[]
  readonly network: Network
}

export async function createHub({ clock, clients, network }: HubOptions): Promise<Hub> {
  const auth = await createProduct(clock, HUB, { audiences: { [API]: {} } })
  const jwk = await generateKey('ES256')
  const signing = importSigningKey(jwk)
  const codes = new Map<string, Code>()
  /** Clients of each session. */
  const members = new Map<string, Set<Client>>()
  let deliveries: Delivery[] = []
  let passwords = 0

  const sign = async (typ: string, claims: Readonly<Record<string, unknown>>): Promise<string> => {
    const now = clock.now()
    const all = { iss: HUB, iat: now, exp: now + 120, jti: randomId(), ...claims }
    const input = [{ alg: signing.algorithm, typ, kid: signing.keyId }, all]
      .map((part) => encodeBase64url(new TextEncoder().encode(JSON.stringify(part))))
      .join('.')
    return `${input}.${await signing.sign(input)}`
  }
  const clientOf = (id: string | null): Client => {
    const client = clients.find((one) => one.id === id)
    if (!client) throw new AuthError('client.invalid', 'no such client')
    return client
  }

  const authorize = async (request: HttpRequest, asked: URLSearchParams): Promise<Page> => {
    const client = clientOf(asked.get('client_id'))
    if (asked.get('redirect_uri') !== client.redirectUri)
      throw new AuthError('request.malformed', 'another redirect URI')
    const login = await auth.identify(request)
    if (!login) return jsonResponse(200, { says: 'the page to sign in' })
    return answerWithCode(client, asked, login)
  }

  const answerWithCode = (client: Client, asked: URLSearchParams, login: AuthLogin<JsonObject>): Page => {
    const code = randomSecret()
    const [challenge, nonce] = [asked.get('code_challenge') ?? '', asked.get('nonce') ?? '']
    codes.set(code, { client, challenge, nonce, subject: login.subject, sid: login.sessionId })
    const fields = { code, state: asked.get('state') ?? '', iss: HUB }
    if (asked.get('response_mode') === 'form_post') {
      return { ...jsonResponse(200, {}), form: { action: client.redirectUri, fields } }
    }
    return redirectTo(`${client.redirectUri}?${new URLSearchParams(fields)}`)
  }

  const signIn = async (request: HttpRequest, asked: URLSearchParams): Promise<Page> => {
    passwords++
    const { setCookie } = await auth.logIn({ subject: 'alice', amr: ['pwd'] }, request)
    return redirectTo(`/authorize?${asked}`, setCookie)
  }

  /** PKCE (RFC 7636): who redeems a code is who asked for it. */
  const token = async (request: HttpRequest): Promise<Page> => {
    const fields = new URLSearchParams(String(request.body))
    const name = fields.get('code') ?? ''
    const code = codes.get(name)
    const isOwn = code?.client.id === fields.get('client_id')
    if (!code || !isOwn || sha256Base64url(fields.get('code_verifier') ?? '') !== code.challenge) {
      return jsonResponse(400, {
        code: 'invalid_grant',
        detail: 'the code and the code verifier do not belong together',
      })
    }
    codes.delete(name)
    const { client, subject, sid, nonce } = code
    members.set(sid, (members.get(sid) ?? new Set()).add(client))
    if (client.wantsTokens) {
      const { tokens } = await auth.logIn({ subject, mode: 'token', clientId: client.id, audience: [API] }, request)
      return jsonResponse(200, { says: 'an access token and a refresh token', tokens })
    }
    const idToken = await sign('JWT', { sub: subject, aud: client.id, sid, nonce })
    return jsonResponse(200, { says: 'an ID token', idToken })
  }

  const endSession = async (request: HttpRequest, asked: URLSearchParams): Promise<Page> => {
    const login = await auth.identify(request)
    const client = asked.has('client_id') ? clientOf(asked.get('client_id')) : null
    if (login) {
      deliveries = [...(members.get(login.sessionId) ?? [])]
        .filter(({ backChannelUrl, id }) => backChannelUrl !== null && id !== client?.id)
        .toSorted((a, b) => a.delaySeconds - b.delaySeconds)
        .map((one) => ({ client: one, send: () => tell(one, login) }))
      await auth.logOut(login)
    }
    return redirectTo(`${client ? new URL(client.redirectUri).origin : HUB}/goodbye`, auth.expiredCookie)
  }

  /** OpenID Connect Back-Channel Logout 1.0. */
  const tell = async ({ id, backChannelUrl }: Client, { subject, sessionId }: AuthLogin<JsonObject>): Promise<void> => {
    const claims = { aud: id, sub: subject, sid: sessionId, events: { [LOGOUT_EVENT]: {} } }
    await network.call('hub', backChannelUrl ?? '', { logout_token: await sign('logout+jwt', claims) })
  }

  return {
    auth,
    keys: { keys: [publicJwk(jwk)] },
    passwords: () => passwords,
    takeDeliveries() {
      const taken = deliveries
      deliveries = []
      return taken
    },
    async handle(request) {
      const { pathname, searchParams } = new URL(request.url, HUB)
      try {
        if (pathname === '/authorize') return await authorize(request, searchParams)
        if (pathname === '/sign-in') return await signIn(request, searchParams)
        if (pathname === '/token') return await token(request)
        if (pathname === '/end-session') return await endSession(request, searchParams)
        if (pathname === '/goodbye') return jsonResponse(200, { says: 'goodbye' })
        throw new AuthError('request.not_found', 'there is nothing at this path')
      } catch (error) {
        return problemResponse(error, request)
      }
    },
  }
}
