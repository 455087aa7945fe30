import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../../src/errors.ts'
import type { Logins } from '../../../src/login/login.ts'
import { createLoginKit, DEVICE } from '../../support/login-kit.ts'

const signIn = (logins: Logins, subject: string, presentedCookie?: string) =>
  logins.logIn({ subject, mode: 'cookie', device: DEVICE, ...(presentedCookie !== undefined && { presentedCookie }) })

const subjectsOf = async (logins: Logins, cookie: string) =>
  (await logins.accountsOf(cookie)).map(({ subject }) => subject).sort()

describe('several accounts in one browser', () => {
  it('are one cookie that names the active one', async () => {
    const { logins } = await createLoginKit()
    const ann = await signIn(logins, 'ann')
    const bob = await signIn(logins, 'bob', ann.cookie ?? '')
    const cookie = bob.cookie ?? ''
    expect((await logins.resume(cookie))?.subject).toBe('bob')
    const accounts = await logins.accountsOf(cookie)
    expect(accounts.map(({ subject, active }) => [subject, active])).toEqual([
      ['bob', true],
      ['ann', false],
    ])
    const back = await logins.switchAccount(cookie, accounts[1]?.sessionId ?? '')
    expect(await logins.resume(back.cookie ?? '')).toMatchObject({ subject: 'ann' })
    expect(await subjectsOf(logins, back.cookie ?? '')).toEqual(['ann', 'bob'])
    expect(back.session.id).not.toBe(accounts[1]?.sessionId)
  })

  it('have one usable cookie at any time: a switch kills the one it came from', async () => {
    const { logins, store, clock } = await createLoginKit()
    const ann = await signIn(logins, 'ann')
    const bob = await signIn(logins, 'bob', ann.cookie ?? '')
    const cookie = bob.cookie ?? ''
    expect((await logins.resume(cookie))?.subject).toBe('bob')
    const parked = (await logins.accountsOf(cookie))[1]?.sessionId ?? ''
    const back = await logins.switchAccount(cookie, parked)
    expect(logins.resumeNow(cookie)).toBeUndefined()
    expect(await logins.resume(cookie)).toBeNull()
    const { sessions } = await store.sessions.list(null, 10, clock.now())
    expect(sessions.filter(({ secretHash }) => secretHash !== null).map(({ id }) => id)).toEqual([back.session.id])
    // And back again, by the account's new id only.
    await expect(logins.switchAccount(back.cookie ?? '', bob.session.id)).rejects.toMatchObject({
      code: 'session.ended',
    })
    const [, other] = await logins.accountsOf(back.cookie ?? '')
    expect((await logins.switchAccount(back.cookie ?? '', other?.sessionId ?? '')).session.subject).toBe('bob')
  })

  it('have one usable cookie after ten switches at once, to several of them', async () => {
    const { logins, store, clock } = await createLoginKit()
    let cookie = ''
    for (const subject of ['a', 'b', 'c', 'd']) cookie = (await signIn(logins, subject, cookie)).cookie ?? ''
    const targets = (await logins.accountsOf(cookie)).filter(({ active }) => !active)
    const leaves = Array.from({ length: 2 }, () => logins.leaveAccount(cookie))
    const switches = Array.from({ length: 10 }, (_, i) => logins.switchAccount(cookie, targets[i % 3]?.sessionId ?? ''))
    const answers = await Promise.allSettled([...switches, ...leaves])
    const handedOut = answers.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []))
    const usable = await Promise.all(handedOut.map(async (one) => (await logins.resume(one.cookie ?? '')) !== null))
    expect(usable.filter((isUsable) => isUsable).length).toBeLessThanOrEqual(1)
    expect(await logins.resume(cookie)).toBeNull()
    const { sessions } = await store.sessions.list(null, 10, clock.now())
    expect(new Set(sessions.map(({ subject }) => subject)).size).toBe(sessions.length)
  })

  it('give no copy of an older cookie a way into a newer account', async () => {
    const { logins } = await createLoginKit()
    // Somebody plants a cookie of his own; its browser then signs in as the victim.
    const planted = (await signIn(logins, 'mallory')).cookie ?? ''
    const victim = await signIn(logins, 'victim', planted)
    expect(await logins.resume(planted)).toBeNull()
    expect(await logins.accountsOf(planted)).toEqual([])
    await expect(logins.switchAccount(planted, victim.session.id)).rejects.toMatchObject({ code: 'session.ended' })
  })

  it('keep strangers out', async () => {
    const { logins } = await createLoginKit()
    const ann = await signIn(logins, 'ann')
    const bob = await signIn(logins, 'bob')
    await expect(logins.switchAccount(ann.cookie ?? '', bob.session.id)).rejects.toMatchObject({
      code: 'session.ended',
    })
    expect(await subjectsOf(logins, ann.cookie ?? '')).toEqual(['ann'])
    for (const cookie of ['', 'garbage', `${ann.session.id}.${'A'.repeat(22)}`]) {
      expect(await logins.accountsOf(cookie)).toEqual([])
      await expect(logins.switchAccount(cookie, ann.session.id)).rejects.toMatchObject({ code: 'session.ended' })
    }
    const anonymous = await logins.startAnonymous(DEVICE, null)
    expect(await logins.accountsOf(anonymous.cookie ?? '')).toEqual([])
  })

  it('are five at most; a sixth is told so and nobody is ended', async () => {
    const { logins } = await createLoginKit()
    let cookie = ''
    for (const subject of ['a', 'b', 'c', 'd', 'e']) cookie = (await signIn(logins, subject, cookie)).cookie ?? ''
    await expect(signIn(logins, 'f', cookie)).rejects.toMatchObject({ code: 'session.limit' })
    expect(await subjectsOf(logins, cookie)).toEqual(['a', 'b', 'c', 'd', 'e'])
    // Signing in again as one of them replaces it.
    const again = await signIn(logins, 'c', cookie)
    expect(await subjectsOf(logins, again.cookie ?? '')).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('stay together when one rises in privilege or ends its other sessions', async () => {
    const { logins } = await createLoginKit()
    const ann = await signIn(logins, 'ann')
    const bob = await signIn(logins, 'bob', ann.cookie ?? '')
    const login = await logins.resume(bob.cookie ?? '')
    if (!login) throw new Error('no login')
    const raised = await logins.elevate(login, { acr: 'high' })
    expect(await subjectsOf(logins, raised.cookie ?? '')).toEqual(['ann', 'bob'])
    const again = await logins.resume(raised.cookie ?? '')
    const kept = again && (await logins.revokeOthers(again))
    expect(await subjectsOf(logins, kept?.cookie ?? '')).toEqual(['ann', 'bob'])
  })

  it('follow their model, whatever is done in whatever order', async () => {
    const SUBJECTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const step = fc.record({
      what: fc.constantFrom('sign-in', 'sign-in', 'switch', 'switch', 'leave', 'elevate', 'others', 'end', 'end-other'),
      who: fc.constantFrom(...SUBJECTS),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { logins } = await createLoginKit()
        let cookie = ''
        let active: string | null = null
        let held = new Set<string>()
        const everUsed: string[] = []
        const use = (next: string | null): void => {
          everUsed.push(cookie)
          cookie = next ?? ''
        }
        for (const { what, who } of steps) {
          const accounts = await logins.accountsOf(cookie)
          const target = accounts.find(({ subject }) => subject === who)
          const login = active === null ? null : await logins.resume(cookie)
          if (what === 'sign-in') {
            const fits = held.has(who) || held.size < 5
            const result = await signIn(logins, who, cookie).catch((error: unknown) => error)
            expect(isAuthError(result, 'session.limit')).toBe(!fits)
            if (!(result instanceof Error)) {
              use((result as Awaited<ReturnType<Logins['logIn']>>).cookie)
              held.add(who)
              active = who
            }
          } else if (what === 'switch' && target) {
            use((await logins.switchAccount(cookie, target.sessionId)).cookie)
            active = who
          } else if (what === 'leave' && active !== null) {
            const next: {
              readonly cookie: string | null
              readonly session: { readonly subject: string | null }
            } | null = await logins.leaveAccount(cookie)
            expect(next === null).toBe(held.size === 1)
            if (next) {
              held.delete(active)
              active = next.session.subject
              use(next.cookie)
            }
          } else if (what === 'elevate' && login) {
            use((await logins.elevate(login, {})).cookie)
          } else if (what === 'others' && login) {
            use((await logins.revokeOthers(login))?.cookie ?? null)
          } else if (what === 'end' && login) {
            await logins.logOut(login.sessionId)
            use('')
            active = null
            held = new Set()
          } else if (what === 'end-other' && target && !target.active) {
            await logins.logOut(target.sessionId)
            held.delete(who)
          }
          expect(await subjectsOf(logins, cookie)).toEqual([...held].sort())
          expect((await logins.resume(cookie))?.subject ?? null).toBe(active)
          expect(held.size).toBeLessThanOrEqual(5)
        }
        // Whatever was done, every cookie but the last is dead.
        for (const old of everUsed) expect(await logins.resume(old)).toBeNull()
      }),
      { numRuns: 200 },
    )
  })
})
