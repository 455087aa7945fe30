/** A change of mode: nobody is logged out by it, whatever answer is lost and however often the application changes its mind. */
import { describe, expect, it } from 'vitest'
import type { Mode } from '../../../src/session/session.ts'
import { createLoginKit, DEVICE, ISSUER, type KitOptions, type LoginKit } from '../../support/login-kit.ts'
import { together } from '../../support/store-fixtures.ts'

const BROWSER = { userAgent: 'Mozilla/5.0 (X11; Linux x86_64)', address: null }
const NATIVE = { userAgent: 'app/1.0', address: null }

const kitOf = (issue: Mode, more: KitOptions = {}) => createLoginKit({ modes: { issue }, ...more })
const issue = (kit: LoginKit, mode: Mode) => kit.logins.modes.change((now) => ({ ...now, issue: mode }))
const session = (kit: LoginKit, id: string) => kit.logins.findSession(id)
const settled = (ms = 60) => new Promise((resolve) => setTimeout(resolve, ms))
/** What is done in the background is done: at once as a rule, later on a machine with other work. */
const inMode = async (kit: LoginKit, id: string, mode: string) => {
  for (let i = 0; i < 1000 && (await session(kit, id))?.mode !== mode; i++) await settled(10)
}
const signIn = (kit: LoginKit, mode: Mode, subject = 'ada') =>
  kit.logins.logIn({ subject, mode, device: NATIVE, ...(mode === 'token' ? { scope: 'read' } : {}) })

describe('a cookie becomes tokens', () => {
  it('of the same session; both work until the first refresh, then the tokens alone', async () => {
    const kit = await kitOf('cookie')
    const { cookie, session: before } = await signIn(kit, 'cookie')
    await expect(kit.logins.convert({ refreshToken: 'x' })).rejects.toMatchObject({ code: 'refresh.unknown' })
    await issue(kit, 'token')
    const { tokens, cookie: none } = await kit.logins.convert({ cookie: cookie! })
    expect(none).toBeNull()
    expect(await kit.logins.verify(tokens!.accessToken)).toMatchObject({ sessionId: before.id, subject: 'ada' })
    expect(await kit.logins.resume(cookie!)).toMatchObject({ sessionId: before.id, mode: 'cookie' })
    const next = await kit.logins.refresh(tokens!.refreshToken)
    await inMode(kit, before.id, 'token')
    expect(await session(kit, before.id)).toMatchObject({
      mode: 'token',
      secretHash: null,
      idleTimeoutSeconds: 30 * 86_400,
    })
    expect(await kit.logins.resume(cookie!)).toBeNull()
    expect(await kit.logins.verify(next.accessToken)).toMatchObject({ sessionId: before.id })
    expect(kit.events.map(({ action }) => action)).toContain('session.converted')
    await kit.logins.close()
  })

  it('gives the same refresh token to whoever asks again, and to twenty who ask at once', async () => {
    const kit = await kitOf('token')
    const { cookie, session: before } = await signIn(kit, 'cookie')
    const answers = await together(20, () => kit.logins.convert({ cookie: cookie! }))
    expect(new Set(answers.map(({ tokens }) => tokens?.refreshToken)).size).toBe(1)
    await kit.advance(500)
    const again = await kit.logins.convert({ cookie: cookie! })
    expect(again.tokens?.refreshToken).toBe(answers[0]?.tokens?.refreshToken)
    expect(again.tokens?.accessToken).not.toBe(answers[0]?.tokens?.accessToken)
    await kit.advance(600)
    const later = await kit.logins.convert({ cookie: cookie! })
    expect(later.tokens?.refreshToken).not.toBe(again.tokens?.refreshToken)
    await kit.logins.refresh(later.tokens!.refreshToken)
    await inMode(kit, before.id, 'token')
    expect(await session(kit, before.id)).toMatchObject({ mode: 'token' })
    await kit.logins.close()
  })

  it('is refused to browsers unless the audience says otherwise, and to browsers with several accounts', async () => {
    const kit = await kitOf('token')
    const first = await signIn(kit, 'cookie', 'ada')
    await expect(kit.logins.convert({ cookie: first.cookie!, browser: true })).rejects.toMatchObject({
      code: 'token.browser',
    })
    const second = await kit.logins.logIn({
      subject: 'bob',
      mode: 'cookie',
      device: NATIVE,
      presentedCookie: first.cookie!,
    })
    await expect(kit.logins.convert({ cookie: second.cookie! })).rejects.toMatchObject({ code: 'policy.denied' })
    expect(await kit.logins.resume(second.cookie!)).not.toBeNull()
    await kit.logins.close()
    const open = await kitOf('token', { audiences: { [ISSUER]: { browser: true } } })
    const { cookie } = await signIn(open, 'cookie')
    expect((await open.logins.convert({ cookie: cookie!, browser: true })).tokens?.expiresInSeconds).toBe(300)
    await open.logins.close()
  })
})

