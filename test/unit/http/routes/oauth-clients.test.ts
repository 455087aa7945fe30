/** Introspection and revocation by registered clients: whose tokens they may ask about and end. */
import { describe, expect, it } from 'vitest'
import type { OauthClient, OauthClients, ProviderToken } from '../../../../src/http/oauth-clients.ts'
import { httpParts, ORIGIN } from '../../../support/http-parts.ts'

const CLIENTS: readonly OauthClient[] = [
  { id: 'shop', isPublic: false, serves: [] },
  { id: 'api-server', isPublic: false, serves: ['api'] },
  { id: 'phone', isPublic: true, serves: [] },
]
/** Names are proof enough here: how a client proves itself has tests of its own. */
const oauthClients: OauthClients = {
  authenticate: async (_request, fields) => CLIENTS.find(({ id }) => id === fields.text('client_id')) ?? null,
  isRegistered: async (id) => CLIENTS.some((client) => client.id === id),
}

async function setUp(provided: Readonly<Record<string, ProviderToken>> = {}) {
  const http = await httpParts({
    oauthClients,
    providerTokens: { find: async (token) => provided[token] ?? null, ended: async () => undefined },
    isOperatorKey: (key) => key === 'operator',
  })
  const post = async (path: string, form: Record<string, string>, authorization?: string) => {
    const answer = await http.ask('POST', path, {
      'content-type': 'application/x-www-form-urlencoded',
      authorization,
      body: new URLSearchParams(form).toString(),
    })
    return { ...answer, of: [answer.status, answer.json.error ?? answer.json.active] }
  }
  const tokenOf = async (clientId: string, audience: readonly string[] = [ORIGIN]) => {
    const { tokens } = await http.logins.logIn({
      subject: 'alice',
      mode: 'token',
      device: { userAgent: null, address: null },
      clientId,
      audience,
    })
    return { access: tokens?.accessToken ?? '', refresh: tokens?.refreshToken ?? '' }
  }
  return { ...http, post, tokenOf }
}

describe('introspection by a client', () => {
  it('answers for its own tokens and for the audiences that it serves, and for no other', async () => {
    const { post, tokenOf } = await setUp()
    const [own, api] = [await tokenOf('shop'), await tokenOf('shop', ['api'])]
    const ask = async (id: string, token: string) => (await post('/oauth/introspect', { client_id: id, token })).of
    expect(await ask('shop', own.access)).toEqual([200, true])
    expect(await ask('shop', api.access)).toEqual([200, true])
    expect(await ask('api-server', api.access)).toEqual([200, true])
    expect(await ask('api-server', own.access)).toEqual([200, false])
    expect(await ask('shop', own.refresh)).toEqual([200, false])
    expect(await ask('shop', 'garbage')).toEqual([200, false])
  })

  it('is refused to public clients and to nobody', async () => {
    const { post, tokenOf } = await setUp()
    const { access } = await tokenOf('phone')
    const refused = await post('/oauth/introspect', { client_id: 'phone', token: access })
    expect(refused.of).toEqual([401, 'invalid_client'])
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect((await post('/oauth/introspect', { token: access })).of).toEqual([401, 'invalid_client'])
  })

  it('tells of the provider’s tokens only their own client and the operator', async () => {
    const revoked: string[] = []
    const opaque: ProviderToken = {
      clientId: 'shop',
      claims: { client_id: 'shop', scope: 'openid' },
      revoke: async () => void revoked.push('opaque'),
    }
    const { post } = await setUp({ opaque, ended: { ...opaque, claims: null } })
    const ask = (id: string, token: string) => post('/oauth/introspect', { client_id: id, token })
    expect((await ask('shop', 'opaque')).json).toEqual({ active: true, client_id: 'shop', scope: 'openid' })
    expect((await ask('shop', 'ended')).json).toEqual({ active: false })
    expect((await ask('api-server', 'opaque')).json).toEqual({ active: false })
    expect((await post('/oauth/introspect', { token: 'opaque' }, 'Bearer operator')).json.active).toBe(true)

    const end = async (form: Record<string, string>) => (await post('/oauth/revoke', { token: 'opaque', ...form })).of
    expect(await end({ client_id: 'api-server' })).toEqual([400, 'unauthorized_client'])
    expect(await end({})).toEqual([401, 'invalid_client'])
    expect(revoked).toEqual([])
    expect(await end({ client_id: 'shop' })).toEqual([200, undefined])
    expect(revoked).toEqual(['opaque'])
  })
})

describe('revocation by a client', () => {
  it('ends its own tokens and no other’s', async () => {
    const { post, tokenOf, logins } = await setUp()
    const { access, refresh } = await tokenOf('shop')
    const end = async (form: Record<string, string>) => (await post('/oauth/revoke', form)).of
    for (const token of [access, refresh]) {
      expect(await end({ client_id: 'api-server', token })).toEqual([400, 'unauthorized_client'])
      expect(await end({ token })).toEqual([401, 'invalid_client'])
    }
    await logins.verify(access)
    expect(await end({ client_id: 'shop', token: access })).toEqual([200, undefined])
    await expect(logins.verify(access)).rejects.toMatchObject({ code: 'token.revoked' })
    const { accessToken, refreshToken } = await logins.refresh(refresh)
    expect(await end({ client_id: 'shop', token: refreshToken })).toEqual([200, undefined])
    await expect(logins.verify(accessToken)).rejects.toMatchObject({ code: 'token.revoked' })
    expect(await end({ client_id: 'shop', token: 'garbage' })).toEqual([200, undefined])
  })

  it('is open to a public client that names itself, and to the holder of a token of no client', async () => {
    const { post, tokenOf, logins, signInWithTokens } = await setUp()
    const phone = await tokenOf('phone')
    expect((await post('/oauth/revoke', { client_id: 'phone', token: phone.refresh })).of).toEqual([200, undefined])
    await expect(logins.verify(phone.access)).rejects.toMatchObject({ code: 'token.revoked' })
    const alice = await signInWithTokens()
    expect((await post('/oauth/revoke', { token: alice.refresh })).of).toEqual([200, undefined])
    await expect(logins.verify(alice.access)).rejects.toMatchObject({ code: 'token.revoked' })
  })
})
