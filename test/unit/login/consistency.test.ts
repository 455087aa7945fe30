/** How sure an answer must be: strict reads the store for every request, whatever is known in memory. */
import { describe, expect, it } from 'vitest'
import { type Consistency, staleOk } from '../../../src/revocation/check.ts'
import { createLoginKit, DEVICE, type KitOptions } from '../../support/login-kit.ts'
import { watchStore } from '../../support/watched-store.ts'

const UNTIL = 2_000_000_000

async function setUp(options: KitOptions = {}) {
  const watched = watchStore()
  const kit = await createLoginKit({ ...options, wrap: watched.wrap })
  const cookieLogin = async (subject = 'ann') => {
    const { cookie, session } = await kit.logins.logIn({ subject, mode: 'cookie', device: DEVICE })
    return { cookie: cookie ?? '', session }
  }
  const tokenLogin = async () => {
    const { tokens, session } = await kit.logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE })
    return { token: tokens?.accessToken ?? '', session }
  }
  return { ...kit, faulty: watched.faulty, cookieLogin, tokenLogin }
}

describe('strict', () => {
  it('refuses a cookie session that the near-cache still knows', async () => {
    const { logins, store, cookieLogin, cutOff, clock } = await setUp()
    const { cookie, session } = await cookieLogin()
    expect(await logins.resume(cookie)).toMatchObject({ subject: 'ann', freshness: 'lease' })
    cutOff()
    await store.sessions.end(session.id, UNTIL, clock.now())
    // Whoever decides from memory may do so for as long as the lease holds.
    expect(logins.resumeNow(cookie)).toMatchObject({ subject: 'ann' })
    expect(await logins.resume(cookie)).toMatchObject({ subject: 'ann' })
    expect(await logins.resume(cookie, 'strict')).toBeNull()
    // What was learnt counts for everybody.
    expect(logins.resumeNow(cookie)).toBeUndefined()
    expect(await logins.resume(cookie)).toBeNull()
  })

  it('refuses a token whose session, subject or jti is dead in the store and not yet in memory', async () => {
    const endings = [
      (kit: Kit, of: Of) => kit.store.sessions.end(of.session.id, UNTIL, kit.clock.now()),
      (kit: Kit) => kit.store.sessions.endSubject('ann', null, UNTIL, kit.clock.now()),
      async (kit: Kit, of: Of) => {
        const { jti } = JSON.parse(atob((of.token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
        await kit.store.revocations.revokeToken(jti, UNTIL, kit.clock.now())
      },
    ]
    for (const end of endings) {
      const kit = await setUp()
      const login = await kit.tokenLogin()
      expect(await kit.logins.verify(login.token, 'strict')).toMatchObject({ subject: 'ann', freshness: 'lookup' })
      kit.cutOff()
      await end(kit, login)
      expect(await kit.logins.verify(login.token)).toMatchObject({ subject: 'ann', freshness: 'lease' })
      await expect(kit.logins.verify(login.token, 'strict')).rejects.toMatchObject({ code: 'token.revoked' })
    }
  })

  it('costs one read per request, and begins it after the request came', async () => {
    const { logins, faulty, cookieLogin, tokenLogin } = await setUp()
    const { cookie } = await cookieLogin()
    const { token } = await tokenLogin()
    await logins.resume(cookie)
    await logins.verify(token)
    faulty.arm()
    await Promise.all([1, 2, 3].map(() => logins.resume(cookie, 'strict')))
    expect(faulty.calls).toEqual(['sessions.findWithSubject', 'sessions.findWithSubject', 'sessions.findWithSubject'])
    faulty.arm()
    await Promise.all([1, 2].map(() => logins.verify(token, 'strict')))
    expect(faulty.calls).toEqual(['revocations.judge', 'revocations.judge'])
  })

  it('needs no lease, and no other secret does', async () => {
    const { logins, cookieLogin, cutOff, loseLease } = await setUp()
    const { cookie } = await cookieLogin()
    cutOff()
    loseLease()
    expect(await logins.resume(cookie, 'strict')).toMatchObject({ subject: 'ann', freshness: 'lookup' })
    const forged = `${cookie.slice(0, 23)}${'A'.repeat(22)}`
    expect(await logins.resume(forged, 'strict')).toBeNull()
    expect(await logins.resume('nonsense', 'strict')).toBeNull()
  })

  it('judges by the claims that hold now', async () => {
    const { logins, claims, store, clock, cookieLogin, cutOff } = await setUp()
    claims.set('ann', { roles: ['reader'] })
    const { cookie } = await cookieLogin()
    await logins.resume(cookie)
    cutOff()
    claims.set('ann', { roles: [] })
    await store.revocations.bumpClaims('ann', UNTIL, clock.now())
    expect((await logins.resume(cookie))?.claims).toEqual({ roles: ['reader'] })
    expect((await logins.resume(cookie, 'strict'))?.claims).toEqual({ roles: [] })
  })

  it('keeps a session alive that nothing else asks about', async () => {
    const { logins, clock, advance, cookieLogin } = await setUp({
      lifetimes: { cookie: { idleSeconds: 600, absoluteSeconds: 86_400 } },
    })
    const { cookie } = await cookieLogin()
    for (let i = 0; i < 5; i++) {
      await advance(400)
      expect(await logins.resume(cookie, 'strict'), `at ${clock.now()}`).not.toBeNull()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  })

  it('is a 503 when the store does not answer, never "nobody"', async () => {
    const { logins, faulty, cookieLogin, tokenLogin } = await setUp()
    const { cookie } = await cookieLogin()
    const { token } = await tokenLogin()
    await logins.resume(cookie)
    faulty.arm({ fault: 'fails', times: Number.POSITIVE_INFINITY })
    await expect(logins.resume(cookie, 'strict')).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(logins.verify(token, 'strict')).rejects.toMatchObject({ code: 'revocation.stale' })
    // Nothing is forgotten by it.
    expect(logins.resumeNow(cookie)).toMatchObject({ subject: 'ann' })
  })
})

type Kit = Awaited<ReturnType<typeof setUp>>
type Of = Awaited<ReturnType<Kit['tokenLogin']>>

describe('what a route may ask for', () => {
  it.each<[Consistency, 'deny' | 'lookup' | 'stale']>([
    ['lease', 'lookup'],
    ['deny', 'deny'],
    ['lookup', 'lookup'],
    [staleOk(60), 'stale'],
    [staleOk(0), 'deny'],
  ])('%j without a lease', async (consistency, outcome) => {
    const { logins, clock, cookieLogin, tokenLogin, cutOff } = await setUp()
    const { cookie } = await cookieLogin()
    const { token } = await tokenLogin()
    await logins.resume(cookie)
    await logins.verify(token)
    cutOff()
    clock.advance(13)
    for (const asked of [logins.resume(cookie, consistency), logins.verify(token, consistency)]) {
      if (outcome === 'deny') await expect(asked).rejects.toMatchObject({ code: 'revocation.stale' })
      else expect(await asked).toMatchObject({ subject: 'ann', freshness: outcome })
    }
  })

  it('is checked: nothing else is a consistency', () => {
    for (const seconds of [-1, 1.5, Number.NaN, 86_401]) expect(() => staleOk(seconds)).toThrow(TypeError)
  })
})
