/** A command-line program that signs in through the system's browser: PKCE, and a redirect to a port of this machine (RFC 8252). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as openid from 'openid-client'

const { ISSUER = 'http://localhost:4000', CLIENT = 'cli' } = process.env

const issuer = new URL(ISSUER)
const config = await openid.discovery(issuer, CLIENT, undefined, openid.None(), {
  // On this very machine only; anywhere else it is https.
  execute: issuer.hostname === 'localhost' ? [openid.allowInsecureRequests] : [],
})

// Any free port: of a native application's loopback redirect the port may vary, and nothing else.
const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`

const verifier = openid.randomPKCECodeVerifier()
const state = openid.randomState()
const url = openid.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: 'openid email offline_access',
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
})
console.log(`Open this in your browser to sign in:\n${url.href}`)

const back = await new Promise<URL>((resolve) => {
  server.on('request', (request, response) => {
    const asked = new URL(request.url ?? '/', redirectUri)
    if (asked.pathname !== '/callback') {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' }).end('You can close this page.')
    resolve(asked)
  })
})
server.close()

// The library checks `state`, and that `iss` is the server that was asked (RFC 9207).
const tokens = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
const { email } = await openid.fetchUserInfo(
  config,
  tokens.access_token,
  tokens.claims()?.sub ?? openid.skipSubjectCheck,
)
console.log(`Signed in as ${email}.`)

// A real program keeps the refresh token in the system's key ring; this one gives it back.
await openid.tokenRevocation(config, tokens.refresh_token ?? '')
console.log('Signed out.')
