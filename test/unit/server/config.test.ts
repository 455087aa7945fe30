/** The configuration: what each variable takes, and one line for each fault. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Config, type ConfigFault, type Environment, readConfig } from '../../../src/server/config.ts'
import { storeName } from '../../../src/server/config-store.ts'

const SECRET = 'k3y-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'

function good(env: Environment): Config {
  const read = readConfig(env)
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  return read.config
}

function faults(env: Environment): readonly ConfigFault[] {
  const read = readConfig(env)
  return 'faults' in read ? read.faults : []
}

describe('the configuration', () => {
  it('needs nothing', () => {
    const config = good({})
    expect(config).toMatchObject({
      port: 4000,
      host: '127.0.0.1',
      url: 'http://localhost:4000',
      trustedProxies: [],
      secrets: null,
      operatorKey: null,
      tokenAlgorithm: 'ES256',
    })
    expect(config.dataDirectory).toBe(`${process.cwd()}/data`)
    expect(config.store).toEqual({ kind: 'sqlite', path: `${process.cwd()}/data/sojourn.db` })
    expect(config.audiences).toEqual([
      { audience: 'http://localhost:4000', browser: false, external: false, lifetimeSeconds: null, scopes: [] },
    ])
  })

  it('takes an empty variable for an absent one', () => {
    expect(good({ PORT: '', SOJOURN_URL: ' ', SOJOURN_SECRET: '', SOJOURN_STORE: '' })).toEqual(good({}))
  })

  it('reads every variable', () => {
    const config = good({
      PORT: '8080',
      SOJOURN_HOST: '::1',
      SOJOURN_URL: 'https://Login.Example.com/',
      SOJOURN_TRUST_PROXY: '10.0.0.0/8, ::1',
      SOJOURN_DATA: '/var/lib/sojourn',
      SOJOURN_DRAIN_SECONDS: '10',
      SOJOURN_STORE: 'sqlite:/var/lib/other.db',
      SOJOURN_SECRET: `${SECRET},older-${SECRET}`,
      SOJOURN_OPERATOR_KEY: `op-${SECRET}`,
      SOJOURN_FOLLOWER_KEY: `new-${SECRET}, old-${SECRET}`,
      SOJOURN_AUDIENCES: 'https://api.example.com;external;lifetime=300, spa;browser;lifetime=60',
      SOJOURN_TOKEN_ALGORITHM: 'Ed25519',
    })
    expect(config).toEqual({
      port: 8080,
      host: '::1',
      url: 'https://login.example.com',
      trustedProxies: ['10.0.0.0/8', '::1'],
      dataDirectory: '/var/lib/sojourn',
      drainSeconds: 10,
      store: { kind: 'sqlite', path: '/var/lib/other.db' },
      secrets: [SECRET, `older-${SECRET}`],
      operatorKey: `op-${SECRET}`,
      followerKeys: [`new-${SECRET}`, `old-${SECRET}`],
      audiences: [
        { audience: 'https://login.example.com', browser: false, external: false, lifetimeSeconds: null, scopes: [] },
        { audience: 'https://api.example.com', browser: false, external: true, lifetimeSeconds: 300, scopes: [] },
        { audience: 'spa', browser: true, external: false, lifetimeSeconds: 60, scopes: [] },
      ],
      tokenAlgorithm: 'Ed25519',
      clients: [],
    })
  })

  it('lets the issuer have a policy of its own', () => {
    const { audiences } = good({ SOJOURN_AUDIENCES: 'api,http://localhost:4000;browser' })
    expect(audiences.map(({ audience, browser }) => [audience, browser])).toEqual([
      ['http://localhost:4000', true],
      ['api', false],
    ])
  })

  it.each([
    ['PORT', '70000', 'port'],
    ['PORT', '4000x', 'port'],
    ['PORT', '0', 'SOJOURN_URL'],
    ['SOJOURN_HOST', 'a b', 'host'],
    ['SOJOURN_URL', 'login.example.com', 'web address'],
    ['SOJOURN_URL', 'ftp://example.com', 'web address'],
    ['SOJOURN_URL', 'https://example.com/app', 'origin'],
    ['SOJOURN_URL', 'https://example.com/?', 'origin'],
    ['SOJOURN_URL', 'https://user:word@example.com', 'origin'],
    ['SOJOURN_URL', 'http://login.example.com', 'https'],
    ['SOJOURN_TRUST_PROXY', '10.0.0.0/33', 'address'],
    ['SOJOURN_TRUST_PROXY', 'proxy.local', 'address'],
    ['SOJOURN_DRAIN_SECONDS', '1.5', 'seconds'],
    ['SOJOURN_DRAIN_SECONDS', '301', 'seconds'],
    ['SOJOURN_STORE', 'redis://', 'address of Redis'],
    ['SOJOURN_STORE', 'redis://a,http://b', 'address of Redis'],
    ['SOJOURN_STORE', 'redis://host/name', 'number'],
    ['SOJOURN_STORE', 'redis://host?maxmemory=1', 'parameter'],
    ['SOJOURN_STORE', 'redis://host?prefix=a%20b', 'prefix'],
    ['SOJOURN_STORE', 'redis://host?replicas=all', 'replicas'],
    ['SOJOURN_STORE', 'postgres://host', 'database'],
    ['SOJOURN_STORE', 'postgres://host/db?schema=A-B', 'schema'],
    ['SOJOURN_STORE', '/var/lib/db', 'no store'],
    ['SOJOURN_SECRET', 'short', '32'],
    ['SOJOURN_SECRET', 'ab'.repeat(20), 'few characters'],
    ['SOJOURN_SECRET', `${SECRET},${SECRET}`, 'twice'],
    ['SOJOURN_OPERATOR_KEY', 'short', '32'],
    ['SOJOURN_OPERATOR_KEY', `${SECRET} ä`, 'bearer'],
    ['SOJOURN_FOLLOWER_KEY', 'short', '32'],
    ['SOJOURN_FOLLOWER_KEY', `${SECRET} ä`, 'bearer'],
    ['SOJOURN_FOLLOWER_KEY', `${SECRET},${SECRET}`, 'twice'],
    ['SOJOURN_AUDIENCES', 'two words', 'audience'],
    ['SOJOURN_AUDIENCES', 'api;cookies', 'cookies'],
    ['SOJOURN_AUDIENCES', 'api;lifetime=4000', '3600'],
    ['SOJOURN_AUDIENCES', 'api;browser;lifetime=600', '300'],
    ['SOJOURN_AUDIENCES', 'api,api', 'twice'],
    ['SOJOURN_TOKEN_ALGORITHM', 'none', 'ES256'],
  ])('refuses %s=%s', (variable, value, word) => {
    const found = faults({ [variable]: value })
    expect(found).toHaveLength(1)
    expect(`${found[0]?.problem}: ${found[0]?.mend}`).toContain(word)
  })

  it('wants a key that an external audience can have', () => {
    const [fault, ...others] = faults({ SOJOURN_AUDIENCES: 'api;external', SOJOURN_TOKEN_ALGORITHM: 'HS256' })
    expect([fault?.variable, others]).toEqual(['SOJOURN_TOKEN_ALGORITHM', []])
    expect(faults({ SOJOURN_AUDIENCES: 'api', SOJOURN_TOKEN_ALGORITHM: 'HS256' })).toEqual([])
  })

  it('says all faults at once, one line each, and never a secret', () => {
    const found = faults({
      PORT: '-1',
      SOJOURN_URL: 'x',
      SOJOURN_STORE: 'redis://:hunter2hunter2/@host',
      SOJOURN_SECRET: 'hunter2hunter2',
      SOJOURN_OPERATOR_KEY: 'hunter2hunter2',
      SOJOURN_AUDIENCES: ';',
    })
    expect(found.map(({ variable }) => variable)).toEqual([
      'PORT',
      'SOJOURN_URL',
      'SOJOURN_STORE',
      'SOJOURN_SECRET',
      'SOJOURN_OPERATOR_KEY',
      'SOJOURN_AUDIENCES',
    ])
    expect(JSON.stringify(found)).not.toContain('hunter2')
    for (const fault of found) expect(`${fault.problem} ${fault.mend}`).not.toContain('\n')
  })

  it('refuses a follower key that is the operator key', () => {
    const found = faults({ SOJOURN_OPERATOR_KEY: SECRET, SOJOURN_FOLLOWER_KEY: `follower-${SECRET},${SECRET}` })
    expect(found.map(({ variable, problem }) => [variable, problem])).toEqual([
      ['SOJOURN_FOLLOWER_KEY', 'it is the operator key, which may do far more'],
    ])
  })

  it.each([
    [
      'redis://user:word@cache:6380/2?prefix=shop&replicas=1',
      { kind: 'redis', urls: ['redis://user:word@cache:6380/2'], prefix: 'shop', replicas: 1 },
      'redis://cache:6380/2',
    ],
    [
      'rediss://a:1, rediss://b:2',
      { kind: 'redis', urls: ['rediss://a:1', 'rediss://b:2'], prefix: null, replicas: null },
      'rediss://a:1, rediss://b:2',
    ],
    [
      'postgres://app:word@db.internal:5433/logins?sslmode=verify-full&schema=sojourn_b',
      {
        kind: 'postgres',
        url: 'postgres://app:word@db.internal:5433/logins?sslmode=verify-full',
        schema: 'sojourn_b',
      },
      'postgres://db.internal:5433/logins',
    ],
    [
      'postgresql://localhost/logins',
      { kind: 'postgres', url: 'postgresql://localhost/logins', schema: null },
      'postgresql://localhost/logins',
    ],
  ])('reads the store %s, and names it without its password', (text, choice, name) => {
    const { store } = good({ SOJOURN_STORE: text, SOJOURN_SECRET: SECRET })
    expect(store).toEqual(choice)
    expect(storeName(store)).toBe(name)
  })

  it('wants a secret for a store that servers share', () => {
    for (const store of ['redis://host', 'postgres://host/db']) {
      const [fault, ...others] = faults({ SOJOURN_STORE: store })
      expect(others).toEqual([])
      expect(fault?.variable).toBe('SOJOURN_SECRET')
      expect(fault?.mend).toContain('same to every server')
    }
  })

  it.each([
    'redis://user:12/hunter2@host',
    'redis://user:12?hunter2@host',
    'redis://user:12#hunter2@host',
    'redis://user:hunter2,hunter2@host',
    'redis://:hunter2/hunter2@host',
    'postgres://user:12/hunter2@host/db',
    'postgres://user:12?hunter2@host/db',
    'postgres://user:12#hunter2@host/db',
    'postgres://user:hunter2/hunter2@host/db',
    'postgres://user:hunter2 hunter2@host',
  ])('never repeats a password that was written wrongly: %s', (text) => {
    const found = faults({ SOJOURN_STORE: text, SOJOURN_SECRET: SECRET })
    expect(found.map(({ variable }) => variable)).toEqual(['SOJOURN_STORE'])
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  it('answers faults or a configuration for whatever there is, and throws never', () => {
    const names = ['PORT', 'SOJOURN_HOST', 'SOJOURN_URL', 'SOJOURN_TRUST_PROXY', 'SOJOURN_STORE', 'SOJOURN_AUDIENCES']
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary' })), (env) => {
        const read = readConfig(env)
        if ('faults' in read)
          for (const fault of read.faults) expect(`${fault.problem}${fault.mend}`).toMatch(/^[\x20-\x7e]+$/)
        else expect(read.config.url).toMatch(/^https?:\/\/[^/]+$/)
      }),
    )
  })
})
