/** An application with `createAuth` and `createOidcLogin` on a port of its own, by the adapter that a test names. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { expressAuth } from '../../src/adapters/express.ts'
import { fastifyAuth } from '../../src/adapters/fastify.ts'
import { fetchAuth } from '../../src/adapters/fetch.ts'
import { nodeAuth } from '../../src/adapters/node.ts'
import { type Auth, type AuthOptions, createAuth, type Json, type JsonObject } from '../../src/index.ts'
import type { Store } from '../../src/login/store.ts'
import { createOidcLogin, type OidcLogin, type OidcLoginOptions } from '../../src/oidc/client/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { freePort } from './processes.ts'
import { CLIENT, SECRET } from './sso-client.ts'

export type AdapterName = 'fetch' | 'node' | 'express' | 'fastify'

export interface SsoApp {
  readonly origin: string
  readonly auth: Auth<JsonObject, Json>
  readonly store: Store
  readonly sso: OidcLogin
  readonly errors: unknown[]
  close(): Promise<void>
}

export interface SsoAppOptions {
  readonly issuer: string
  readonly port?: number
  readonly adapter?: AdapterName
  readonly store?: Store
  readonly login?: Partial<OidcLoginOptions>
  readonly auth?: Partial<AuthOptions<JsonObject, Json>>
}

/** The metadata of the application as a client of `oidc-provider`. */
export function clientMetadata(origin: string, id = CLIENT.clientId) {
  return {
    client_id: id,
    client_secret: CLIENT.clientSecret,
    redirect_uris: [`${origin}/auth/sso/callback`],
    post_logout_redirect_uris: [`${origin}/auth/sso/signed-out`],
    backchannel_logout_uri: `${origin}/auth/sso/backchannel-logout`,
    backchannel_logout_session_required: true,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
  }
}

/** `GET /` says who is asking. */
export async function startSsoApp(options: SsoAppOptions): Promise<SsoApp> {
  const port = options.port ?? (await freePort())
  const origin = `http://localhost:${port}`
  const store = options.store ?? createMemoryStore()
  const errors: unknown[] = []
  const auth = createAuth<JsonObject, Json>({
    store,
    issuer: origin,
    secrets: SECRET,
    onError: (error) => void errors.push(error),
    ...options.auth,
  })
  const sso = createOidcLogin({
    auth,
    store,
    secrets: SECRET,
    issuer: options.issuer,
    ...CLIENT,
    redirectUri: `${origin}/auth/sso/callback`,
    onBackgroundError: (error) => void errors.push(error),
    ...options.login,
  })
  auth.mount(sso.routes)
  await auth.ready()
  const server = await listen(options.adapter ?? 'fetch', auth, port)
  return {
    origin,
    auth,
    store,
    sso,
    errors,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      sso.close()
      await auth.close()
      await store.close()
    },
  }
}

type Who = { readonly subject: string; readonly amr: readonly string[]; readonly acr: string | null } | null
const say = (login: Who) => ({ subject: login?.subject ?? null, amr: login?.amr ?? [], acr: login?.acr ?? null })

async function listen(adapter: AdapterName, auth: Auth<JsonObject, Json>, port: number): Promise<Server> {
  if (adapter === 'fastify') {
    const own = fastifyAuth(auth)
    const app = fastify()
    await app.register(own.plugin)
    app.get('/', async (request) => say(own.of(request)))
    await app.listen({ port, host: '127.0.0.1' })
    return app.server
  }
  const server = createServer(listener(adapter, auth))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  if ((server.address() as AddressInfo).port !== port) throw new Error('another port')
  return server
}

function listener(adapter: Exclude<AdapterName, 'fastify'>, auth: Auth<JsonObject, Json>) {
  if (adapter === 'fetch') {
    return getRequestListener(fetchAuth(auth).handle(async (_request, login) => Response.json(say(login))))
  }
  if (adapter === 'node') {
    return nodeAuth(auth).listener((_request, response, login) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(say(login)))
    })
  }
  const own = expressAuth(auth)
  const app = express()
  // Parsers first, as many applications have them.
  app.use(express.urlencoded({ extended: true }), own.middleware)
  app.get('/', (request, response) => void response.json(say(own.of(request))))
  return app
}
