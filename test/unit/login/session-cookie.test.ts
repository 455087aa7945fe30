import { describe, expect, it, vi } from 'vitest'
import type { Logins } from '../../../src/login/login.ts'
import { createLoginKit, DEVICE, type LoginKit } from '../../support/login-kit.ts'
import { watchStore } from '../../support/watched-store.ts'

const cookieOf = async (logins: Logins, subject = 'ann'): Promise<string> =>
  (await logins.logIn({ subject, mode: 'cookie', device: DEVICE })).cookie ?? ''

describe('a login by cookie', () => {
  it('is answered from memory once it has been read, always with the same object', async () => {
    const { logins, claims } = await createLoginKit()
    claims.set('ann', { roles: ['reader'] })
    const cookie = await cookieOf(logins)
    expect(logins.resumeNow(cookie)).toBeUndefined()
    const login = await logins.resume(cookie)
    expect(login).toMatchObject({
      subject: 'ann',
      claims: { roles: ['reader'] },
      mode: 'cookie',
      credential: 'cookie',
      token: null,
      freshness: 'lease',
    })
    expect(logins.resumeNow(cookie)).toBe(login)
    expect(logins.resumeNow(cookie)).toBe(login)
    expect(Object.isFrozen(login)).toBe(true)
  })

  it('reads no store and writes none in steady state, within a cache life', async () => {
    const watched = watchStore()
    const kit = await createLoginKit({ wrap: watched.wrap })
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    watched.faulty.arm()
    for (let i = 0; i < 100; i++) {
      await kit.advance(1)
      expect(await kit.logins.resume(cookie)).not.toBeNull()
    }
    expect(watched.faulty.calls).toEqual([])
  })

  it('costs one read when it is not in memory, whatever is true of its claims', async () => {
    const watched = watchStore()
    const kit = await createLoginKit()
    const other = await createLoginKit({ shared: kit, wrap: watched.wrap })
    const cookie = await cookieOf(kit.logins)
    expect(await other.logins.resume(cookie)).not.toBeNull()
    expect(watched.faulty.calls).toEqual(['sessions.findWithSubject'])
    watched.faulty.arm()
    kit.claims.set('bob', { roles: ['new'] })
    const stale = await cookieOf(kit.logins, 'bob')
    await kit.store.revocations.bumpClaims('bob', kit.clock.now() + 4000, kit.clock.now())
    expect((await other.logins.resume(stale))?.claims).toEqual({ roles: ['new'] })
    expect(watched.faulty.calls).toEqual(['sessions.findWithSubject'])
    watched.faulty.arm()
    other.loseLease()
    expect((await other.logins.resume(cookie))?.freshness).toBe('lookup')
    expect(watched.faulty.calls).toEqual(['sessions.findWithSubject'])
  })

  it('is read again in the background before the cached row is too old', async () => {
    const watched = watchStore()
    const kit = await createLoginKit({ wrap: watched.wrap })
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    watched.faulty.arm()
    await kit.advance(240)
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
    expect(watched.faulty.calls).toEqual([])
    await vi.waitFor(() => expect(watched.faulty.calls).toEqual(['sessions.findWithSubject']))
    await kit.advance(200)
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
  })

  it('asks the store when the cached row is too old', async () => {
    const kit = await createLoginKit()
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    await kit.advance(300)
    expect(kit.logins.resumeNow(cookie)).toBeUndefined()
    expect(await kit.logins.resume(cookie)).not.toBeNull()
  })

  it.each(['', 'x', 'a'.repeat(45), `${'a'.repeat(22)}.${'b'.repeat(22)}x`, `${'a'.repeat(22)}.${'ß'.repeat(22)}`])(
    'is null for what cannot be one, without a look at the store: %s',
    async (cookie) => {
      const watched = watchStore()
      const { logins } = await createLoginKit({ wrap: watched.wrap })
      expect(logins.resumeNow(cookie)).toBeNull()
      expect(await logins.resume(cookie)).toBeNull()
      expect(watched.faulty.calls).toEqual([])
    },
  )

  it('is null for a right id with a wrong secret, and the right one goes on', async () => {
    const { logins } = await createLoginKit()
    const cookie = await cookieOf(logins)
    const forged = cookie.slice(0, 23) + 'A'.repeat(22)
    expect(await logins.resume(cookie)).not.toBeNull()
    expect(await logins.resume(forged)).toBeNull()
    expect(logins.resumeNow(cookie)).toBeTruthy()
    expect(logins.resumeNow(forged)).toBeUndefined()
  })

  it('ends with the idle timeout, which use pushes on, and with the absolute lifetime, which nothing does', async () => {
    const kit = await createLoginKit({ lifetimes: { cookie: { idleSeconds: 1000, absoluteSeconds: 2000 } } })
    const cookie = await cookieOf(kit.logins)
    for (let i = 0; i < 7; i++) {
      await kit.advance(280)
      expect(await kit.logins.resume(cookie)).not.toBeNull()
      // Last-seen is written in the background.
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    await kit.advance(39)
    expect(await kit.logins.resume(cookie)).not.toBeNull()
    await kit.advance(1)
    expect(kit.logins.resumeNow(cookie)).toBeNull()
    expect(await kit.logins.resume(cookie)).toBeNull()

    const idle = await cookieOf(kit.logins, 'bob')
    await kit.advance(999)
    expect(await kit.logins.resume(idle)).not.toBeNull()
    const unused = await cookieOf(kit.logins, 'bob')
    await kit.advance(1000)
    expect(await kit.logins.resume(unused)).toBeNull()
  })

  it('is read again before it is refused as idle: another process may have seen it', async () => {
    const here = await createLoginKit({
      lifetimes: { cookie: { idleSeconds: 600, absoluteSeconds: 86_400 } },
      cacheSeconds: 3600,
    })
    const there = await createLoginKit({ shared: here })
    const cookie = await cookieOf(here.logins)
    const login = await here.logins.resume(cookie)
    await here.advance(500)
    await there.follow()
    await here.store.sessions.touch(login?.sessionId ?? '', here.clock.now(), here.clock.now())
    await here.advance(200)
    expect(here.logins.resumeNow(cookie)).toBeUndefined()
    expect(await here.logins.resume(cookie)).not.toBeNull()
  })

  it('writes last-seen at most every five minutes, never on the request path, and once for many requests', async () => {
    const watched = watchStore()
    const kit = await createLoginKit({ wrap: watched.wrap, cacheSeconds: 3600 })
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    watched.faulty.arm()
    await kit.advance(299)
    for (let i = 0; i < 50; i++) kit.logins.resumeNow(cookie)
    await kit.advance(1)
    for (let i = 0; i < 50; i++) kit.logins.resumeNow(cookie)
    expect(watched.faulty.calls).toEqual([])
    await vi.waitFor(() => expect(watched.faulty.calls).toEqual(['sessions.touch']))
    const { session } = (await kit.logins.resume(cookie)) ?? {}
    expect(session?.lastSeenAt).toBe(kit.clock.now())
    await kit.advance(299)
    kit.logins.resumeNow(cookie)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(watched.faulty.calls).toEqual(['sessions.touch'])
  })

  it('counts a failed write of last-seen and tries again later', async () => {
    const kit = await createLoginKit({
      wrap: (store) => ({
        ...store,
        sessions: { ...store.sessions, touch: () => Promise.reject(new Error('disk full')) },
      }),
      cacheSeconds: 3600,
    })
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    await kit.advance(300)
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
    await vi.waitFor(() => expect(kit.errors).toHaveLength(1))
    await kit.advance(4)
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
    await kit.advance(1)
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
    await vi.waitFor(() => expect(kit.errors).toHaveLength(2))
  })
})

describe('a lease that has run out', () => {
  const staleKit = async (over = {}): Promise<{ kit: LoginKit; cookie: string }> => {
    const kit = await createLoginKit(over)
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    kit.loseLease()
    return { kit, cookie }
  }

  it('is answered by one look-up', async () => {
    const { kit, cookie } = await staleKit()
    expect(kit.logins.resumeNow(cookie)).toBeUndefined()
    expect((await kit.logins.resume(cookie))?.freshness).toBe('lookup')
  })

  it('sees by that look-up what the log has not brought yet', async () => {
    const { kit, cookie } = await staleKit()
    kit.cutOff()
    const other = await createLoginKit({ shared: kit })
    await other.logins.revoke({ subject: 'ann' })
    expect(await kit.logins.resume(cookie)).toBeNull()
  })

  it('sees by that look-up new claims', async () => {
    const { kit, cookie } = await staleKit()
    kit.cutOff()
    const other = await createLoginKit({ shared: kit })
    kit.claims.set('ann', { roles: ['none'] })
    await other.logins.changeClaims('ann')
    expect((await kit.logins.resume(cookie))?.claims).toEqual({ roles: ['none'] })
  })

  it('is refused with 503 and a hint when the route says deny', async () => {
    const { kit, cookie } = await staleKit()
    await expect(kit.logins.resume(cookie, 'deny')).rejects.toMatchObject({
      code: 'revocation.stale',
      retryAfterSeconds: 2,
    })
  })

  it('may be knowingly stale for so long', async () => {
    const kit = await createLoginKit()
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    kit.cutOff()
    kit.clock.advance(20)
    expect((await kit.logins.resume(cookie, { staleOkSeconds: 30 }))?.freshness).toBe('stale')
    kit.clock.advance(60)
    await expect(kit.logins.resume(cookie, { staleOkSeconds: 30 })).rejects.toMatchObject({ code: 'revocation.stale' })
  })

  it('with a store that is down is 503, never a log-out', async () => {
    const kit = await createLoginKit()
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    kit.loseLease()
    await kit.store.close()
    await expect(kit.logins.resume(cookie)).rejects.toMatchObject({ code: 'store.unavailable' })
  })
})

describe('role changes', () => {
  it('are seen on the next request with the same cookie, here and in another process, without a log-out', async () => {
    const here = await createLoginKit()
    const there = await createLoginKit({ shared: here })
    here.claims.set('ann', { roles: ['admin'], plan: 'pro' })
    const cookie = await cookieOf(here.logins)
    for (const { logins } of [here, there]) expect((await logins.resume(cookie))?.claims.roles).toEqual(['admin'])
    here.claims.set('ann', { roles: ['reader'], team: 'blue' })
    const receipt = await here.logins.changeClaims('ann')
    expect(receipt.claims).toEqual({ roles: ['reader'], team: 'blue' })
    await there.follow()
    for (const { logins } of [here, there]) {
      expect(logins.resumeNow(cookie)?.claims).toEqual({ roles: ['reader'], team: 'blue' })
    }
  })

  it('are loaded when only the bump is known', async () => {
    const kit = await createLoginKit()
    kit.claims.set('ann', { roles: ['admin'] })
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    kit.claims.set('ann', { roles: [] })
    await kit.store.revocations.bumpClaims('ann', kit.clock.now() + 4000, kit.clock.now())
    await kit.follow()
    expect(kit.logins.resumeNow(cookie)).toBeUndefined()
    expect((await kit.logins.resume(cookie))?.claims).toEqual({ roles: [] })
    expect(kit.logins.resumeNow(cookie)?.claims).toEqual({ roles: [] })
    await vi.waitFor(async () => {
      const id = cookie.slice(0, 22)
      expect((await kit.store.sessions.find(id, kit.clock.now()))?.claims).toEqual({ roles: [] })
    })
  })

  it('are seen by a process that has read neither the session nor the event before', async () => {
    const here = await createLoginKit()
    here.claims.set('ann', { roles: ['admin'] })
    const cookie = await cookieOf(here.logins)
    here.claims.set('ann', { roles: ['reader'] })
    await here.logins.changeClaims('ann')
    // Long after the event has been pruned from the log.
    await here.advance(10_000)
    await here.store.revocations.prune(here.clock.now())
    const late = await createLoginKit({ shared: here })
    expect((await late.logins.resume(cookie))?.claims).toEqual({ roles: ['reader'] })
  })

  it('survive a race: the claims of the newest change win', async () => {
    const kit = await createLoginKit()
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        kit.claims.set('ann', { version: i })
        await kit.logins.changeClaims('ann')
      }),
    )
    expect((await kit.logins.resume(cookie))?.claims).toEqual({ version: 9 })
  })

  it('cost the application one question, however many requests come', async () => {
    const kit = await createLoginKit()
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    await kit.logins.changeClaims('ann')
    kit.loads.count = 0
    for (let i = 0; i < 100; i++) kit.logins.resumeNow(cookie)
    await new Promise((resolve) => setTimeout(resolve, 40))
    for (let i = 0; i < 100; i++) await kit.logins.resume(cookie)
    expect(kit.loads.count).toBeLessThanOrEqual(1)
  })

  it('fail closed when the claims cannot be loaded', async () => {
    let down = false
    const kit = await createLoginKit({
      claims: async () => {
        if (down) throw new Error('no answer')
        return { roles: ['admin'] }
      },
    })
    const cookie = await cookieOf(kit.logins)
    await kit.logins.resume(cookie)
    down = true
    await kit.store.revocations.bumpClaims('ann', kit.clock.now() + 4000, kit.clock.now())
    await kit.follow()
    await expect(kit.logins.resume(cookie)).rejects.toMatchObject({ code: 'store.unavailable' })
  })
})
