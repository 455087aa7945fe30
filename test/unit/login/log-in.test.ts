import { describe, expect, it } from 'vitest'
import { createLoginKit, DEVICE, ISSUER } from '../../support/login-kit.ts'

describe('logging in with a cookie', () => {
  it('gives a new id every time; the store gets no secret, the event no credential', async () => {
    const { logins, store, clock, events } = await createLoginKit()
    const first = await logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE, amr: ['pwd'], data: { n: 1 } })
    const second = await logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })
    expect(first.session.id).not.toBe(second.session.id)
    expect(first.cookie).toMatch(/^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{22}$/)
    expect(first.tokens).toBeNull()
    const secret = first.cookie?.slice(23) ?? ''
    expect(JSON.stringify(await store.sessions.find(first.session.id, clock.now()))).not.toContain(secret)
    expect(JSON.stringify(events)).not.toContain(secret)
    expect(events.map(({ action }) => action)).toEqual(['session.sign_in', 'session.sign_in'])
    expect(first.session).toMatchObject({ amr: ['pwd'], data: { n: 1 }, device: DEVICE, mode: 'cookie', version: 1 })
  })

  it('never adopts an anonymous session: it ends, and only what carryOver says comes along', async () => {
    const { logins } = await createLoginKit()
    const anonymous = await logins.startAnonymous(DEVICE, { cart: [1, 2], role: 'admin' })
    const presentedCookie = anonymous.cookie ?? ''
    expect(await logins.resume(presentedCookie)).toBeNull()
    expect((await logins.findAnonymous(presentedCookie))?.data).toEqual({ cart: [1, 2], role: 'admin' })
    const carryOver = (data: unknown) => ({ cart: (data as { cart: number[] }).cart })
    const { session } = await logins.logIn({
      subject: 'ann',
      mode: 'cookie',
      device: DEVICE,
      presentedCookie,
      carryOver,
    })
    expect(session.id).not.toBe(anonymous.session.id)
    expect(session.data).toEqual({ cart: [1, 2] })
    expect(await logins.findAnonymous(presentedCookie)).toBeNull()

    const other = await logins.startAnonymous(DEVICE, { cart: [3] })
    const without = await logins.logIn({
      subject: 'ann',
      mode: 'cookie',
      device: DEVICE,
      presentedCookie: other.cookie ?? '',
    })
    expect(without.session.data).toBeNull()
  })

  it('replaces the session of the same subject', async () => {
    const { logins } = await createLoginKit({ maxSessionsPerSubject: 1 })
    const first = await logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })
    const presentedCookie = first.cookie ?? ''
    const second = await logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE, presentedCookie })
    expect(await logins.resume(presentedCookie)).toBeNull()
    expect(await logins.resume(second.cookie ?? '')).not.toBeNull()
    expect((await logins.sessionsOf('ann')).sessions).toHaveLength(1)
  })

  it('takes a presented cookie that is garbage or dead for none', async () => {
    const { logins } = await createLoginKit()
    for (const presentedCookie of ['', 'garbage', `${'a'.repeat(22)}.${'b'.repeat(22)}`]) {
      expect(
        (await logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE, presentedCookie })).cookie,
      ).not.toBeNull()
    }
  })

  it('cuts what a browser says of itself', async () => {
    const { logins } = await createLoginKit()
    const device = { userAgent: 'x'.repeat(10_000), address: 'y'.repeat(10_000) }
    const { session } = await logins.logIn({ subject: 'ann', mode: 'cookie', device })
    expect([session.device.userAgent?.length, session.device.address?.length]).toEqual([256, 64])
  })

  it('refuses misuse by a TypeError, without a session', async () => {
    const { logins, store, clock } = await createLoginKit()
    const bad = [
      { subject: '', mode: 'cookie', device: DEVICE },
      { subject: 'x'.repeat(256), mode: 'cookie', device: DEVICE },
      { subject: 'ann', mode: 'magic', device: DEVICE },
      { subject: 'ann', mode: 'cookie', device: DEVICE, scope: 'read' },
      { subject: 'ann', mode: 'cookie', device: DEVICE, data: undefined },
    ]
    for (const input of bad.slice(0, 4)) {
      await expect(logins.logIn(input as Parameters<typeof logins.logIn>[0])).rejects.toThrow(TypeError)
    }
    expect(await store.sessions.count(clock.now())).toBe(0)
  })

  it('refuses claims that belong to the protocol', async () => {
    const { logins, claims } = await createLoginKit()
    claims.set('ann', { exp: 1 })
    await expect(logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })).rejects.toThrow(TypeError)
  })

  it('lives by the lifetimes of its mode', async () => {
    const { logins, clock } = await createLoginKit()
    const day = 86_400
    for (const [mode, idle] of [
      ['cookie', 14],
      ['hybrid', 14],
      ['token', 30],
    ] as const) {
      const { session } = await logins.logIn({ subject: 'ann', mode, device: DEVICE })
      expect(session.idleTimeoutSeconds).toBe(idle * day)
      expect(session.absoluteExpiresAt).toBe(clock.now() + 90 * day)
    }
  })
})

