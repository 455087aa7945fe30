/** The token bridge over real sockets: tokens for services, and tokens exchanged for narrower ones. */
import { request as plainRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Base64url } from '../../src/crypto/digest.ts'
import { readClient } from '../../src/oidc/client.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const [ORDERS, STOCK, SECRETS] = ['https://orders.example', 'https://stock.example', 'https://secrets.example']
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const SECRET = 'a-secret-of-a-client-in-a-test-0123456789'

let server: TestServer

async function register(given: object): Promise<void> {
  const read = readClient({ client_secret_sha256: sha256Base64url(SECRET), ...given })
  if ('faults' in read) throw new Error(read.faults.join())
  await server.instance.clients.add(read.client)
}

beforeAll(async () => {
  server = await startTestServer({
    env: {
      SOJOURN_AUDIENCES: `${ORDERS};scopes=read write;lifetime=300,${STOCK};scopes=read;lifetime=900,${SECRETS};scopes=read`,
    },
  })
  await register({
    client_id: 'robot',
    grant_types: ['client_credentials'],
    audiences: [ORDERS],
    scopes: ['read', 'write'],
  })
  await register({
    client_id: 'orders',
    grant_types: [EXCHANGE, 'client_credentials'],
    serves: [ORDERS],
    audiences: [STOCK, ORDERS],
    scopes: ['read'],
  })
  await register({
    client_id: 'stock',
    grant_types: [EXCHANGE, 'client_credentials'],
    serves: [STOCK],
    audiences: [ORDERS, SECRETS],
    scopes: ['read'],
  })
  await register({ client_id: 'plain', grant_types: [] })
})
afterAll(() => server.close())

interface Answer {
  readonly status: number
  readonly body: Record<string, string>
}

/** No browser: fetch says `Sec-Fetch-Mode`. */
function post(
  path: string,
  form: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  client?: string,
): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
  if (client) headers.authorization = `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`
  return new Promise((resolve, reject) => {
    const sent = plainRequest(server.url + path, { method: 'POST', headers }, async (answer) => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve({ status: answer.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : {} })
    })
    sent.once('error', reject)
    sent.end(new URLSearchParams(form as Record<string, string>).toString())
  })
}

const token = (client: string, form: Readonly<Record<string, string>>) => post('/oidc/token', form, client)
const credentials = (client: string, form: Readonly<Record<string, string>>) =>
  token(client, { grant_type: 'client_credentials', ...form })
const exchange = (client: string, subject: string, form: Readonly<Record<string, string>>) =>
  token(client, { grant_type: EXCHANGE, subject_token: subject, subject_token_type: ACCESS_TOKEN, ...form })

const claimsOf = (jwt: string | undefined) => JSON.parse(Buffer.from(jwt?.split('.')[1] ?? '', 'base64url').toString())
const verifier = (audience: string) =>
  createVerifier({
    issuer: server.url,
    audience,
    jwksUrl: `${server.url}/.well-known/jwks.json`,
    revocations: server.instance.revocations.view,
  })
const isRefused = async (jwt: string | undefined) => {
  await expect(server.instance.logins.introspect(jwt ?? '')).resolves.toBeNull()
}

/** Ann's token for the orders, with this scope: of a session of her own. */
async function ann(scope = 'read write') {
  const { session, tokens } = await server.instance.logins.logIn({
    subject: 'ann',
    mode: 'token',
    device: { userAgent: null, address: null },
    audience: [ORDERS],
    scope,
  })
  return { session, token: tokens?.accessToken ?? '' }
}

describe('client credentials', () => {
  it('give a service a token of its own that every verifier takes, and never for a user’s', async () => {
    const { status, body } = await credentials('robot', { resource: ORDERS, scope: 'read' })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'read', expires_in: 300 })
    const claims = await verifier(ORDERS).verify(body.access_token ?? '')
    expect(claims).toMatchObject({ sub: 'client:robot', client_id: 'robot', aud: ORDERS, scope: 'read' })
    await expect(verifier(STOCK).verify(body.access_token ?? '')).rejects.toMatchObject({ code: 'token.audience' })
    await expect(
      server.instance.logins.logIn({
        subject: 'client:robot',
        mode: 'cookie',
        device: { userAgent: null, address: null },
      }),
    ).rejects.toThrow(TypeError)
  })

  it('hang on one session of the client, whoever asks at once, and die with it', async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => credentials('robot', { audience: ORDERS })))
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    const { sid } = claimsOf(all[0]?.body.access_token)
    expect(new Set(all.map(({ body }) => claimsOf(body.access_token).sid))).toEqual(new Set([sid]))
    await server.instance.logins.logOut(sid)
    for (const { body } of all) await isRefused(body.access_token)
    expect((await credentials('robot', { audience: ORDERS })).status).toBe(200)
  })

  it.each([
    ['an audience that is not the client’s', { audience: STOCK }, 'invalid_target'],
    ['no audience', {}, 'invalid_target'],
    ['a scope that is not the client’s', { audience: ORDERS, scope: 'admin' }, 'invalid_scope'],
  ])('are refused for %s', async (_what, form, error) => {
    expect(await credentials('robot', form)).toMatchObject({ status: 400, body: { error } })
  })

  it('are refused to a client without that grant, and with two audiences', async () => {
    expect((await credentials('plain', { audience: ORDERS })).body.error).toBe('invalid_request')
    const form = [
      ['grant_type', 'client_credentials'],
      ['resource', ORDERS],
      ['resource', STOCK],
    ] as const
    expect((await post('/oidc/token', form, 'robot')).body.error).toBe('invalid_target')
    expect(
      (await post('/oidc/token', { grant_type: 'client_credentials', client_id: 'robot', audience: ORDERS })).body
        .error,
    ).toBe('invalid_client')
  })

  it('end with their client', async () => {
    await register({ client_id: 'brief', grant_types: ['client_credentials'], audiences: [ORDERS] })
    const { body } = await credentials('brief', { audience: ORDERS })
    await server.instance.clients.remove('brief')
    expect((await server.instance.clientEnds.end('brief')).tokens).toBe(1)
    await isRefused(body.access_token)
    expect((await credentials('brief', { audience: ORDERS })).body.error).toBe('invalid_client')
  })
})

