/** The OpenID Connect provider over real sockets, with `openid-client` as a foreign relying party. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier } from '../../src/verifier/verifier.ts'
import type { Client } from '../support/http-client.ts'
import {
  authorization,
  discover,
  follow,
  formOf,
  PASSWORD,
  type RegisteredClient,
  register,
  signedIn,
} from '../support/relying-party.ts'
import { OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const REDIRECT = 'https://app.example/callback'
const API = 'https://api.example'
let server: TestServer
let config: openid.Configuration
let client: RegisteredClient

beforeAll(async () => {
  server = await startTestServer({ env: { SOJOURN_AUDIENCES: API } })
  client = await register(server.instance, {
    client_id: 'app',
    redirect_uris: [REDIRECT],
    post_logout_redirect_uris: ['https://app.example/bye'],
    audiences: [API],
    trusted: true,
  })
  config = await discover(server.url, client)
})
afterAll(() => server.close())

let people = 0
const person = (): string => `person${++people}@example.org`

/** The whole code flow of a signed-in browser. */
async function login(browser: Client, parameters: Readonly<Record<string, string>> = {}) {
  const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT, ...parameters })
  const back = await follow(browser, server.url, url)
  if (!(back instanceof URL)) throw new Error(`no redirect: ${back.status} ${back.text}`)
  return openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
}

describe('code and PKCE', () => {
  it('logs in, refreshes, and tells who it is', async () => {
    const email = person()
    const browser = await signedIn(server.url, email)
    const tokens = await login(browser)
    const { subject } = (await browser.get('/auth/session')).json
    expect(tokens.claims()).toMatchObject({ iss: server.url, aud: 'app', sub: subject })
    const info = await openid.fetchUserInfo(config, tokens.access_token, subject)
    expect(info).toEqual({ sub: subject, email, email_verified: false })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    // Reuse ends the grant, the successor with it.
    await expect(openid.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('signs ID tokens by RS256 with a key of the one JWK set, in which the key of access tokens is too', async () => {
    const tokens = await login(await signedIn(server.url, person()))
    const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url))
    const { protectedHeader } = await jwtVerify(tokens.id_token ?? '', jwks, { issuer: server.url, audience: 'app' })
    expect(protectedHeader.alg).toBe('RS256')
    const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as { keys: { alg: string }[] }
    expect(keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'RS256'])
  })

  it('sends somebody who is not signed in to our own page, and on from there', async () => {
    const email = person()
    await signedIn(server.url, email)
    const { createClient } = await import('../support/http-client.ts')
    const browser = createClient(server.url)
    const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('nobody was asked')
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https://app.example")
    const { action, fields } = formOf(page.text)
    expect(action).toBe('/auth/sign-in')
    const answer = await browser.post(action, { form: { ...fields, email, password: PASSWORD } })
    const back = await follow(browser, server.url, answer.headers.get('location') ?? '')
    if (!(back instanceof URL)) throw new Error(back.text)
    const tokens = await openid.authorizationCodeGrant(config, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    })
    expect(tokens.claims()?.sub).toBe((await browser.get('/auth/session')).json.subject)
  })

  it('asks for a new sign-in where the client does, whatever session there is', async () => {
    const email = person()
    const browser = await signedIn(server.url, email)
    for (const wish of [{ prompt: 'login' }, { max_age: '0' }]) {
      const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT, ...wish })
      if ('max_age' in wish) await new Promise((resolve) => setTimeout(resolve, 1100))
      const page = await follow(browser, server.url, url)
      if (page instanceof URL) throw new Error('nobody was asked')
      const { action, fields } = formOf(page.text)
      // Coming back without having signed in leads to the same question.
      const again = await follow(browser, server.url, fields.return_to ?? '')
      if (again instanceof URL) throw new Error('nobody was asked')
      const answer = await browser.post(action, { form: { ...fields, email, password: PASSWORD } })
      const back = await follow(browser, server.url, answer.headers.get('location') ?? '')
      if (!(back instanceof URL)) throw new Error(back.text)
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const tokens = await openid.authorizationCodeGrant(config, back, checks)
      expect(tokens.claims()?.auth_time).toBeGreaterThan(Date.now() / 1000 - 60)
    }
  })

  it('answers prompt=none with login_required for nobody, with a code for somebody', async () => {
    const { createClient } = await import('../support/http-client.ts')
    const { url } = await authorization(config, { redirect_uri: REDIRECT, prompt: 'none' })
    const back = await follow(createClient(server.url), server.url, url)
    expect(back).toBeInstanceOf(URL)
    expect((back as URL).searchParams.get('error')).toBe('login_required')
    await login(await signedIn(server.url, person()), { prompt: 'none' })
  })

  it('takes pushed requests', async () => {
    const browser = await signedIn(server.url, person())
    const verifier = openid.randomPKCECodeVerifier()
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: REDIRECT,
      scope: 'openid',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const back = await follow(browser, server.url, url)
    if (!(back instanceof URL)) throw new Error(back.text)
    await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier })
    // Once.
    const twice = await follow(browser, server.url, url)
    expect(twice instanceof URL ? twice.searchParams.get('error') : twice.text).toMatch(/invalid_request/)
  })

  it('posts the answer where the client wants a form', async () => {
    const browser = await signedIn(server.url, person())
    const { url } = await authorization(config, { redirect_uri: REDIRECT, response_mode: 'form_post' })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('no form')
    expect(formOf(page.text)).toMatchObject({ action: REDIRECT, fields: { iss: server.url } })
    expect(page.headers.get('content-security-policy')).toMatch(
      /script-src 'sha256-[^']+'; form-action https:\/\/app\.example;/,
    )
  })
})

