/** Rules of RFC 9700 that no other test holds the provider to; docs/rfc-9700.md says which test holds it to which rule. */
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/verifier/verifier.ts'
import type { Answer, Client } from '../support/http-client.ts'
import { authorization, discover, follow, type RegisteredClient, register, signedIn } from '../support/relying-party.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const REDIRECT = 'https://app.example/callback'
const [API, OTHER_API] = ['https://api.example', 'https://other.example']
let server: TestServer
let app: RegisteredClient
let config: openid.Configuration

beforeAll(async () => {
  server = await startTestServer({ env: { SOJOURN_AUDIENCES: `${API};scopes=read,${OTHER_API}` } })
  app = await register(server.instance, {
    client_id: 'app',
    redirect_uris: [REDIRECT],
    audiences: [API, OTHER_API],
    scopes: ['openid', 'email', 'read'],
    trusted: true,
  })
  await register(server.instance, {
    client_id: 'cli',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/callback'],
  })
  await register(server.instance, { client_id: 'guest', redirect_uris: [REDIRECT] })
  config = await discover(server.url, app)
})
afterAll(() => server.close())

let people = 0
const person = (): Promise<Client> => signedIn(server.url, `rules${++people}@example.org`)

async function started(browser: Client, parameters: Readonly<Record<string, string>> = {}) {
  const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT, ...parameters })
  return { answer: await follow(browser, server.url, url), verifier, state }
}

async function login(browser: Client, parameters: Readonly<Record<string, string>> = {}) {
  const { answer, verifier, state } = await started(browser, parameters)
  if (!(answer instanceof URL)) throw new Error(answer.text)
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const { resource } = parameters
  return openid.authorizationCodeGrant(config, answer, checks, resource === undefined ? {} : { resource })
}

const metadata = async (path = '/.well-known/openid-configuration'): Promise<Record<string, unknown>> =>
  (await fetch(server.url + path)).json() as Promise<Record<string, unknown>>

/** The page that asks a person whether `guest` may go on. */
async function consent(): Promise<Answer> {
  const { answer } = await started(await person(), { client_id: 'guest' })
  if (answer instanceof URL) throw new Error(answer.href)
  expect(answer.text).toContain('name="answer"')
  return answer
}

describe('redirects', () => {
  it('of a native application may change the port of loopback and nothing else', async () => {
    const browser = await person()
    const to = async (uri: string) => (await started(browser, { client_id: 'cli', redirect_uri: uri })).answer
    const asked = await to('http://127.0.0.1:49152/callback')
    expect(asked instanceof URL ? asked.href : asked.text).toContain('name="answer"')
    for (const uri of [
      'http://127.0.0.1:49152/other',
      'http://localhost:49152/callback',
      'https://127.0.0.1:49152/callback',
      'http://127.0.0.1:49152@evil.example/callback',
    ]) {
      expect(await to(uri), uri).toMatchObject({ status: 400 })
    }
  })

  it('are 303, or 302 after a GET, so that no form is sent on', async () => {
    const browser = await person()
    const { url } = await authorization(config, { redirect_uri: REDIRECT, client_id: 'guest' })
    const first = await browser.get(url.pathname + url.search, { headers: { Accept: 'text/html' } })
    expect([302, 303]).toContain(first.status)
    const form = { answer: 'allow' }
    const said = await browser.post(first.headers.get('location') ?? '', { form })
    expect(said.status).toBe(303)
  })
})

