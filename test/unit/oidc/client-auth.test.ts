/** Client authentication, each method with what is wrong about it. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseForm } from '../../../src/http/body.ts'
import type { JsonObject } from '../../../src/json.ts'
import { type Client, readClient } from '../../../src/oidc/client.ts'
import { createClientAuth } from '../../../src/oidc/client-auth.ts'
import { newClientSecret } from '../../../src/oidc/clients.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

const ISSUER = 'https://login.example'
const { secret, sha256 } = newClientSecret()
const clock = createTestClock()
const keys = await generateKeyPair('ES256')
const others = await generateKeyPair('ES256')
const registered = new Map<string, Client>()

beforeAll(async () => {
  const jwk = await exportJWK(keys.publicKey)
  for (const given of [
    { client_id: 'shop', client_secret_sha256: sha256 },
    { client_id: 'bank', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } },
    { client_id: 'phone', application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'] },
  ]) {
    const read = readClient(given)
    if ('faults' in read) throw new Error(read.faults.join())
    registered.set(read.client.client_id, read.client)
  }
})

function setUp() {
  const used = new Set<string>()
  const auth = createClientAuth({
    clients: { find: async (id) => registered.get(id) ?? null },
    clock,
    audience: [ISSUER],
    isFirstUse: async (id, jti) => used.size < used.add(`${id} ${jti}`).size,
  })
  return (form: Record<string, string>, authorization?: string) => {
    const values = parseForm(new URLSearchParams(form).toString())
    const fields = { form: true, text: (name: string) => values.get(name) ?? null, required: String, value: () => null }
    return auth.authenticate({ headers: new Headers(authorization ? { authorization } : {}) }, fields)
  }
}

const basic = (id: string, password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`
const invalid = expect.objectContaining({ code: 'client.invalid' })
const malformed = expect.objectContaining({ code: 'request.malformed' })

async function assertion(
  claims: JsonObject = {},
  header: JsonObject = {},
  key: Parameters<SignJWT['sign']>[0] = keys.privateKey,
) {
  const now = clock.now()
  const all = { iss: 'bank', sub: 'bank', aud: ISSUER, jti: 'a', iat: now, exp: now + 60, ...claims }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await new SignJWT(all).setProtectedHeader({ alg: 'ES256', ...header }).sign(key),
  }
}

describe('a client with a secret', () => {
  it('proves itself by header or form', async () => {
    const ask = setUp()
    const shop = { id: 'shop', isPublic: false, serves: [] }
    expect(await ask({}, basic('shop', secret))).toEqual(shop)
    expect(await ask({ client_id: 'shop' }, basic('shop', secret))).toEqual(shop)
    expect(await ask({ client_id: 'shop', client_secret: secret })).toEqual(shop)
  })

  it.each([
    ['a wrong secret', {}, basic('shop', `${secret}x`)],
    ['the digest of the secret', {}, basic('shop', sha256)],
    ['an unknown client', {}, basic('shops', secret)],
    ['its name only', { client_id: 'shop' }, undefined],
    ['a secret where it has none', { client_id: 'phone', client_secret: secret }, undefined],
  ])('does not by %s', async (_what, form, authorization) => {
    await expect(setUp()(form, authorization)).rejects.toEqual(invalid)
  })

  it.each([
    ['two ways at once', { client_id: 'shop', client_secret: secret }, basic('shop', secret)],
    ['two names', { client_id: 'bank' }, basic('shop', secret)],
    ['no secret', {}, basic('shop', '')],
    ['no colon', {}, `Basic ${Buffer.from('shop').toString('base64')}`],
    ['no base64', {}, 'Basic ***'],
    ['broken percent-encoding', {}, basic('shop', '%zz')],
  ])('is refused with %s', async (_what, form, authorization) => {
    await expect(setUp()(form, authorization)).rejects.toEqual(malformed)
  })
})

describe('a client with a key', () => {
  it('proves itself by an assertion, once', async () => {
    const ask = setUp()
    const form = await assertion()
    expect(await ask(form)).toEqual({ id: 'bank', isPublic: false, serves: [] })
    await expect(ask(form)).rejects.toEqual(invalid)
  })

  it.each([
    ['another key', () => assertion({}, {}, others.privateKey)],
    ['another issuer', () => assertion({ iss: 'shop' })],
    ['another audience', () => assertion({ aud: 'https://other.example' })],
    ['two audiences', () => assertion({ aud: [ISSUER, 'https://other.example'] })],
    ['no id', () => assertion({ jti: null })],
    ['a past end', () => assertion({ exp: clock.now() })],
    ['a far end', () => assertion({ exp: clock.now() + 3600 })],
    ['no end', () => assertion({ exp: null })],
    ['nobody in it', () => assertion({ sub: 'nobody', iss: 'nobody' })],
    [
      'its public key as an HMAC secret',
      async () =>
        assertion({}, { alg: 'HS256' }, new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)))),
    ],
    [
      'no signature',
      async () => {
        const form = await assertion()
        const [, payload] = form.client_assertion.split('.')
        return { ...form, client_assertion: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.` }
      },
    ],
    ['no JWT', async () => ({ ...(await assertion()), client_assertion: 'abc' })],
    ['a secret instead', async () => ({ client_id: 'bank', client_secret: secret })],
  ])('does not with %s', async (_what, form) => {
    await expect(setUp()(await form())).rejects.toEqual(invalid)
  })

  it('says what kind of assertion it is', async () => {
    await expect(setUp()({ ...(await assertion()), client_assertion_type: 'saml' })).rejects.toEqual(malformed)
  })
})

it('a public client names itself; whoever names nobody is nobody', async () => {
  expect(await setUp()({ client_id: 'phone' })).toEqual({ id: 'phone', isPublic: true, serves: [] })
  expect(await setUp()({})).toBeNull()
  expect(await setUp()({}, 'Bearer abc')).toBeNull()
})