describe('limits on sessions per subject', () => {
  it('refuse: of twenty at once, so many get in', async () => {
    const { logins } = await createLoginKit({ maxSessionsPerSubject: 3 })
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
    expect(new Set(codes)).toEqual(new Set(['session.limit']))
    expect((await logins.logIn({ subject: 'bob', mode: 'cookie', device: DEVICE })).cookie).not.toBeNull()
  })

  it('end-oldest: the newest stay, in the same second too', async () => {
    const { logins } = await createLoginKit({ maxSessionsPerSubject: 2, onLimit: 'end-oldest' })
    const cookies: string[] = []
    for (let i = 0; i < 5; i++) {
      cookies.push((await logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })).cookie ?? '')
    }
    const alive = await Promise.all(cookies.map((cookie) => logins.resume(cookie)))
    expect(alive.map((login) => login !== null)).toEqual([false, false, false, true, true])
  })

  it('end-oldest: of twenty at once exactly so many stay', async () => {
    const { logins } = await createLoginKit({ maxSessionsPerSubject: 3, onLimit: 'end-oldest' })
    await Promise.all(
      Array.from({ length: 20 }, () => logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })),
    )
    expect((await logins.sessionsOf('ann')).sessions).toHaveLength(3)
  })
})

describe('logging in with tokens', () => {
  it('gives a pair whose access token logs in', async () => {
    const { logins, claims } = await createLoginKit()
    claims.set('ann', { roles: ['reader'] })
    const { session, cookie, tokens } = await logins.logIn({
      subject: 'ann',
      mode: 'token',
      device: DEVICE,
      amr: ['pwd'],
      acr: 'low',
    })
    expect(cookie).toBeNull()
    expect(session.secretHash).toBeNull()
    const login = await logins.verify(tokens?.accessToken ?? '')
    expect(login).toMatchObject({
      subject: 'ann',
      claims: { roles: ['reader'] },
      mode: 'token',
      credential: 'token',
      sessionId: session.id,
      session: null,
      amr: ['pwd'],
      acr: 'low',
      freshness: 'lease',
    })
    expect(login.token).toMatchObject({ iss: ISSUER, aud: ISSUER, client_id: ISSUER, sid: session.id, gen: 0 })
    expect(logins.verifyNow(tokens?.accessToken ?? '')).toBe(login)
    expect(tokens).toMatchObject({ expiresInSeconds: 600, audience: [ISSUER], bytes: tokens?.accessToken.length })
  })

  it('refuses a browser unless the audience allows it, then for five minutes', async () => {
    const { logins } = await createLoginKit({ audiences: { spa: { browser: true }, api: {} } })
    const input = { subject: 'ann', mode: 'token', device: DEVICE, browser: true } as const
    for (const audience of [undefined, ['api'], ['spa', 'api']]) {
      await expect(logins.logIn({ ...input, ...(audience && { audience }) })).rejects.toMatchObject({
        code: 'token.browser',
      })
    }
    const { tokens } = await logins.logIn({ ...input, audience: ['spa'] })
    expect(tokens?.expiresInSeconds).toBe(300)
    expect((await logins.refresh(tokens?.refreshToken ?? '')).expiresInSeconds).toBe(300)
    await expect(logins.logIn({ ...input, audience: ['unknown'] })).rejects.toMatchObject({
      code: 'token.audience_unknown',
    })
  })

  it('carries the claims that every audience of the token may see', async () => {
    const { logins, claims } = await createLoginKit({
      audiences: { a: { claims: ['roles', 'plan'] }, b: { claims: ['plan', 'team'] }, c: {} },
    })
    claims.set('ann', { roles: ['x'], plan: 'pro', team: 'blue' })
    const seen = async (audience: string[]) => {
      const { tokens } = await logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE, audience })
      return (await logins.introspect(tokens?.accessToken ?? ''))?.claims
    }
    expect(await seen(['a'])).toEqual({ roles: ['x'], plan: 'pro' })
    expect(await seen(['a', 'b'])).toEqual({ plan: 'pro' })
    expect(await seen(['a', 'c'])).toEqual({ roles: ['x'], plan: 'pro' })
    expect(await seen(['c'])).toEqual({ roles: ['x'], plan: 'pro', team: 'blue' })
  })

  it('is for its audience: another one is introspected, never let in', async () => {
    const { logins } = await createLoginKit({ audiences: { api: {} } })
    const { tokens } = await logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE, audience: ['api'] })
    const token = tokens?.accessToken ?? ''
    await expect(logins.verify(token)).rejects.toMatchObject({ code: 'token.audience' })
    expect(await logins.introspect(token)).toMatchObject({ subject: 'ann' })
    await logins.revoke({ token })
    expect(await logins.introspect(token)).toBeNull()
    expect(await logins.introspect('garbage')).toBeNull()
  })
})

describe('sign-in and log out everywhere at the same time', () => {
  it('leaves no session of an older generation', async () => {
    const kit = await createLoginKit()
    for (let round = 0; round < 20; round++) {
      const results = await Promise.allSettled([
        ...Array.from({ length: 5 }, () => kit.logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })),
        kit.logins.revoke({ subject: 'ann' }),
        ...Array.from({ length: 5 }, () => kit.logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE })),
      ])
      const { generation } = await kit.store.revocations.subject('ann')
      for (const session of (await kit.logins.sessionsOf('ann')).sessions) expect(session.generation).toBe(generation)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason.code).toMatch(/^session\.(ended|superseded)$/)
      }
      await kit.logins.revoke({ subject: 'ann' })
      expect((await kit.logins.sessionsOf('ann')).sessions).toEqual([])
    }
  })
})
