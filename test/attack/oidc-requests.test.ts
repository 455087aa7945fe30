/** Hostile requests to the OpenID Connect provider: each is refused with its OAuth error, and leads nowhere it should not. */
import { generateKeyPairSync } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, createClient } from '../support/http-client.ts'
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
import { startTestServer, type TestServer } from '../support/running-server.ts'

const REDIRECT = 'https://app.example/callback'
const API = 'https://api.example'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
let server: TestServer
let client: RegisteredClient
let config: openid.Configuration

beforeAll(async () => {
  server = await startTestServer({ env: { SOJOURN_AUDIENCES: API } })
  client = await register(server.instance, {
    client_id: 'app',
    redirect_uris: [REDIRECT],
    audiences: [API],
    trusted: true,
  })
  await register(server.instance, { client_id: 'other', redirect_uris: [REDIRECT], trusted: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }
  const { readClient } = await import('../../src/oidc/client.ts')
  const read = readClient({
    client_id: 'signer',
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk] },
    trusted: true,
  })
  if ('faults' in read) throw new Error(read.faults.join())
  await server.instance.clients.add(read.client)
  config = await discover(server.url, client)
})
afterAll(() => server.close())

let people = 0
const person = (): string => `victim${++people}@example.org`

/** The authorization endpoint's answer: an error page, or the error that a redirect carries. */
async function authorize(parameters: Readonly<Record<string, string | undefined>>): Promise<URL | Answer> {
  const browser = await signedIn(server.url, person())
  const { url } = await authorization(config, { redirect_uri: REDIRECT })
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return follow(browser, server.url, url)
}

async function token(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.url}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const basic = ({ id, secret }: RegisteredClient) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

/** A code for `app`, and what goes with it. */
async function code(parameters: Readonly<Record<string, string>> = {}) {
  const browser = await signedIn(server.url, person())
  const { url, verifier } = await authorization(config, { redirect_uri: REDIRECT, ...parameters })
  const back = await follow(browser, server.url, url)
  if (!(back instanceof URL)) throw new Error(back.text)
  const fields = {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  }
  return { fields, back, browser }
}

