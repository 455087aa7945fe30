import { beforeEach, describe, expect, it } from 'vitest'
import { randomId } from '../../../src/crypto/random.ts'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { type AccessTokenInput, createAccessTokenIssuer, type Oversize } from '../../../src/token/access-tokens.ts'
import { createIssuerKeys, createOwnKeySource } from '../../../src/token/issuer-keys.ts'
import { parseJws } from '../../../src/token/jws.ts'
import { PROTOCOL_CLAIMS } from '../../../src/token/protocol-claims.ts'
import { createVerifierOver } from '../../../src/verifier/verifier.ts'
import { codeOfAsync } from '../../support/codes.ts'
import { createMemoryRecords } from '../../support/memory-records.ts'
import { AUDIENCE, ISSUER, NOW } from '../../support/tokens.ts'

const clock = createTestClock({ now: NOW })
const secrets = createSecretRing(['a ring of many different characters 0123456789'])
const input: AccessTokenInput = {
  subject: randomId(),
  clientId: 'app',
  audience: [AUDIENCE],
  sessionId: randomId(),
  generation: 0,
  lifetimeSeconds: 600,
  issuedAt: NOW,
}
let oversize: Oversize[] = []
const keys = createIssuerKeys({ records: createMemoryRecords(), secrets, clock })
const issuer = createAccessTokenIssuer({ issuer: ISSUER, keys, onOversize: (found) => oversize.push(found) })

beforeEach(() => {
  oversize = []
})

describe('issue', () => {
  it('makes an RFC 9068 token', async () => {
    const { accessToken, expiresAt, bytes, tokenId, keyId } = await issuer.issue(input)
    const { header, payload } = parseJws(accessToken)
    expect(header).toEqual({ algorithm: 'ES256', keyId, type: 'application/at+jwt' })
    expect(payload).toEqual({
      iss: ISSUER,
      sub: input.subject,
      aud: AUDIENCE,
      exp: NOW + 600,
      iat: NOW,
      jti: tokenId,
      client_id: 'app',
      sid: input.sessionId,
      gen: 0,
    })
    expect(expiresAt).toBe(NOW + 600)
    expect(bytes).toBe(accessToken.length)
    expect(bytes).toBeLessThanOrEqual(440)
  })

  it('carries scope, the login and the application’s claims where they are given', async () => {
    const { accessToken } = await issuer.issue({
      ...input,
      audience: [AUDIENCE, 'other'],
      scope: 'read write',
      authTime: NOW - 60,
      acr: 'aal2',
      amr: ['pwd', 'otp'],
      claims: { roles: ['admin'], name: 'Ünï©ode' },
    })
    expect(parseJws(accessToken).payload).toMatchObject({
      aud: [AUDIENCE, 'other'],
      scope: 'read write',
      auth_time: NOW - 60,
      acr: 'aal2',
      amr: ['pwd', 'otp'],
      roles: ['admin'],
      name: 'Ünï©ode',
    })
    const bare = await issuer.issue({ ...input, scope: null, acr: null, amr: [], claims: {} })
    expect(Object.keys(parseJws(bare.accessToken).payload)).toHaveLength(9)
  })

  it('counts the life from the time that it is given, not from now', async () => {
    const { expiresAt } = await issuer.issue({ ...input, issuedAt: NOW - 500 })
    expect(expiresAt).toBe(NOW + 100)
  })

  it('is accepted by a verifier of the same process', async () => {
    const verifier = createVerifierOver(createOwnKeySource(keys, clock), {
      issuer: ISSUER,
      audience: AUDIENCE,
      clock: clock.now,
    })
    const { accessToken } = await issuer.issue({ ...input, claims: { roles: ['a'] } })
    expect(await verifier.verify(accessToken)).toMatchObject({ sub: input.subject, roles: ['a'] })
  })

  it.each<[string, Partial<Record<keyof AccessTokenInput, unknown>>]>([
    ['more than an hour', { lifetimeSeconds: 3601 }],
    ['no life', { lifetimeSeconds: 0 }],
    ['half a second', { lifetimeSeconds: 0.5 }],
    ['a life that is no number', { lifetimeSeconds: Number.NaN }],
    ['a time that is no number', { issuedAt: Number.NaN }],
    ['a negative generation', { generation: -1 }],
    ['no generation', { generation: undefined }],
    ['no subject', { subject: '' }],
    ['no session', { sessionId: undefined }],
    ['no client', { clientId: '' }],
    ['no audience', { audience: [] }],
    ['an empty audience', { audience: [''] }],
    ['a claim that is no JSON', { claims: { a: undefined } }],
    ['a claim that is no finite number', { claims: { a: Number.POSITIVE_INFINITY } }],
    ['a prototype', { claims: JSON.parse('{"__proto__":{"a":1}}') as object }],
    ...[...PROTOCOL_CLAIMS].map((name): [string, { claims: object }] => [
      `the application's ${name}`,
      { claims: { [name]: 'x' } },
    ]),
  ])('refuses %s', async (_, change) => {
    await expect(issuer.issue({ ...input, ...change } as AccessTokenInput)).rejects.toThrow(TypeError)
  })

  it('takes exactly an hour', async () => {
    expect((await issuer.issue({ ...input, lifetimeSeconds: 3600 })).expiresAt).toBe(NOW + 3600)
  })

  it('tells of a token over its budget, and refuses one that no verifier would read', async () => {
    await issuer.issue(input)
    expect(oversize).toEqual([])
    const { bytes, tokenId } = await issuer.issue({ ...input, claims: { text: 'x'.repeat(600) } })
    expect(oversize).toEqual([{ bytes, byteBudget: 1024, tokenId, audience: [AUDIENCE] }])
    expect(await codeOfAsync(() => issuer.issue({ ...input, claims: { text: 'x'.repeat(6000) } }))).toBe(
      'token.too_large',
    )
  })

  it('checks its own options', () => {
    expect(() => createAccessTokenIssuer({ issuer: '', keys })).toThrow(TypeError)
    expect(() => createAccessTokenIssuer({ issuer: ISSUER, keys, byteBudget: 0 })).toThrow(TypeError)
  })
})