describe('tokens become a cookie', () => {
  it('of the same session; both work until the cookie is used, then the cookie alone', async () => {
    const kit = await kitOf('cookie')
    const { tokens, session: before } = await signIn(kit, 'token')
    const converted = await kit.logins.convert({ refreshToken: tokens!.refreshToken })
    expect(converted.cookie).toMatch(new RegExp(`^${before.id}\\.`))
    const next = await kit.logins.refresh(tokens!.refreshToken)
    expect(next.convertTo).toBe('cookie')
    expect(await kit.logins.resume(converted.cookie!)).toMatchObject({ sessionId: before.id, subject: 'ada' })
    await inMode(kit, before.id, 'cookie')
    expect(await session(kit, before.id)).toMatchObject({ mode: 'cookie', idleTimeoutSeconds: 14 * 86_400 })
    await expect(kit.logins.refresh(next.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
    expect(await kit.logins.resume(converted.cookie!)).toMatchObject({ mode: 'cookie' })
    await kit.logins.close()
  })

  it('gives the same cookie to twenty who ask at once, and none for a token that was spent long ago', async () => {
    const kit = await kitOf('hybrid')
    const { tokens, session: before } = await signIn(kit, 'token')
    const answers = await together(20, () => kit.logins.convert({ refreshToken: tokens!.refreshToken }))
    expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1)
    const next = await kit.logins.refresh(tokens!.refreshToken)
    // Within the replay window the one before still counts.
    expect((await kit.logins.convert({ refreshToken: tokens!.refreshToken })).cookie).toBe(answers[0]?.cookie)
    await kit.advance(11)
    await expect(kit.logins.convert({ refreshToken: tokens!.refreshToken })).rejects.toMatchObject({
      code: 'refresh.reused',
    })
    await expect(kit.logins.convert({ refreshToken: next.refreshToken })).rejects.toMatchObject({
      code: 'refresh.expired',
    })
    expect(await session(kit, before.id)).toBeNull()
    await kit.logins.close()
  })

  it('never from an access token, nor to another session', async () => {
    const kit = await kitOf('cookie')
    const { tokens } = await signIn(kit, 'token')
    await expect(kit.logins.convert({ refreshToken: tokens!.accessToken })).rejects.toMatchObject({
      code: 'refresh.unknown',
    })
    await expect(kit.logins.convert({ cookie: tokens!.refreshToken })).rejects.toMatchObject({ code: 'session.ended' })
    await expect(kit.logins.convert({})).rejects.toMatchObject({ code: 'session.ended' })
    await kit.logins.close()
  })
})

describe('a session', () => {
  it('goes from cookie to hybrid and back by itself, at its next read', async () => {
    const kit = await kitOf('hybrid', { cacheSeconds: 10 })
    const { cookie, session: before } = await signIn(kit, 'cookie')
    expect(await kit.logins.resume(cookie!)).toMatchObject({ mode: 'cookie' })
    await inMode(kit, before.id, 'hybrid')
    expect(await kit.logins.resume(cookie!)).toMatchObject({ mode: 'hybrid', sessionId: before.id })
    await issue(kit, 'cookie')
    await kit.advance(10)
    await kit.logins.resume(cookie!)
    await inMode(kit, before.id, 'cookie')
    expect(await session(kit, before.id)).toMatchObject({ mode: 'cookie' })
    await kit.logins.close()
  })

  it('keeps its id, data and claims through every change of mind, whatever answers are lost', async () => {
    const kit = await kitOf('cookie')
    kit.claims.set('ada', { roles: ['admin'] })
    const { cookie, session: before } = await kit.logins.logIn({
      subject: 'ada',
      mode: 'cookie',
      device: DEVICE,
      data: { cart: [1] },
    })
    let held: { cookie: string } | { refreshToken: string } = { cookie: cookie! }
    for (const [mode, isLost, isUsed] of [
      ['token', true, true],
      ['hybrid', true, false],
      ['token', false, false],
      ['cookie', true, true],
      ['token', true, false],
      ['cookie', false, true],
      ['hybrid', false, true],
      ['token', true, true],
      ['cookie', true, false],
    ] as const) {
      await issue(kit, mode)
      if (mode !== 'token' && 'cookie' in held) {
        expect(await kit.logins.resume(held.cookie)).not.toBeNull()
        continue
      }
      // An answer that never arrived: the client has what it had, and asks again.
      if (isLost) await kit.logins.convert(held)
      const { cookie: next, tokens } = await kit.logins.convert(held)
      held = next !== null ? { cookie: next } : { refreshToken: tokens!.refreshToken }
      if (isUsed && 'cookie' in held) expect(await kit.logins.resume(held.cookie)).toMatchObject({ subject: 'ada' })
      if (isUsed && 'refreshToken' in held) {
        held = { refreshToken: (await kit.logins.refresh(held.refreshToken)).refreshToken }
      }
      await settled()
    }
    expect(await session(kit, before.id)).toMatchObject({
      createdAt: before.createdAt,
      absoluteExpiresAt: before.absoluteExpiresAt,
      data: { cart: [1] },
      claims: { roles: ['admin'] },
    })
    expect((await kit.logins.sessionsOf('ada')).sessions).toHaveLength(1)
    expect(kit.errors).toEqual([])
    await kit.logins.close()
  })

  it('that ends while both credentials work ends for both', async () => {
    const kit = await kitOf('token')
    const { cookie, session: before } = await signIn(kit, 'cookie')
    const { tokens } = await kit.logins.convert({ cookie: cookie! })
    await kit.logins.logOut(before.id)
    expect(await kit.logins.resume(cookie!)).toBeNull()
    await expect(kit.logins.verify(tokens!.accessToken)).rejects.toMatchObject({ code: 'token.revoked' })
    await expect(kit.logins.refresh(tokens!.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
    await expect(kit.logins.convert({ cookie: cookie! })).rejects.toMatchObject({ code: 'session.ended' })
    await kit.logins.close()
  })
})

describe('what is let in', () => {
  it('is refused with a code of its own once the mode is closed, and let in again when that is taken back', async () => {
    const kit = await kitOf('token', { modes: { issue: 'token', accept: ['token', 'cookie'] } })
    const old = await signIn(kit, 'cookie')
    const other = await signIn(kit, 'token', 'bob')
    const change = kit.logins.planModeChange({ from: 'cookie', to: 'token' })
    await expect(change.close()).rejects.toMatchObject({ code: 'policy.denied' })
    await change.close({ refuseRemaining: true })
    expect(kit.logins.resumeNow(old.cookie!)).toBeFalsy()
    expect(await kit.logins.resume(old.cookie!)).toBeNull()
    expect(kit.logins.refusalOf(old.cookie!)).toMatchObject({ code: 'session.mode' })
    await expect(kit.logins.convert({ cookie: old.cookie! })).rejects.toMatchObject({ code: 'session.mode' })
    await expect(signIn(kit, 'cookie')).rejects.toMatchObject({ code: 'policy.denied' })
    await change.rollback()
    expect(await kit.logins.resume(old.cookie!)).toMatchObject({ subject: 'ada' })

    expect(await kit.logins.verify(other.tokens!.accessToken)).toMatchObject({ subject: 'bob' })
    await kit.logins.planModeChange({ from: 'token', to: 'cookie' }).close({ refuseRemaining: true })
    expect(() => kit.logins.verifyNow(other.tokens!.accessToken)).toThrow(
      expect.objectContaining({ code: 'session.mode' }) as Error,
    )
    await expect(kit.logins.verify(other.tokens!.accessToken)).rejects.toMatchObject({ code: 'session.mode' })
    for (let i = 0; i < 3; i++) {
      await kit.advance(20)
      await expect(kit.logins.refresh(other.tokens!.refreshToken)).rejects.toMatchObject({ code: 'session.mode' })
    }
    await kit.logins.planModeChange({ from: 'cookie', to: 'token' }).begin()
    // A refused refresh has spent nothing.
    expect((await kit.logins.refresh(other.tokens!.refreshToken)).refreshToken).toBeTruthy()
    await kit.logins.close()
  })

  it('may be closed by the clock, and differ by client', async () => {
    const kit = await kitOf('cookie')
    const until = kit.clock.now() + 100
    await kit.logins.planModeChange({ from: 'cookie', to: 'token' }).begin({ acceptUntil: until })
    const old = await signIn(kit, 'cookie')
    await kit.advance(99)
    expect(await kit.logins.resume(old.cookie!)).toMatchObject({ subject: 'ada' })
    expect(kit.logins.modes.accepts('cookie', null)).toBe(true)
    await kit.advance(1)
    expect(kit.logins.modes.accepts('cookie', null)).toBe(false)
    expect(await kit.logins.resume(old.cookie!)).toBeNull()
    // Where cookies are issued, no cookie is refused for its mode: it is changed.
    await kit.logins.planModeChange({ from: 'token', to: 'hybrid' }).begin()
    expect(kit.logins.modes.accepts('cookie', null)).toBe(false)
    expect(await kit.logins.resume(old.cookie!)).toMatchObject({ subject: 'ada' })

    await kit.logins.planModeChange({ from: 'hybrid', to: 'token', clientId: 'phone' }).begin()
    expect(kit.logins.modes.issueFor('phone')).toBe('token')
    expect(kit.logins.modes.issueFor('desk')).toBe('hybrid')
    await kit.logins.planModeChange({ from: 'hybrid', to: 'token', clientId: 'phone' }).close()
    expect(kit.logins.modes.accepts('hybrid', 'phone')).toBe(false)
    expect(kit.logins.modes.accepts('hybrid', null)).toBe(true)
    await kit.logins.close()
  })

  it('is followed by other processes', async () => {
    const kit = await kitOf('cookie')
    const other = await createLoginKit({ shared: kit })
    const { cookie } = await signIn(kit, 'cookie')
    await expect(other.logins.convert({ cookie: cookie! })).rejects.toMatchObject({ code: 'policy.denied' })
    await issue(kit, 'token')
    await other.logins.modes.look()
    expect((await other.logins.convert({ cookie: cookie! })).tokens).not.toBeNull()
    other.logins.modes.start()
    await issue(kit, 'hybrid')
    for (let i = 0; i < 100 && other.logins.modes.current?.issue !== 'hybrid'; i++) await settled()
    expect(other.logins.modes.current?.issue).toBe('hybrid')
    await kit.logins.close()
    await other.logins.close()
  })

  it.each([
    [{ issue: 'paper' }],
    [{ issue: 'cookie', accept: ['paper'] }],
    [{ issue: 'cookie', acceptUntil: { token: 1.5 } }],
    [{ issue: 'cookie', acceptUntil: { paper: 1 } }],
    [{ issue: 'cookie', clients: { phone: { issue: 'paper' } } }],
  ])('needs a policy that can be meant: %j', async (modes) => {
    await expect(createLoginKit({ modes: modes as never })).rejects.toThrow(TypeError)
  })
})

describe('a dry run', () => {
  it('counts who changes by itself, who has to ask, and who cannot', async () => {
    const kit = await kitOf('cookie', {
      audiences: { 'https://api.example': {}, 'https://web.example': { browser: true } },
    })
    const start = kit.clock.now()
    for (let i = 0; i < 3; i++) await signIn(kit, 'cookie', `native ${i}`)
    await kit.logins.logIn({ subject: 'web', mode: 'cookie', device: BROWSER })
    const first = await kit.logins.logIn({ subject: 'one', mode: 'cookie', device: BROWSER })
    await kit.logins.logIn({ subject: 'two', mode: 'cookie', device: BROWSER, presentedCookie: first.cookie! })
    await signIn(kit, 'token', 'phone')
    await kit.logins.startAnonymous(BROWSER, null)
    expect(await kit.logins.planModeChange({ from: 'cookie', to: 'token' }).dryRun()).toEqual({
      from: 'cookie',
      to: 'token',
      sessions: { cookie: 6, token: 1, hybrid: 0 },
      affected: 6,
      convertByThemselves: 0,
      convertByClient: 3,
      refused: { browsers: 2, parked: 1 },
      audiencesWithoutBrowsers: [ISSUER, 'https://api.example'],
      acceptUntil: null,
      keepAcceptingUntil: start + 90 * 86_400,
      unusedUntil: start + 14 * 86_400,
    })
    expect(await kit.logins.planModeChange({ from: 'cookie', to: 'hybrid' }).dryRun()).toMatchObject({
      convertByThemselves: 6,
      convertByClient: 0,
      refused: { browsers: 0, parked: 0 },
      audiencesWithoutBrowsers: [],
    })
    expect(await kit.logins.planModeChange({ from: 'token', to: 'cookie' }).dryRun()).toMatchObject({
      affected: 1,
      convertByClient: 1,
    })
    expect(await kit.logins.planModeChange({ from: 'hybrid', to: 'cookie' }).dryRun()).toMatchObject({
      affected: 0,
      keepAcceptingUntil: null,
    })
    expect(kit.logins.modes.current).toMatchObject({ issue: 'cookie' })
    expect(() => kit.logins.planModeChange({ from: 'cookie', to: 'cookie' })).toThrow(TypeError)
    await kit.logins.close()
  })
})