describe('consent', () => {
  it('is asked of people for a client that is not ours, once per session', async () => {
    const foreign = await register(server.instance, { client_id: 'foreign', redirect_uris: [REDIRECT] })
    const configuration = await discover(server.url, foreign)
    const browser = await signedIn(server.url, person())
    const { url, verifier, state } = await authorization(configuration, { redirect_uri: REDIRECT })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('nobody was asked')
    expect(page.text).toContain('See your email address')
    const { action } = formOf(page.text)
    const answer = await browser.post(action, { form: { answer: 'allow' } })
    expect(answer.status).toBe(303)
    const back = await follow(browser, server.url, answer.headers.get('location') ?? '')
    if (!(back instanceof URL)) throw new Error(back.text)
    await openid.authorizationCodeGrant(configuration, back, { pkceCodeVerifier: verifier, expectedState: state })
    const second = await authorization(configuration, { redirect_uri: REDIRECT })
    expect(await follow(browser, server.url, second.url)).toBeInstanceOf(URL)
  })

  it('can be refused', async () => {
    const configuration = await discover(server.url, { id: 'foreign', secret: 'unused' })
    const browser = await signedIn(server.url, person())
    const { url } = await authorization(configuration, { redirect_uri: REDIRECT })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('nobody was asked')
    const answer = await browser.post(formOf(page.text).action, { form: { answer: 'deny' } })
    const back = await follow(browser, server.url, answer.headers.get('location') ?? '')
    expect((back as URL).searchParams.get('error')).toBe('access_denied')
  })
})

describe('tokens for a resource', () => {
  it('are checked by every verifier like our own, and end with their session, their subject or alone', async () => {
    for (const end of ['session', 'subject', 'token'] as const) {
      const browser = await signedIn(server.url, person())
      const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT, resource: API })
      const back = await follow(browser, server.url, url)
      if (!(back instanceof URL)) throw new Error(back.text)
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const tokens = await openid.authorizationCodeGrant(config, back, checks, { resource: API })
      const outside = createVerifier({
        jwksUrl: `${server.url}/.well-known/jwks.json`,
        allowInsecureJwksUrl: true,
        issuer: server.url,
        audience: API,
        revocations: server.instance.revocations.view,
      } as Parameters<typeof createVerifier>[0])
      const { session, subject } = (await browser.get('/auth/session')).json
      const claims = await outside.verify(tokens.access_token)
      expect(claims).toMatchObject({ sub: subject, sid: session.id, aud: API, client_id: 'app', gen: 0 })
      expect(tokens.expires_in).toBe(600)
      const target = { session: session.id, subject, token: String(claims.jti) }[end]
      const revoked = await fetch(`${server.url}/admin/revoke`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${OPERATOR_KEY}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ [end]: target }),
      })
      expect(revoked.status).toBe(200)
      await expect(outside.verify(tokens.access_token)).rejects.toMatchObject({ code: 'token.revoked' })
      const refreshed = openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
      if (end === 'token') await refreshed
      else await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant' })
    }
  })

  it('are refused for an audience that the client may not ask for', async () => {
    const browser = await signedIn(server.url, person())
    const { url } = await authorization(config, { redirect_uri: REDIRECT, resource: 'https://other.example' })
    const back = await follow(browser, server.url, url)
    expect((back as URL).searchParams.get('error')).toBe('invalid_target')
  })
})

describe('keys', () => {
  it('rotate in the middle of a flow', async () => {
    const browser = await signedIn(server.url, person())
    const { url, verifier, state } = await authorization(config, { redirect_uri: REDIRECT, resource: API })
    const back = await follow(browser, server.url, url)
    if (!(back instanceof URL)) throw new Error(back.text)
    const { signing } = await server.instance.keys.rotate()
    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const tokens = await openid.authorizationCodeGrant(config, back, checks, { resource: API })
    const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url))
    const { protectedHeader } = await jwtVerify(tokens.access_token, jwks)
    expect(protectedHeader).toMatchObject({ kid: signing, typ: 'at+jwt', alg: 'ES256' })
  })
})
