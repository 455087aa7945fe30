/** An application with users and a sign-in page of its own that is a provider for others: `sojourn/oidc`. */
import * as openid from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Auth, createAuth, type HttpRequest, type HttpResponse } from '../../src/index.ts'
import { newClientSecret } from '../../src/oidc/clients.ts'
import { withProvider } from '../../src/oidc/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createClient } from '../support/http-client.ts'
import { type ListeningServer, listen } from '../support/http-server.ts'
import { freePort } from '../support/processes.ts'
import { authorization, discover, follow, type LogoutReceiver, logoutReceiver } from '../support/relying-party.ts'

const REDIRECT = 'https://app.example/callback'
const { secret, sha256 } = newClientSecret()
let origin: string
let server: ListeningServer
let auth: Auth<{ plan: string }, unknown>
let receiver: LogoutReceiver

/** One page of its own: whoever comes to it is Alice. */
async function application(request: HttpRequest): Promise<HttpResponse> {
  const url = new URL(request.url, origin)
  if (auth.covers(url.pathname)) return auth.handler(request)
  const returnTo = url.searchParams.get('return_to')
  const loggedIn = await auth.logIn({ subject: 'alice' }, request)
  return auth.respond(loggedIn, { form: true, returnTo })
}

beforeAll(async () => {
  receiver = await logoutReceiver()
  const port = await freePort()
  origin = `http://localhost:${port}`
  auth = withProvider(
    createAuth({
      store: createMemoryStore(),
      issuer: origin,
      secrets: 'an-application-secret-of-32-characters',
      claims: () => ({ plan: 'free' }),
    }),
    {
      signInPath: '/log-in',
      userClaims: async () => ({ email: 'alice@example.org', name: 'Alice' }),
      clients: [
        {
          client_id: 'app',
          client_secret_sha256: sha256,
          redirect_uris: [REDIRECT],
          backchannel_logout_uri: receiver.uri,
          trusted: true,
        },
      ],
    },
  )
  server = await listen(application, { port })
  await auth.ready()
})
afterAll(async () => {
  await server.close()
  await auth.close()
  await receiver.close()
})

it('logs others in by way of its own page, and tells them of its sign-out', async () => {
  const config = await discover(origin, { id: 'app', secret })
  const browser = createClient(origin)
  const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT, scope: 'openid profile' })
  const back = await follow(browser, origin, url)
  if (!(back instanceof URL)) throw new Error(back.text)
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await openid.authorizationCodeGrant(config, back, checks)
  expect(tokens.claims()).toMatchObject({ iss: origin, sub: 'alice' })
  expect(await openid.fetchUserInfo(config, tokens.access_token, 'alice')).toEqual({ sub: 'alice', name: 'Alice' })
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = new Headers({ cookie, origin })
  const { receipt } = await auth.signOut({ method: 'POST', headers })
  expect(receipt).not.toBeNull()
  expect(receiver.tokens).toHaveLength(1)
  await expect(openid.fetchUserInfo(config, tokens.access_token, 'alice')).rejects.toMatchObject({ status: 401 })
})

it('refuses a client that is none when it is made', () => {
  const make = () =>
    withProvider(auth, { signInPath: '/', clients: [{ client_id: 'x', redirect_uris: ['javascript:1'] }] })
  expect(make).toThrow(TypeError)
})