describe('the authorization endpoint', () => {
  it.each([
    ['another path', 'https://app.example/callback/../steal'],
    ['another host', 'https://evil.example/callback'],
    ['a host that begins like ours', 'https://app.example.evil.example/callback'],
    ['a query more', 'https://app.example/callback?next=https://evil.example'],
    ['user information', 'https://app.example@evil.example/callback'],
    ['another port', 'https://app.example:8443/callback'],
    ['a script', 'javascript:alert(1)'],
  ])('sends nobody to a redirect URI that is not registered: %s', async (_what, uri) => {
    const answer = await authorize({ redirect_uri: uri })
    expect(answer).toMatchObject({ status: 400 })
    expect((answer as Answer).text).toContain('invalid_redirect_uri')
  })

  it.each([
    ['none at all', { code_challenge: undefined, code_challenge_method: undefined }],
    ['plain', { code_challenge_method: 'plain' }],
    ['no method, which means plain', { code_challenge_method: undefined }],
  ])('insists on PKCE by S256: %s', async (_what, parameters) => {
    const back = (await authorize(parameters)) as URL
    expect(back.searchParams.get('error')).toBe('invalid_request')
    expect(back.searchParams.has('code')).toBe(false)
  })

  it.each(['token', 'id_token', 'code id_token', 'none'])('knows no response type %s', async (type) => {
    const back = (await authorize({ response_type: type, nonce: 'n' })) as URL
    expect(`${back.search}${back.hash}`).toMatch(/error=(unsupported_response_type|unauthorized_client)/)
  })

  it('says who it is in every answer, good or bad, against mix-up (RFC 9207)', async () => {
    const { back } = await code()
    expect(back.searchParams.get('iss')).toBe(server.url)
    const refused = (await authorize({ code_challenge_method: 'plain' })) as URL
    expect(refused.searchParams.get('iss')).toBe(server.url)
    const forged = new URL(back)
    forged.searchParams.set('iss', 'https://evil.example')
    const checks = { pkceCodeVerifier: 'x'.repeat(43), expectedState: forged.searchParams.get('state') ?? '' }
    await expect(openid.authorizationCodeGrant(config, forged, checks)).rejects.toThrow()
  })

  it('takes no request object from outside, by value or by address', async () => {
    const byValue = await authorize({ request: 'eyJhbGciOiJub25lIn0.e30.' })
    expect((byValue as URL).searchParams.get('error')).toBe('request_not_supported')
    const byAddress = await authorize({ request_uri: 'https://evil.example/request' })
    const error = byAddress instanceof URL ? byAddress.searchParams.get('error') : byAddress.text
    expect(error).toMatch(/invalid_request|request_uri_not_supported/)
  })

  it('believes no cookie of its own about who is logged in', async () => {
    const victim = await signedIn(server.url, person())
    const { session } = (await victim.get('/auth/session')).json
    const attacker = createClient(server.url)
    // A session id is no secret: whoever has seen one in a token must not become its owner.
    attacker.cookies.set('sojourn-oidc', session.id)
    const { url } = await authorization(config, { redirect_uri: REDIRECT, prompt: 'none' })
    const back = (await follow(attacker, server.url, url)) as URL
    expect(back.searchParams.get('error')).toBe('login_required')
  })

  it('answers only the browser that was asked', async () => {
    const browser = createClient(server.url)
    const { url } = await authorization(config, { redirect_uri: REDIRECT })
    const page = await follow(browser, server.url, url)
    if (page instanceof URL) throw new Error('nobody was asked')
    const { fields } = formOf(page.text)
    const victim = await signedIn(server.url, person())
    expect((await victim.get(fields.return_to ?? '')).status).toBe(404)
    expect((await victim.post(fields.return_to ?? '', { form: { answer: 'allow' } })).status).toBe(404)
  })

  it('returns from a sign-in to paths of ours only', async () => {
    const email = person()
    await signedIn(server.url, email)
    for (const target of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/.//evil.example']) {
      const browser = createClient(server.url)
      const page = await browser.get(`/sign-in?return_to=${encodeURIComponent(target)}`)
      expect(page.text).not.toContain('evil.example')
      const form = { email, password: PASSWORD, return_to: target }
      const answer = await browser.post('/auth/sign-in', { form })
      const next = await browser.get(answer.headers.get('location') ?? '')
      expect(next.headers.get('location')).toBe('/')
    }
  })
})