describe('token exchange', () => {
  it('narrows audience, scope and life, keeps session and subject, and names who acts', async () => {
    const { session, token: first } = await ann()
    const { status, body } = await exchange('orders', first, { audience: STOCK })
    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({ issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', scope: 'read' })
    const second = await verifier(STOCK).verify(body.access_token ?? '')
    expect(second).toMatchObject({
      sub: 'ann',
      sid: session.id,
      client_id: 'orders',
      scope: 'read',
      act: { sub: 'client:orders' },
    })
    // The stock's own tokens live 900 seconds: what is made of one of 300 does not.
    expect(second.exp).toBeLessThanOrEqual(claimsOf(first).exp)

    const third = await exchange('stock', body.access_token ?? '', { resource: SECRETS })
    expect(claimsOf(third.body.access_token)).toMatchObject({
      sub: 'ann',
      aud: SECRETS,
      act: { sub: 'client:stock', act: { sub: 'client:orders' } },
    })
    await server.instance.logins.logOut(session.id)
    for (const jwt of [first, body.access_token, third.body.access_token]) await isRefused(jwt)
    expect((await exchange('orders', first, { audience: STOCK })).body.error).toBe('invalid_request')
  })

  it('ends what was made of a token with that token', async () => {
    const { token: first } = await ann()
    const second = (await exchange('orders', first, { audience: STOCK })).body.access_token ?? ''
    const third = (await exchange('stock', second, { audience: SECRETS })).body.access_token ?? ''
    const other = (await exchange('orders', (await ann()).token, { audience: STOCK })).body.access_token ?? ''
    expect((await post('/oauth/revoke', { token: first })).status).toBe(200)
    for (const jwt of [first, second, third]) await isRefused(jwt)
    expect(await server.instance.logins.introspect(other)).not.toBeNull()
  })

  it('takes an actor that proves itself by a token of its own', async () => {
    const { token: first } = await ann()
    const actor = (await credentials('orders', { audience: ORDERS })).body.access_token ?? ''
    const form = { audience: STOCK, actor_token: actor, actor_token_type: ACCESS_TOKEN }
    const { body } = await exchange('orders', first, form)
    expect(claimsOf(body.access_token).act).toEqual({ sub: 'client:orders' })
    const foreign = (await credentials('robot', { audience: ORDERS })).body.access_token ?? ''
    expect((await exchange('orders', first, { ...form, actor_token: foreign })).body.error).toBe('invalid_request')
  })

  it.each([
    ['a client that the token is neither of nor for', 'stock', { audience: SECRETS }, 'invalid_request'],
    ['an audience that is not the client’s', 'orders', { audience: SECRETS }, 'invalid_target'],
    ['more scope than the token has', 'orders', { audience: STOCK, scope: 'read write' }, 'invalid_scope'],
    [
      'another kind of token',
      'orders',
      { audience: STOCK, subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      'invalid_request',
    ],
    [
      'a refresh token in return',
      'orders',
      { audience: STOCK, requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    ['garbage', 'orders', { audience: STOCK, subject_token: 'garbage' }, 'invalid_request'],
    ['a client without this grant', 'robot', { audience: ORDERS }, 'invalid_request'],
  ])('is refused for %s', async (_what, client, form, error) => {
    expect(await exchange(client, (await ann()).token, form)).toMatchObject({ status: 400, body: { error } })
  })

  it('gives no scope that the first token lacks', async () => {
    const { body } = await exchange('orders', (await ann('write')).token, { audience: STOCK })
    expect(claimsOf(body.access_token).scope).toBeUndefined()
  })

  it('lets at most five act one after another', async () => {
    let jwt = (await ann()).token
    let answer: Answer | undefined
    for (let i = 0; i < 6; i++) {
      answer = await exchange(i % 2 === 0 ? 'orders' : 'stock', jwt, { audience: i % 2 === 0 ? STOCK : ORDERS })
      jwt = answer.body.access_token ?? jwt
    }
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})

describe('introspection', () => {
  it('tells a resource server of tokens for it, with who acts', async () => {
    const second = (await exchange('orders', (await ann()).token, { audience: STOCK })).body.access_token ?? ''
    expect((await post('/oauth/introspect', { token: second }, 'stock')).body).toMatchObject({
      active: true,
      sub: 'ann',
      act: { sub: 'client:orders' },
    })
    expect((await post('/oauth/introspect', { token: second }, 'robot')).body).toEqual({ active: false })
  })
})
