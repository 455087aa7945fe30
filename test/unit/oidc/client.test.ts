import { describe, expect, it } from 'vitest'
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import { readClient } from '../../../src/oidc/client.ts'

const SECRET = { client_secret_sha256: sha256Base64url('a secret') }
const SHOP = { client_id: 'shop', redirect_uris: ['https://shop.example/callback'], ...SECRET }
const KEYS = { keys: [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] }

const faults = (given: unknown) => {
  const read = readClient(given)
  return 'faults' in read ? read.faults : []
}

describe('a client', () => {
  it('needs an id, a redirect URI and a secret; the rest has safe defaults', () => {
    expect(readClient(SHOP)).toEqual({
      client: {
        client_id: 'shop',
        client_name: 'shop',
        application_type: 'web',
        redirect_uris: ['https://shop.example/callback'],
        post_logout_redirect_uris: [],
        backchannel_logout_uri: null,
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_basic',
        ...SECRET,
        jwks: null,
        jwks_uri: null,
        id_token_signed_response_alg: 'RS256',
        require_pushed_authorization_requests: false,
        scopes: ['openid', 'offline_access', 'profile', 'email'],
        audiences: [],
        serves: [],
        trusted: false,
      },
    })
  })

  it('reads what it has written, so that a record stays a client', () => {
    const read = readClient({ ...SHOP, scopes: ['orders:read'], trusted: true })
    expect('client' in read && readClient(JSON.parse(JSON.stringify(read.client)))).toEqual(read)
  })

  it.each([
    'https://shop.example/callback?tenant=1',
    'http://localhost:3000/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:8080/callback',
  ])('of the web may be sent back to %s', (uri) => {
    expect(faults({ ...SHOP, redirect_uris: [uri] })).toEqual([])
  })

  it.each([
    ['http://shop.example/callback', /plain http is for loopback only$/],
    ['http://127.0.0.1.evil.example/callback', /plain http/],
    ['http://localhost.evil.example/', /plain http/],
    ['https://*.shop.example/callback', /must be https/],
    ['https://shop.example/*', /must be https/],
    ['https://shop.example/callback#here', /no fragment$/],
    ['https://user@shop.example/', /neither user nor password$/],
    ['https://shop.example\\@evil.example/', /must be https/],
    [' https://shop.example/', /must be https/],
    ['/callback', /must be https/],
    ['javascript:alert(1)', /must be https/],
    ['com.example.shop:/callback', /must be https/],
    [`https://shop.example/${'x'.repeat(600)}`, /must be https/],
  ])('of the web may not be sent back to %s', (uri, message) => {
    expect(faults({ ...SHOP, redirect_uris: [uri] })).toEqual([expect.stringMatching(message)])
    expect(faults({ ...SHOP, post_logout_redirect_uris: [uri] })).toEqual([expect.stringMatching(message)])
  })

  it('that is native may have a scheme of its own, and nobody else a short one', () => {
    const phone = { client_id: 'phone', application_type: 'native', redirect_uris: ['com.example.phone:/callback'] }
    expect(readClient(phone)).toMatchObject({ client: { token_endpoint_auth_method: 'none' } })
    for (const uri of ['phone:/callback', 'javascript:alert(1)', 'data:text/html,x', 'com.example.phone:/#x'])
      expect(faults({ ...phone, redirect_uris: [uri] }), uri).toHaveLength(1)
  })

  it.each([
    [null, /^a client is a JSON object$/],
    [[], /^a client is a JSON object$/],
    [{ ...SHOP, client_id: 'two words' }, /^client_id must be/],
    [{ ...SHOP, client_id: 'client:shop' }, /^client_id must be/],
    [{ ...SHOP, client_id: 'x'.repeat(65) }, /^client_id must be/],
    [{ ...SHOP, redirect_uri: 'https://shop.example/' }, /^"redirect_uri" is no member/],
    [{ ...SHOP, client_secret: 'a secret' }, /^"client_secret" is no member/],
    [{ ...SHOP, redirect_uris: 'https://shop.example/' }, /^redirect_uris must be a list of texts$/],
    [{ ...SHOP, trusted: 'yes' }, /^trusted must be true or false$/],
    [{ ...SHOP, application_type: 'desktop' }, /^application_type must be one of/],
    [{ ...SHOP, token_endpoint_auth_method: 'client_secret_jwt' }, /^token_endpoint_auth_method must be one of/],
    [{ ...SHOP, id_token_signed_response_alg: 'none' }, /^id_token_signed_response_alg must be one of/],
    [{ ...SHOP, grant_types: ['authorization_code', 'implicit'] }, /^grant_types: "implicit" is not offered$/],
    [{ ...SHOP, grant_types: ['authorization_code', 'password'] }, /^grant_types: "password" is not offered$/],
    [{ ...SHOP, grant_types: ['client_credentials'] }, /go together$/],
    [{ client_id: 'x', grant_types: ['authorization_code'], ...SECRET }, /go together$/],
    [{ ...SHOP, client_secret_sha256: null }, /needs a client secret$/],
    [{ ...SHOP, client_secret_sha256: 'a secret' }, /must be a SHA-256/],
    [{ ...SHOP, token_endpoint_auth_method: 'none' }, /has no client secret$/],
    [{ ...SHOP, jwks: KEYS }, /goes with private_key_jwt$/],
    [{ client_id: 'x', token_endpoint_auth_method: 'private_key_jwt' }, /goes with private_key_jwt$/],
    [{ client_id: 'x', token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] }, /a secret or a key$/],
    [{ client_id: 'x', token_endpoint_auth_method: 'none', serves: ['api'] }, /a secret or a key$/],
    [{ ...SHOP, backchannel_logout_uri: 'http://shop.example/logout' }, /^backchannel_logout_uri must be https/],
    [{ ...SHOP, scopes: ['two words'] }, /^scopes: "two words" is no scope$/],
    [{ ...SHOP, client_name: 'two\nlines' }, /^client_name must be one line/],
  ])('%j is refused in one line', (given, message) => {
    expect(faults(given)).toEqual([expect.stringMatching(message)])
  })

  it.each([
    [{ keys: [] }],
    [{ keys: [{ kty: 'oct', k: 'AAAA' }] }],
    [{ keys: [{ ...KEYS.keys[0], d: 'AA' }] }],
    [{ keys: 'none' }],
  ])('is refused with the keys %j', (jwks) => {
    const [first] = faults({ client_id: 'x', token_endpoint_auth_method: 'private_key_jwt', jwks })
    expect(first).toMatch(/^jwks must be/)
  })

  it('tells every fault at once', () => {
    expect(faults({ client_id: '', trusted: 1, scopes: 'x' })).toHaveLength(5)
  })
})