describe('the token endpoint', () => {
  it('takes a code once; the second use ends what the first one gave, at every verifier', async () => {
    const { fields } = await code({ resource: API })
    const first = await token({ ...fields, resource: API }, basic(client))
    expect(first.status).toBe(200)
    const accessToken = String(first.body.access_token)
    expect(await server.instance.logins.introspect(accessToken)).not.toBeNull()
    const second = await token({ ...fields, resource: API }, basic(client))
    expect(second).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await server.instance.logins.introspect(accessToken)).toBeNull()
    const refresh = { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token) }
    expect(await token(refresh, basic(client))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('has one winner when a code is used twice at once', async () => {
    const { fields } = await code()
    const answers = await Promise.all(Array.from({ length: 8 }, () => token(fields, basic(client))))
    const good = answers.filter(({ status }) => status === 200)
    expect(good.length).toBeLessThanOrEqual(1)
    for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
      expect([status, body.error]).toEqual([400, 'invalid_grant'])
    }
  })

  it.each([
    ['another client', 'other', {}],
    ['another verifier', 'app', { code_verifier: 'y'.repeat(43) }],
    ['no verifier', 'app', { code_verifier: '' }],
    ['another redirect URI', 'app', { redirect_uri: 'https://app.example/other' }],
  ])('takes no code with %s', async (_what, id, change) => {
    const { fields } = await code()
    const headers = id === 'app' ? basic(client) : basic(await renewed())
    const answer = await token({ ...fields, ...change }, headers)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatch(/invalid_grant|invalid_request/)
  })

  it('knows clients by their secret', async () => {
    const { fields } = await code()
    for (const secret of ['', 'wrong', (await server.instance.clients.find('app'))?.client_secret_sha256 ?? '']) {
      const answer = await token(fields, basic({ id: 'app', secret }))
      expect([answer.status, answer.body.error]).toEqual(
        secret === '' ? [400, 'invalid_request'] : [401, 'invalid_client'],
      )
    }
    expect((await token({ ...fields, client_id: 'app' })).body.error).toMatch(/invalid_client|invalid_request/)
  })

  it('takes client assertions by the registered key and its algorithm only, and each once', async () => {
    const assertion = (alg: string, key: Parameters<SignJWT['sign']>[0], jti: string) =>
      new SignJWT({})
        .setProtectedHeader({ alg, kid: 'k' })
        .setIssuer('signer')
        .setSubject('signer')
        .setAudience(server.url)
        .setJti(jti)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(key)
    const par = async (client_assertion: string) => {
      const { url } = await authorization(config, { redirect_uri: REDIRECT })
      url.searchParams.set('client_id', 'signer')
      const response = await fetch(`${server.url}/oidc/par`, {
        method: 'POST',
        body: new URLSearchParams({
          ...Object.fromEntries(url.searchParams),
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion,
        }),
      })
      return { status: response.status, error: ((await response.json()) as Record<string, unknown>).error }
    }
    const good = await assertion('ES256', privateKey, 'one')
    expect(await par(good)).toMatchObject({ status: 201 })
    expect((await par(good)).error).toMatch(/invalid_client|invalid_request/)
    // The public key as the secret of an HMAC, and no signature at all.
    const pem = new TextEncoder().encode(publicKey.export({ type: 'spki', format: 'pem' }).toString())
    expect(await par(await assertion('HS256', pem, 'two'))).toMatchObject({ status: 401, error: 'invalid_client' })
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`
    expect(await par(none)).toMatchObject({ status: 401, error: 'invalid_client' })
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    expect(await par(await assertion('ES256', foreign, 'three'))).toMatchObject({
      status: 401,
      error: 'invalid_client',
    })
  })

  it('refuses huge and odd bodies in the form of OAuth', async () => {
    const huge = await token({ grant_type: 'authorization_code', code: 'x'.repeat(100_000) }, basic(client))
    expect(huge).toMatchObject({ status: 413, body: { error: 'invalid_request' } })
    const { fields } = await code()
    const twice = await fetch(`${server.url}/oidc/token`, {
      method: 'POST',
      headers: { ...basic(client), 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `${new URLSearchParams(fields)}&code=another`,
    })
    expect([twice.status, ((await twice.json()) as Record<string, unknown>).error]).toEqual([400, 'invalid_request'])
    const json = await fetch(`${server.url}/oidc/token`, {
      method: 'POST',
      headers: { ...basic(client), 'Content-Type': 'application/json' },
      body: '{}',
    })
    expect([json.status, ((await json.json()) as Record<string, unknown>).error]).toEqual([400, 'invalid_request'])
  })

  it('tells a foreign host nothing', async () => {
    const { request } = await import('node:http')
    const status = await new Promise((resolve, reject) => {
      const asked = request(
        { port: server.port, path: '/.well-known/openid-configuration', headers: { Host: 'evil.example' } },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      asked.on('error', reject).end()
    })
    expect(status).toBe(421)
  })
})

async function renewed(): Promise<RegisteredClient> {
  await server.instance.clients.remove('other')
  return register(server.instance, { client_id: 'other', redirect_uris: [REDIRECT], trusted: true })
}
