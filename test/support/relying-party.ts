/** A foreign relying party (`openid-client`), and a browser that follows redirects between it and the server. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as openid from 'openid-client'
import { type Client as OauthClient, readClient } from '../../src/oidc/client.ts'
import { newClientSecret } from '../../src/oidc/clients.ts'
import type { Instance } from '../../src/server/instance.ts'
import { type Answer, type Client, createClient } from './http-client.ts'

export const PASSWORD = 'plum-otter-cargo'

export interface RegisteredClient {
  readonly id: string
  readonly secret: string
}

/** Registers a client as `sojourn clients add` does. */
export async function register(
  instance: Instance,
  given: Partial<Record<keyof OauthClient, unknown>> & { readonly client_id: string },
): Promise<RegisteredClient> {
  const { secret, sha256 } = newClientSecret()
  const isPublic = given.token_endpoint_auth_method === 'none'
  const read = readClient({ ...given, ...(isPublic ? {} : { client_secret_sha256: sha256 }) })
  if ('faults' in read) throw new Error(read.faults.join('; '))
  if (!(await instance.clients.add(read.client))) throw new Error('the id is taken')
  return { id: given.client_id, secret }
}

/** `openid-client` against the server's discovery. */
export async function discover(url: string, client: RegisteredClient): Promise<openid.Configuration> {
  return openid.discovery(new URL(url), client.id, client.secret, undefined, {
    execute: [openid.allowInsecureRequests],
  })
}

/** A signed-in browser. */
export async function signedIn(url: string, email: string): Promise<Client> {
  const browser = createClient(url)
  const answer = await browser.post('/auth/sign-up', { json: { email, password: PASSWORD } })
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${answer.text}`)
  return browser
}

/** Follows redirects of the server until it leads elsewhere (that URL) or answers a page. */
export async function follow(browser: Client, origin: string, start: string | URL): Promise<URL | Answer> {
  let at = new URL(start, origin)
  for (let hop = 0; hop < 15; hop++) {
    if (at.origin !== new URL(origin).origin) return at
    const answer = await browser.get(at.pathname + at.search, { headers: { Accept: 'text/html' } })
    const location = answer.headers.get('location')
    if (location === null) return answer
    at = new URL(location, at)
  }
  throw new Error('too many redirects')
}

/** What a form of a page is sent to, and its hidden fields. */
export function formOf(page: string): { readonly action: string; readonly fields: Record<string, string> } {
  const action = /<form[^>]* action="([^"]*)"/.exec(page)?.[1] ?? ''
  const fields = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
  return { action, fields: Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value])) }
}

export interface Started {
  readonly url: URL
  readonly verifier: string
  readonly state: string
}

/** An authorization request with PKCE and state. */
export async function authorization(
  config: openid.Configuration,
  parameters: Readonly<Record<string, string>>,
): Promise<Started> {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const url = openid.buildAuthorizationUrl(config, {
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  })
  return { url, verifier, state }
}

export interface LogoutReceiver {
  readonly uri: string
  readonly tokens: readonly string[]
  /** Answers 503 while it is down. */
  isDown: boolean
  /** How often it was called. */
  readonly calls: number
  close(): Promise<void>
}

/** An endpoint that takes logout tokens. */
export async function logoutReceiver(): Promise<LogoutReceiver> {
  const tokens: string[] = []
  let isDown = false
  let calls = 0
  const server = createServer((request, response) => {
    calls += 1
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      response.statusCode = isDown ? 503 : 200
      if (!isDown) tokens.push(new URLSearchParams(body).get('logout_token') ?? '')
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`,
    tokens,
    get isDown() {
      return isDown
    },
    set isDown(value: boolean) {
      isDown = value
    },
    get calls() {
      return calls
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
