import { describe, expect, it } from 'vitest'
import type { Client } from '../../../src/oidc/client.ts'
import { readClient } from '../../../src/oidc/client.ts'
import { createClientEnds } from '../../../src/oidc/client-ends.ts'
import { createClients, isClientSecret, newClientSecret, providerMetadata } from '../../../src/oidc/clients.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

const { sha256 } = newClientSecret()

function client(id: string, more: object = {}): Client {
  const read = readClient({ client_id: id, client_secret_sha256: sha256, ...more })
  if ('faults' in read) throw new Error(read.faults.join())
  return read.client
}

function setUp(fixed: readonly Client[] = []) {
  const clock = createTestClock()
  const { records } = createMemoryStore()
  return { clock, records, clients: createClients({ records, clock, fixed }) }
}

describe('clients', () => {
  it('are found, listed and removed, those of the file first', async () => {
    const { clients } = setUp([client('filed')])
    expect(await clients.add(client('b'))).toBe(true)
    expect(await clients.add(client('a'))).toBe(true)
    expect((await clients.list()).map(({ client_id }) => client_id)).toEqual(['filed', 'a', 'b'])
    expect(await clients.find('a')).toEqual(client('a'))
    expect(await clients.remove('a')).toEqual(client('a'))
    expect(await clients.find('a')).toBeNull()
    expect(await clients.remove('a')).toBeNull()
  })

  it('have ids of their own: none is added twice, and none of the file is replaced or removed', async () => {
    const { clients } = setUp([client('filed')])
    expect(await clients.add(client('filed', { client_name: 'Another' }))).toBe(false)
    const added = await Promise.all([1, 2, 3, 4].map((i) => clients.add(client('a', { client_name: `${i}` }))))
    expect(added.filter(Boolean)).toHaveLength(1)
    expect(await clients.remove('filed')).toBeNull()
    expect((await clients.find('filed'))?.client_name).toBe('filed')
  })

  it.each(['', '__proto__', 'a b', 'x'.repeat(5000), '\u0000'])('are not found by %j', async (id) => {
    expect(await setUp().clients.find(id)).toBeNull()
  })

  it('fail closed: a record that this version does not understand is no client', async () => {
    const { clients, records, clock } = setUp()
    await records('oidc-clients').put('a', { ...client('a'), new_member: 1 }, null, clock.now())
    expect(await clients.find('a')).toBeNull()
    expect(await clients.list()).toEqual([])
  })
})

describe('a client secret', () => {
  it('has 256 bits, is kept as a digest, and is known again', () => {
    const made = newClientSecret()
    expect(made.secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(isClientSecret(made.sha256, made.secret)).toBe(true)
    expect(isClientSecret(made.sha256, made.sha256)).toBe(false)
    expect(isClientSecret(made.sha256, '')).toBe(false)
  })
})

describe('the metadata for the provider', () => {
  it('holds no member of ours, and of the scopes only those of OpenID', () => {
    const metadata = providerMetadata(
      client('shop', {
        redirect_uris: ['https://shop.example/callback'],
        backchannel_logout_uri: 'https://shop.example/logout',
        scopes: ['openid', 'email', 'orders:read'],
      }),
    )
    expect(metadata).toEqual({
      client_id: 'shop',
      client_name: 'shop',
      application_type: 'web',
      redirect_uris: ['https://shop.example/callback'],
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'RS256',
      require_pushed_authorization_requests: false,
      scope: 'openid email',
      client_secret: sha256,
      backchannel_logout_uri: 'https://shop.example/logout',
      backchannel_logout_session_required: true,
    })
  })
})

describe('the end of a client', () => {
  it('ends its live tokens and its own session, and nobody else’s', async () => {
    const { clock, records } = setUp()
    const ended: string[] = []
    const receipt = { offset: 1 } as never
    const ends = createClientEnds({
      records,
      clock,
      logins: {
        revoke: async (target) => {
          ended.push(JSON.stringify(target))
          return receipt
        },
        logOut: async (id) => {
          ended.push(`session ${id}`)
          return receipt
        },
      },
    })
    await ends.noteToken('shop', 'over', clock.now() + 10)
    clock.advance(10)
    for (let i = 0; i < 250; i++) await ends.noteToken('shop', `t${i}`, clock.now() + 600)
    await ends.noteToken('shop2', 'other', clock.now() + 600)
    await ends.noteToken('sho', 'other', clock.now() + 600)
    await records('oidc-client-sessions').put('shop', 's1', null, clock.now())
    expect(await ends.end('shop')).toEqual({ tokens: 250, receipt })
    expect(ended).toHaveLength(251)
    expect(ended).not.toContain('{"token":"other"}')
    expect(ended.at(-1)).toBe('session s1')
    expect(await ends.end('shop')).toEqual({ tokens: 0, receipt: null })
  })
})