describe('metadata', () => {
  it('names the endpoints, the keys and S256, the same at both places', async () => {
    const openidConfiguration = await metadata()
    expect(openidConfiguration).toMatchObject({
      issuer: server.url,
      code_challenge_methods_supported: ['S256'],
      jwks_uri: `${server.url}/.well-known/jwks.json`,
      token_endpoint: `${server.url}/oidc/token`,
      device_authorization_endpoint: `${server.url}/oidc/device/authorization`,
      introspection_endpoint: `${server.url}/oauth/introspect`,
      revocation_endpoint: `${server.url}/oauth/revoke`,
      authorization_response_iss_parameter_supported: true,
      response_types_supported: ['code'],
    })
    expect(await metadata('/.well-known/oauth-authorization-server')).toEqual(openidConfiguration)
  })

  it('offers asymmetric client authentication, and nothing that is bound to a key which nobody would check', async () => {
    const { token_endpoint_auth_methods_supported: methods, ...rest } = await metadata()
    expect(methods).toContain('private_key_jwt')
    expect(rest).not.toHaveProperty('dpop_signing_alg_values_supported')
    const tokens = await login(await person(), { resource: API })
    expect(tokens.token_type.toLowerCase()).toBe('bearer')
  })

  it('offers no message to a window of another page', async () => {
    const { response_modes_supported: modes } = await metadata()
    expect(modes).not.toContain('web_message')
    const { answer } = await started(await person(), { response_mode: 'web_message' })
    expect(answer instanceof URL ? answer.searchParams.get('error') : answer.status).toSatisfy(
      (said: unknown) => said === 'unsupported_response_mode' || said === 'invalid_request' || said === 400,
    )
  })
})

describe('pages that ask', () => {
  it('stand in no frame, load nothing of others and tell nobody where they are', async () => {
    const { headers, text } = await consent()
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toMatch(/^(no-referrer|same-origin)$/)
    expect(headers.get('cache-control')).toContain('no-store')
    expect(text).not.toMatch(/(src|href)="https?:/)
  })
})

describe('grants', () => {
  it.each([
    ['password', { username: 'ann', password: 'secret' }],
    ['implicit', {}],
    ['urn:ietf:params:oauth:grant-type:jwt-bearer', { assertion: 'x' }],
  ])('%s is not there', async (grant, fields) => {
    const response = await fetch(`${server.url}/oidc/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: grant, ...fields }),
      headers: { Authorization: `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString('base64')}` },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'unsupported_grant_type' })
  })
})

describe('a token', () => {
  it('is not taken from a query', async () => {
    const { access_token: token } = await login(await person())
    const url = `${server.url}/oidc/userinfo`
    expect((await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200)
    expect((await fetch(`${url}?access_token=${token}`)).status).toBeGreaterThanOrEqual(400)
    expect((await fetch(`${server.url}/auth/session?access_token=${token}`)).status).toBe(401)
  })

  it('is for one audience and its scope, and of no use elsewhere', async () => {
    const tokens = await login(await person(), { resource: API, scope: 'openid read' })
    const verifier = (audience: string) =>
      createVerifier({ issuer: server.url, audience, jwksUrl: `${server.url}/.well-known/jwks.json` })
    expect(await verifier(API).verify(tokens.access_token)).toMatchObject({ aud: API, scope: 'read' })
    for (const audience of [OTHER_API, server.url]) {
      await expect(verifier(audience).verify(tokens.access_token)).rejects.toMatchObject({ code: 'token.audience' })
    }
    const response = await fetch(`${server.url}/auth/session`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    })
    expect(response.status).toBe(401)
  })

  it('says nothing of who logged in where an ID token is asked for, nor the other way round', async () => {
    const { id_token: idToken = '', access_token: opaque } = await login(await person())
    for (const token of [idToken, opaque]) await expect(server.instance.logins.verify(token)).rejects.toThrow()
    expect(await server.instance.logins.introspect(idToken)).toBeNull()
  })
})

describe('a refresh token', () => {
  it('is good for what was consented to and no more, and not when it was altered', async () => {
    const tokens = await login(await person(), { scope: 'openid', resource: API })
    const refresh = tokens.refresh_token ?? ''
    await expect(openid.refreshTokenGrant(config, refresh, { scope: 'openid email' })).rejects.toMatchObject({
      error: 'invalid_scope',
    })
    await expect(openid.refreshTokenGrant(config, refresh, { resource: OTHER_API })).rejects.toMatchObject({
      error: 'invalid_target',
    })
    const altered = `${refresh.slice(0, -1)}${refresh.endsWith('A') ? 'B' : 'A'}`
    await expect(openid.refreshTokenGrant(config, altered)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('ends with its session', async () => {
    const browser = await person()
    const { refresh_token: refresh = '' } = await login(browser)
    await browser.post('/auth/sign-out')
    await expect(openid.refreshTokenGrant(config, refresh)).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})
