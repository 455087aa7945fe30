import { afterEach, describe, expect, it } from 'vitest'
import { createVerifier, type FollowedServer, type FollowingVerifier, staleOk } from '../../../src/verifier/index.ts'
import { codeOfAsync } from '../../support/codes.ts'
import { createFollowerServer, FOLLOWER_KEY } from '../../support/follower-server.ts'
import { AUDIENCE, goodClaims, ISSUER, makeKey, NOW } from '../../support/tokens.ts'

const key = await makeKey('EdDSA')
const { sid, sub, jti } = goodClaims() as { sid: string; sub: string; jti: string }
const until = 4_000_000_000
const closings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

function follow(change: Partial<FollowedServer> = {}) {
  const server = createFollowerServer()
  const failures: unknown[] = []
  const verifier: FollowingVerifier = createVerifier({
    keys: { keys: [key.verifyJwk] },
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: () => NOW,
    revocations: {
      url: 'https://login.example',
      token: FOLLOWER_KEY,
      fetch: server.fetch,
      // Renewals twice a second: this server has no stream.
      leaseSeconds: 3,
      onFailure: (cause) => failures.push(cause),
      ...change,
    },
  })
  closings.push(async () => {
    const closed = verifier.close()
    server.close()
    await closed
  })
  return { server, verifier, failures }
}

/** Until every member has confirmed what has been appended. */
async function spread({ engine }: ReturnType<typeof createFollowerServer>, offset: number) {
  for (let i = 0; i < 5000; i++) {
    if ((await engine.members()).members.every(({ acked }) => acked >= offset)) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

describe('a verifier that follows a server', () => {
  it.each<[string, Partial<FollowedServer>]>([
    ['http elsewhere than on loopback', { url: 'http://login.example' }],
    ['no address', { url: 'login' }],
    ['an address with credentials', { url: 'https://a:b@login.example' }],
    ['an address with a query', { url: 'https://login.example/?a=b' }],
    ['a short key', { token: 'short' }],
    ['no key', { token: undefined as never }],
    ['a lease for which nobody would wait', { leaseSeconds: 13 }],
    ['a lease that is none', { leaseSeconds: Number.NaN }],
  ])('is not made with %s', (_what, change) => {
    expect(() => follow(change)).toThrow(TypeError)
  })

  it('waits for its first lease, then decides from memory', async () => {
    const token = await key.token()
    const { verifier, server, failures } = follow()
    expect(verifier.revocation).toBe('lease')
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(verifier.status()).toEqual({ state: 'JOINING', member: null, stalenessMs: Infinity, applied: 0 })
    expect(await verifier.verify(token)).toEqual(goodClaims())
    await verifier.ready()
    expect(verifier.status()).toMatchObject({ state: 'LIVE', member: (await server.engine.members()).members[0]?.id })
    expect(await verifier.verifyDetailed(token)).toMatchObject({ freshness: 'lease' })
    expect(failures.filter((cause) => !String(cause).includes('stream'))).toEqual([])
  })

  it.each([
    ['session', 'token.revoked'],
    ['token', 'token.revoked'],
    ['key', 'token.revoked'],
    ['other', null],
  ])('knows what has been revoked: %s', async (kind, code) => {
    const { verifier, server } = follow()
    const token = await key.token()
    await verifier.verify(token)
    const id = kind === 'token' ? jti : 'another'
    const append = {
      session: () => server.engine.restore([{ kind: 'session', sessionId: sid, subject: sub, until }], NOW),
      key: () => server.engine.raiseFloor([String(Object(key.verifyJwk).kid)], until, NOW),
    }[kind]
    const { offset } = await (append?.() ?? server.engine.revokeToken(id, until, NOW))
    await spread(server, offset)
    expect(await codeOfAsync(() => verifier.verify(token)).catch(() => null)).toBe(code)
  })

  it('lays changed claims over those of the token; without a patch it asks for a new one', async () => {
    const { verifier, server } = follow()
    const token = await key.token(goodClaims({ roles: ['old'], gen: 0 }))
    expect((await verifier.verify(token)).roles).toEqual(['old'])
    const bumped = await server.engine.bumpClaims(sub, until, NOW)
    await spread(server, bumped.offset)
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('token.claims_stale')
    const published = await server.engine.publishPatch(sub, bumped.generation, { roles: ['new'] }, until, NOW)
    await spread(server, published?.offset ?? 0)
    const claims = await verifier.verify(token)
    expect(claims.roles).toEqual(['new'])
    expect(verifier.verifyNow(token)).toBe(claims)
  })

  it('looks the log up when a route is strict, also for what nobody has told of', async () => {
    const { verifier, server } = follow()
    const token = await key.token()
    expect(await verifier.verifyDetailed(token, 'strict')).toMatchObject({ freshness: 'lookup' })
    await server.engine.revokeToken(jti, until, NOW)
    expect(await codeOfAsync(() => verifier.verify(token, 'strict'))).toBe('token.revoked')
    server.isGone = true
    expect(await codeOfAsync(() => verifier.verify(token, 'strict'))).toBe('token.revoked')
    const another = await key.token(goodClaims({ jti: 'jti-of-another' }))
    expect(await codeOfAsync(() => verifier.verify(another, 'strict'))).toBe('revocation.stale')
  })

  it('accepts nothing once its lease is over and the server gone, unless knowingly; and recovers', async () => {
    const { verifier, server, failures } = follow({ leaseSeconds: 1 })
    const token = await key.token()
    await verifier.verify(token)
    server.isGone = true
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('revocation.stale')
    expect((await verifier.verifyDetailed(token, staleOk(600))).freshness).toBe('stale')
    expect(failures.length).toBeGreaterThan(0)
    server.isGone = false
    for (let i = 0; verifier.status().state !== 'LIVE' && i < 200; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect((await verifier.verifyDetailed(token)).freshness).toBe('lease')
  })

  it('lets nobody wait for ever for a server that does not answer', async () => {
    const { verifier } = follow({
      leaseSeconds: 1,
      fetch: (_input, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        }),
    })
    expect(await codeOfAsync(async () => verifier.verify(await key.token()))).toBe('revocation.stale')
    expect(verifier.status()).toMatchObject({ state: 'JOINING', member: null })
  })

  it('leaves when it is closed, and accepts nothing afterwards', async () => {
    const { verifier, server, failures } = follow()
    const token = await key.token()
    await verifier.verify(token)
    failures.length = 0
    await verifier.close()
    expect((await server.engine.members()).members).toEqual([])
    expect(verifier.verifyNow(token)).toBeUndefined()
    expect(await codeOfAsync(() => verifier.verify(token))).toBe('revocation.stale')
    expect(failures).toEqual([])
  })

  it('can be closed before it has begun', async () => {
    const { verifier, server } = follow()
    await verifier.close()
    expect((await server.engine.members()).members).toEqual([])
    expect(await codeOfAsync(() => verifier.ready())).toBe('store.unavailable')
  })
})
