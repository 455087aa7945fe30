import { describe, expect, it } from 'vitest'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import type { LoggedIn } from '../../../src/login/login.ts'
import { createLoginKit, DEVICE, type KitOptions } from '../../support/login-kit.ts'
import { watchStore } from '../../support/watched-store.ts'

const tokenKit = async (options: KitOptions = {}) => {
  const kit = await createLoginKit(options)
  const { session, tokens } = await kit.logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE })
  if (!tokens) throw new Error('no tokens')
  return { ...kit, session, tokens }
}

describe('refresh', () => {
  it('gives a new pair and spends the old token', async () => {
    const { logins, tokens, events } = await tokenKit()
    const next = await logins.refresh(tokens.refreshToken)
    expect(next.refreshToken).not.toBe(tokens.refreshToken)
    expect(await logins.verify(next.accessToken)).toMatchObject({ subject: 'ann' })
    expect(events.at(-1)).toMatchObject({ action: 'refresh.rotated', subject: 'ann' })
  })

  it('of twenty at once rotates one and answers all with the same successor and tokens of their own', async () => {
    const { logins, tokens, events } = await tokenKit()
    const answers = await Promise.all(Array.from({ length: 20 }, () => logins.refresh(tokens.refreshToken)))
    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    expect(new Set(answers.map(({ accessToken }) => accessToken)).size).toBe(20)
    const count = (action: string) => events.filter((event) => event.action === action).length
    expect([count('refresh.rotated'), count('refresh.replayed')]).toEqual([1, 19])
  })

  it('gives nothing within the window once the session has been revoked', async () => {
    const { logins, tokens, session } = await tokenKit()
    await logins.refresh(tokens.refreshToken)
    await logins.revoke({ session: session.id })
    await expect(logins.refresh(tokens.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
  })

  it.each([
    ['the previous one after the window', 1, 10],
    ['one two steps old, at once', 2, 0],
  ])('ends family and session for %s', async (_name, steps, wait) => {
    const { logins, tokens, advance, events, session } = await tokenKit()
    await logins.verify(tokens.accessToken)
    let last = tokens
    for (let i = 0; i < steps; i++) last = await logins.refresh(last.refreshToken)
    await advance(wait)
    await expect(logins.refresh(tokens.refreshToken)).rejects.toMatchObject({ code: 'refresh.reused' })
    // It is awaited: the very next check of any of its tokens fails.
    expect(() => logins.verifyNow(last.accessToken)).toThrow(expect.objectContaining({ code: 'token.revoked' }))
    await expect(logins.refresh(last.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
    expect(await logins.findSession(session.id)).toBeNull()
    expect(events.at(-1)).toMatchObject({ action: 'refresh.reused', sessionId: session.id })
  })

  it('takes the previous one in the last second of the window', async () => {
    const { logins, tokens, advance } = await tokenKit()
    const next = await logins.refresh(tokens.refreshToken)
    await advance(9)
    expect((await logins.refresh(tokens.refreshToken)).refreshToken).toBe(next.refreshToken)
  })

  it('changes nothing and reads nothing for a token with a bad tag', async () => {
    const watched = watchStore()
    const { logins, tokens } = await tokenKit({ wrap: watched.wrap })
    const [family, step, secret] = tokens.refreshToken.split('.')
    watched.faulty.arm()
    for (const forged of [
      `${family}.${step}.${secret}.${'A'.repeat(22)}`,
      `${family}.${step}.${'A'.repeat(32)}.${tokens.refreshToken.slice(-22)}`,
      '',
      'garbage',
      'x'.repeat(100_000),
    ]) {
      await expect(logins.refresh(forged)).rejects.toMatchObject({ code: 'refresh.unknown' })
    }
    expect(watched.faulty.calls).toEqual([])
    expect(await logins.refresh(tokens.refreshToken)).toBeTruthy()
  })

  it('goes on under a rotated secret ring', async () => {
    const kit = await tokenKit()
    const ring = createSecretRing([
      'a newer application secret, at least 32 long',
      'an application secret of 32 characters or more',
    ])
    const newer = await createLoginKit({ shared: kit, secrets: ring })
    const next = await newer.logins.refresh(kit.tokens.refreshToken)
    expect((await newer.logins.refresh(kit.tokens.refreshToken)).refreshToken).toBe(next.refreshToken)
    await expect(kit.logins.refresh(next.refreshToken)).rejects.toMatchObject({ code: 'refresh.unknown' })
  })

  it('carries current claims at the current generation, and no claim longer than the session', async () => {
    const kit = await tokenKit({ lifetimes: { token: { idleSeconds: 1000, absoluteSeconds: 1000 } } })
    kit.claims.set('ann', { roles: ['new'] })
    await kit.logins.changeClaims('ann')
    const next = await kit.logins.refresh(kit.tokens.refreshToken)
    const login = await kit.logins.verify(next.accessToken)
    expect(login.claims).toEqual({ roles: ['new'] })
    expect(login.token?.gen).toBe(1)
    await kit.advance(900)
    const last = await kit.logins.refresh(next.refreshToken)
    expect(last.expiresInSeconds).toBe(100)
    await kit.advance(100)
    await expect(kit.logins.refresh(last.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
  })

  it('finds the session behind a token, current or spent, and spends nothing', async () => {
    const { logins, tokens, session } = await tokenKit()
    const next = await logins.refresh(tokens.refreshToken)
    expect((await logins.findByRefreshToken(tokens.refreshToken))?.id).toBe(session.id)
    expect((await logins.findByRefreshToken(next.refreshToken))?.id).toBe(session.id)
    expect(await logins.findByRefreshToken('garbage')).toBeNull()
    expect(await logins.refresh(next.refreshToken)).toBeTruthy()
  })
})

describe('minting', () => {
  const cookieKit = async (options: KitOptions = {}) => {
    const kit = await createLoginKit({
      audiences: { api: { scopes: ['read', 'write'] }, spa: { browser: true } },
      ...options,
    })
    const loggedIn = await kit.logins.logIn({ subject: 'ann', mode: 'hybrid', device: DEVICE })
    const login = await kit.logins.resume(loggedIn.cookie ?? '')
    if (!login) throw new Error('no login')
    return { ...kit, loggedIn, login }
  }

  it('gives a token of the session for the audience, and the same again until it nears its end', async () => {
    const { logins, login, advance, loggedIn } = await cookieKit()
    const token = await logins.mint(login, { audience: 'api' })
    expect(await logins.introspect(token.accessToken)).toMatchObject({ sessionId: loggedIn.session.id, subject: 'ann' })
    await advance(400)
    expect(await logins.mint(login, { audience: 'api' })).toEqual({ ...token, expiresInSeconds: 200 })
    await advance(20)
    const next = await logins.mint(login, { audience: 'api' })
    expect(next.accessToken).not.toBe(token.accessToken)
    expect(next.expiresInSeconds).toBe(600)
  })

  it('mints once for many at the same time, and apart for each audience and scope', async () => {
    const { logins, login, events } = await cookieKit()
    const many = await Promise.all(Array.from({ length: 20 }, () => logins.mint(login, { audience: 'api' })))
    expect(new Set(many.map(({ accessToken }) => accessToken)).size).toBe(1)
    expect(events.filter(({ action }) => action === 'token.minted')).toHaveLength(1)
    const others = await Promise.all([
      logins.mint(login, {}),
      logins.mint(login, { audience: 'api', scope: 'read' }),
      logins.mint(login, { audience: 'api', scope: 'write read' }),
      logins.mint(login, { audience: 'api', scope: 'read write' }),
    ])
    expect(new Set([many[0], ...others].map((token) => token?.accessToken)).size).toBe(4)
    expect(others[2]?.scope).toBe('read write')
  })

  it('never widens a scope', async () => {
    const { logins, login } = await cookieKit()
    for (const input of [
      { audience: 'api', scope: 'admin' },
      { audience: 'api', scope: 'read admin' },
      { scope: 'read' },
    ]) {
      await expect(logins.mint(login, input)).rejects.toMatchObject({ code: 'policy.denied' })
    }
    const kit = await createLoginKit()
    const { tokens } = await kit.logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE, scope: 'read write' })
    const bearer = await kit.logins.verify(tokens?.accessToken ?? '')
    expect((await kit.logins.mint(bearer, { scope: 'read' })).scope).toBe('read')
    expect((await kit.logins.mint(bearer, {})).scope).toBe('read write')
    await expect(kit.logins.mint(bearer, { scope: 'read delete' })).rejects.toMatchObject({ code: 'policy.denied' })
  })

  it('refuses a browser for most audiences and an unknown audience for everybody', async () => {
    const { logins, login } = await cookieKit()
    await expect(logins.mint(login, { audience: 'api', browser: true })).rejects.toMatchObject({
      code: 'token.browser',
    })
    expect((await logins.mint(login, { audience: 'spa', browser: true })).expiresInSeconds).toBe(300)
    await expect(logins.mint(login, { audience: 'nope' })).rejects.toMatchObject({ code: 'token.audience_unknown' })
  })

  it('mints anew after a change of claims, and nothing after the end', async () => {
    const { logins, login, claims } = await cookieKit()
    const token = await logins.mint(login, { audience: 'api' })
    claims.set('ann', { roles: ['new'] })
    await logins.changeClaims('ann')
    const next = await logins.mint(login, { audience: 'api' })
    expect(next.accessToken).not.toBe(token.accessToken)
    expect((await logins.introspect(next.accessToken))?.claims).toEqual({ roles: ['new'] })
    await logins.logOut(login.sessionId)
    await expect(logins.mint(login, { audience: 'api' })).rejects.toMatchObject({ code: 'session.ended' })
    expect(await logins.introspect(next.accessToken)).toBeNull()
  })
})

describe('role changes and tokens', () => {
  const roleKit = async () => {
    const kit = await createLoginKit()
    kit.claims.set('ann', { roles: ['admin'], plan: 'pro' })
    const { tokens } = (await kit.logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE })) as LoggedIn
    return { ...kit, token: tokens?.accessToken ?? '' }
  }

  it('are seen by the same token on the next check: replaced, removed, nothing added', async () => {
    const { logins, claims, token } = await roleKit()
    expect((await logins.verify(token)).claims).toEqual({ roles: ['admin'], plan: 'pro' })
    claims.set('ann', { roles: ['reader'], team: 'blue' })
    await logins.changeClaims('ann')
    expect(logins.verifyNow(token)?.claims).toEqual({ roles: ['reader'] })
    expect(logins.verifyNow(token)).toBe(logins.verifyNow(token))
  })

  it('are loaded while no patch is known, so that nobody is logged out', async () => {
    const { logins, claims, token, store, clock, follow, loads } = await roleKit()
    claims.set('ann', { roles: ['reader'] })
    await store.revocations.bumpClaims('ann', clock.now() + 4000, clock.now())
    await follow()
    loads.count = 0
    expect(logins.verifyNow(token)).toBeUndefined()
    for (let i = 0; i < 10; i++) expect((await logins.verify(token)).claims).toEqual({ roles: ['reader'] })
    expect(loads.count).toBe(1)
  })
})
