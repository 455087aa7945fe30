/** A foreign OpenID provider: a real `oidc-provider` over real sockets, at which whoever is named signs in without a password. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type ClientMetadata, type Configuration, type JWKS, Provider } from 'oidc-provider'

export interface ForeignProvider {
  readonly issuer: string
  readonly provider: Provider
  /** Who signs in next, and how; null: nobody, the page waits. */
  user: { readonly sub: string; readonly acr?: string; readonly amr?: readonly string[] } | null
  /** Requests by path, in order. */
  readonly asked: string[]
  /** What answers instead of the provider, for as long as it is set; true: it has answered. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>) | null
  /** A token with the provider's own key, whatever it says. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  /** Nobody answers any more until `up`. */
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

export interface ForeignProviderOptions {
  readonly clients: readonly ClientMetadata[]
  readonly accessTokenSeconds?: number
  readonly host?: string
  readonly port?: number
  readonly configuration?: Configuration
}

const ALG = 'RS256'

export async function startForeignProvider(options: ForeignProviderOptions): Promise<ForeignProvider> {
  const { host = '127.0.0.1', accessTokenSeconds = 3600 } = options
  const { privateKey } = await generateKeyPair(ALG, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: 'foreign', alg: ALG, use: 'sig' }
  let port = options.port ?? 0
  let handle: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | null = null
  const listen = async () => {
    const server = createServer((request, response) => {
      handle?.(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
    })
    server.listen(port, host)
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    return server
  }
  let server = await listen()
  const issuer = `http://${host}:${port}`
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] } as JWKS,
    clients: [...options.clients],
    cookies: { keys: ['a key for cookies of tests'] },
    scopes: ['openid', 'email', 'offline_access'],
    claims: { openid: ['sub', 'acr', 'amr'], email: ['email'] },
    acrValues: ['urn:two', 'urn:one'],
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    ttl: {
      AccessToken: accessTokenSeconds,
      Grant: 7200,
      IdToken: 600,
      Session: 7200,
      Interaction: 600,
      RefreshToken: 7200,
    },
    // On loopback, which it refuses by itself.
    fetch: (url, init) =>
      fetch(url, { ...init, dispatcher: undefined, signal: AbortSignal.timeout(5000) } as RequestInit),
    async findAccount(_ctx, sub) {
      return { accountId: sub, claims: async () => ({ sub, email: `${sub}@foreign.example` }) }
    },
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc
      if (!client || !session?.accountId) return undefined
      const known = session.grantIdFor(client.clientId)
      const grant =
        (known && (await provider.Grant.find(known))) ||
        new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid email offline_access')
      await grant.save()
      return grant
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    ...options.configuration,
  })
  const callback = provider.callback()

  const self: ForeignProvider = {
    issuer,
    provider,
    user: { sub: 'ada' },
    asked: [],
    intercept: null,
    sign: (claims, header = {}) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: ALG, kid: 'foreign', ...header }).sign(privateKey),
    async down() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async up() {
      server = await listen()
    },
    async close() {
      if (server.listening) await self.down()
    },
  }
  handle = async (request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    self.asked.push(`${request.method} ${path}`)
    if (self.intercept && (await self.intercept(request, response))) return
    if (!path.startsWith('/interaction/')) {
      await callback(request, response)
      return
    }
    const { user } = self
    if (!user) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Who are you?</title>')
      return
    }
    const login = {
      accountId: user.sub,
      ...(user.acr ? { acr: user.acr } : {}),
      ...(user.amr ? { amr: [...user.amr] } : {}),
    }
    await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
  }
  return self
}
