import { describe, expect, it } from 'vitest'
import type { Login } from '../../../src/login/login.ts'
import { createLoginKit, DEVICE, type LoginKit } from '../../support/login-kit.ts'

const cookieLogin = async ({ logins }: LoginKit, subject = 'ann') => {
  const { cookie, session } = await logins.logIn({ subject, mode: 'cookie', device: DEVICE })
  const login = await logins.resume(cookie ?? '')
  if (!login || cookie === null) throw new Error('no login')
  return { cookie, session, login }
}

const tokenLogin = async ({ logins }: LoginKit, subject = 'ann') => {
  const { tokens, session } = await logins.logIn({ subject, mode: 'token', device: DEVICE })
  if (!tokens) throw new Error('no tokens')
  return { tokens, session, login: await logins.verify(tokens.accessToken) }
}

const refusal = (check: () => unknown): unknown => {
  try {
    return check()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('ending', () => {
  it('one session: cookie, tokens minted from it and refresh are refused at once, others go on', async () => {
    const kit = await createLoginKit()
    const { cookie, session, login } = await cookieLogin(kit)
    const other = await cookieLogin(kit)
    const minted = await kit.logins.mint(login, {})
    await kit.logins.verify(minted.accessToken)
    const receipt = await kit.logins.logOut(session.id)
    expect(receipt).toMatchObject({ offset: expect.any(Number), confirmedBy: 'acks' })
    expect(kit.logins.resumeNow(cookie)).toBeUndefined()
    expect(await kit.logins.resume(cookie)).toBeNull()
    expect(refusal(() => kit.logins.verifyNow(minted.accessToken))).toBe('token.revoked')
    expect(kit.logins.resumeNow(other.cookie)).toBeTruthy()
    expect(kit.events.at(-1)).toMatchObject({ action: 'session.sign_out', sessionId: session.id, subject: 'ann' })
  })

  it('in another process, once it has followed the log', async () => {
    const here = await createLoginKit()
    const there = await createLoginKit({ shared: here })
    const { cookie, session } = await cookieLogin(here)
    await there.logins.resume(cookie)
    await here.logins.revoke({ session: session.id })
    await there.follow()
    expect(there.logins.resumeNow(cookie)).toBeUndefined()
    expect(await there.logins.resume(cookie)).toBeNull()
  })

  it('one token: by its text, by its id, and again; the session goes on', async () => {
    const kit = await createLoginKit()
    const { tokens, login } = await tokenLogin(kit)
    await kit.logins.revoke({ token: tokens.accessToken })
    expect(refusal(() => kit.logins.verifyNow(tokens.accessToken))).toBe('token.revoked')
    await kit.logins.revoke({ token: tokens.accessToken })
    const next = await kit.logins.refresh(tokens.refreshToken)
    const { token } = await kit.logins.verify(next.accessToken)
    await kit.logins.revoke({ token: String(token?.jti) })
    expect(refusal(() => kit.logins.verifyNow(next.accessToken))).toBe('token.revoked')
    expect(await kit.logins.findSession(login.sessionId)).not.toBeNull()
  })

  it('a session by its refresh token, current or spent', async () => {
    const kit = await createLoginKit()
    const { tokens, session } = await tokenLogin(kit)
    await kit.logins.refresh(tokens.refreshToken)
    await kit.logins.revoke({ token: tokens.refreshToken })
    expect(await kit.logins.findSession(session.id)).toBeNull()
  })

  it('takes no garbage for an id, and a dead or unknown session for ended', async () => {
    const { logins } = await createLoginKit()
    for (const session of ['', 'x', 'a'.repeat(23), '../../etc']) {
      await expect(logins.revoke({ session })).rejects.toMatchObject({ code: 'request.malformed' })
    }
    await expect(logins.revoke({ token: 'garbage' })).rejects.toMatchObject({ code: 'token.malformed' })
    await expect(logins.revoke({} as { subject: string })).rejects.toThrow(TypeError)
    expect(await logins.logOut('a'.repeat(22))).toMatchObject({ confirmedBy: 'acks' })
  })

  it('a subject: every session and token of it, nobody else', async () => {
    const kit = await createLoginKit()
    const cookies = [await cookieLogin(kit), await cookieLogin(kit)]
    const { tokens } = await tokenLogin(kit)
    const bob = await cookieLogin(kit, 'bob')
    await kit.logins.revoke({ subject: 'ann' })
    for (const { cookie } of cookies) expect(await kit.logins.resume(cookie)).toBeNull()
    expect(refusal(() => kit.logins.verifyNow(tokens.accessToken))).toBe('token.revoked')
    await expect(kit.logins.refresh(tokens.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
    expect(kit.logins.resumeNow(bob.cookie)).toBeTruthy()
  })

  it('all under a floor: cookies, families and tokens of the retired keys', async () => {
    const kit = await createLoginKit()
    const { cookie } = await cookieLogin(kit)
    const { tokens } = await tokenLogin(kit)
    const keyId = JSON.parse(Buffer.from(tokens.accessToken.split('.')[0] ?? '', 'base64url').toString()).kid
    expect((await kit.logins.raiseFloor([keyId])).floor).toBe(1)
    expect(await kit.logins.resume(cookie)).toBeNull()
    expect(refusal(() => kit.logins.verifyNow(tokens.accessToken))).toBe('token.revoked')
    await expect(kit.logins.refresh(tokens.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
    const after = await cookieLogin(kit)
    expect(kit.logins.resumeNow(after.cookie)).toBeTruthy()
  })
})

describe('ending all others', () => {
  it('keeps the caller under a new id, with data and claims, and nobody else', async () => {
    const kit = await createLoginKit()
    kit.claims.set('ann', { roles: ['reader'] })
    const mine = await cookieLogin(kit)
    const others = [await cookieLogin(kit), await cookieLogin(kit)]
    const phone = await tokenLogin(kit)
    await kit.logins.updateData(mine.session.id, () => ({ cart: 1 }))
    const kept = await kit.logins.revokeOthers(mine.login)
    expect(kept).toMatchObject({ ended: 3, tokens: null, session: { data: { cart: 1 }, generation: 1 } })
    expect(kept?.session.id).not.toBe(mine.session.id)
    expect((await kit.logins.resume(kept?.cookie ?? ''))?.claims).toEqual({ roles: ['reader'] })
    for (const { cookie } of [mine, ...others]) expect(await kit.logins.resume(cookie)).toBeNull()
    expect(refusal(() => kit.logins.verifyNow(phone.tokens.accessToken))).toBe('token.revoked')
    expect((await kit.logins.sessionsOf('ann')).sessions).toHaveLength(1)
  })

  it('gives a phone a new pair for the same audience and scope', async () => {
    const kit = await createLoginKit({ audiences: { api: {} } })
    const mine = await kit.logins.logIn({
      subject: 'ann',
      mode: 'token',
      device: DEVICE,
      audience: ['api', 'https://app.example'],
      scope: 'read',
    })
    const login = await kit.logins.verify(mine.tokens?.accessToken ?? '')
    const kept = await kit.logins.revokeOthers(login)
    expect(kept?.tokens).toMatchObject({ audience: ['api', 'https://app.example'], scope: 'read' })
    expect(await kit.logins.verify(kept?.tokens?.accessToken ?? '')).toMatchObject({ sessionId: kept?.session.id })
    expect(await kit.logins.refresh(kept?.tokens?.refreshToken ?? '')).toBeTruthy()
    await expect(kit.logins.refresh(mine.tokens?.refreshToken ?? '')).rejects.toMatchObject({ code: 'refresh.expired' })
  })

  it('changes nothing when the caller has ended meanwhile', async () => {
    const kit = await createLoginKit()
    const mine = await cookieLogin(kit)
    const other = await cookieLogin(kit)
    await kit.logins.logOut(mine.session.id)
    expect(await kit.logins.revokeOthers(mine.login)).toBeNull()
    expect(await kit.logins.resume(other.cookie)).not.toBeNull()
  })

  it('leaves no change of the data behind that came in between', async () => {
    const kit = await createLoginKit()
    const mine = await cookieLogin(kit)
    await kit.logins.updateData(mine.session.id, () => 0)
    const changes = Array.from({ length: 10 }, () =>
      kit.logins
        .updateData(mine.session.id, (n) => (n as number) + 1)
        .then(
          () => 1,
          () => 0,
        ),
    )
    const kept = await kit.logins.revokeOthers(mine.login)
    const applied = (await Promise.all(changes)).reduce<number>((sum, n) => sum + n, 0)
    expect((await kit.logins.findSession(kept?.session.id ?? ''))?.data).toBe(applied)
  })

  it('of two callers at once keeps one', async () => {
    const kit = await createLoginKit()
    const both = [await cookieLogin(kit), await cookieLogin(kit)]
    const kept = await Promise.all(both.map(({ login }) => kit.logins.revokeOthers(login)))
    expect(kept.filter((one) => one !== null)).toHaveLength(1)
    expect((await kit.logins.sessionsOf('ann')).sessions).toHaveLength(1)
  })

  it('never turns a token that was minted from a cookie into a cookie', async () => {
    const kit = await createLoginKit()
    const { login, cookie } = await cookieLogin(kit)
    const minted = await kit.logins.mint(login, {})
    const bearer = await kit.logins.verify(minted.accessToken)
    await expect(kit.logins.revokeOthers(bearer)).rejects.toMatchObject({ code: 'policy.denied' })
    await expect(kit.logins.elevate(bearer, { acr: 'high' })).rejects.toMatchObject({ code: 'policy.denied' })
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
  })
})

describe('a rise of privilege', () => {
  it('gives a new id and secret; the old cookie is dead at once; the absolute lifetime goes on', async () => {
    const kit = await createLoginKit()
    const mine = await cookieLogin(kit)
    await kit.advance(60)
    const raised = await kit.logins.elevate(mine.login, { acr: 'high', amr: ['pwd', 'otp'] })
    expect(raised.session.id).not.toBe(mine.session.id)
    expect(await kit.logins.resume(mine.cookie)).toBeNull()
    expect(await kit.logins.resume(raised.cookie ?? '')).toMatchObject({
      acr: 'high',
      amr: ['pwd', 'otp'],
      authenticatedAt: kit.clock.now(),
    })
    expect(raised.session.absoluteExpiresAt).toBe(mine.session.absoluteExpiresAt)
    await expect(kit.logins.elevate(mine.login, {})).rejects.toMatchObject({ code: 'session.ended' })
  })

  it('of twenty at once gives one a new cookie', async () => {
    const kit = await createLoginKit()
    const { login } = await cookieLogin(kit)
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => kit.logins.elevate(login, { acr: 'x' })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await kit.logins.sessionsOf('ann')).sessions).toHaveLength(1)
  })

  it('loses no data that is changed at the same time', async () => {
    const kit = await createLoginKit()
    const { login, session } = await cookieLogin(kit)
    await kit.logins.updateData(session.id, () => 0)
    const changes = Array.from({ length: 10 }, () =>
      kit.logins
        .updateData(session.id, (n) => (n as number) + 1)
        .then(
          () => 1,
          () => 0,
        ),
    )
    const raised = await kit.logins.elevate(login, {})
    const applied = (await Promise.all(changes)).reduce<number>((sum, n) => sum + n, 0)
    expect((await kit.logins.findSession(raised.session.id))?.data).toBe(applied)
  })

  it('gives a phone a new pair, and the one it replaces works once more within the window', async () => {
    const kit = await createLoginKit()
    const { tokens, login } = await tokenLogin(kit)
    const raised = await kit.logins.elevate(login, { acr: 'high' })
    expect((await kit.logins.verify(raised.tokens?.accessToken ?? '')).acr).toBe('high')
    expect(refusal(() => kit.logins.verifyNow(tokens.accessToken))).toBe('token.revoked')
    const replayed = await kit.logins.refresh(tokens.refreshToken)
    expect(replayed.refreshToken).toBe(raised.tokens?.refreshToken)
    expect(await kit.logins.refresh(raised.tokens?.refreshToken ?? '')).toBeTruthy()
  })
})

describe('session data', () => {
  it('changed by fifty at once loses nothing, in one process and in two', async () => {
    const here = await createLoginKit()
    const there = await createLoginKit({ shared: here })
    const { session, cookie } = await cookieLogin(here)
    await here.logins.updateData(session.id, () => 0)
    const plusOne = (n: unknown) => (n as number) + 1
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? here : there).logins.updateData(session.id, plusOne)),
    )
    expect((await here.logins.findSession(session.id))?.data).toBe(50)
    // What is cached here follows what was saved here.
    await here.logins.updateData(session.id, plusOne)
    expect(here.logins.resumeNow(cookie)?.session?.data).toBe(51)
  })

  it('must be JSON, and the session alive', async () => {
    const kit = await createLoginKit()
    const { session } = await cookieLogin(kit)
    await expect(kit.logins.updateData(session.id, () => undefined as unknown as null)).rejects.toThrow(TypeError)
    await kit.logins.logOut(session.id)
    await expect(kit.logins.updateData(session.id, () => 1)).rejects.toMatchObject({ code: 'session.ended' })
  })
})

describe('races with the end', () => {
  it('neither a touch nor a save nor a load under way brings a session back', async () => {
    for (let round = 0; round < 30; round++) {
      const kit = await createLoginKit({ cacheSeconds: 3600 })
      const { cookie, session, login } = await cookieLogin(kit)
      await kit.advance(300)
      const work: Promise<unknown>[] = [
        kit.logins.resume(cookie),
        kit.store.sessions.touch(session.id, kit.clock.now(), kit.clock.now()),
        kit.logins.updateData(session.id, () => 1).catch(() => null),
        kit.logins.elevate(login, {}).catch(() => null),
      ]
      const at = round % (work.length + 1)
      work.splice(at, 0, kit.logins.revoke({ subject: 'ann' }))
      await Promise.all(work)
      expect(await kit.logins.resume(cookie)).toBeNull()
      expect((await kit.logins.sessionsOf('ann')).sessions).toEqual([])
      await kit.logins.close()
      expect(await kit.store.sessions.find(session.id, kit.clock.now())).toBeNull()
    }
  })
})

describe('closing', () => {
  it('stops deciding from memory, and finishes what was in the background', async () => {
    const kit = await createLoginKit({ cacheSeconds: 3600 })
    const { cookie, session } = await cookieLogin(kit)
    await kit.advance(301)
    kit.logins.resumeNow(cookie)
    await kit.logins.close()
    expect(kit.logins.resumeNow(cookie)).toBeUndefined()
    expect((await kit.store.sessions.find(session.id, kit.clock.now()))?.lastSeenAt).toBe(kit.clock.now())
    const login: Login | null = await kit.logins.resume(cookie)
    expect(login?.freshness).toBe('lookup')
  })
})
