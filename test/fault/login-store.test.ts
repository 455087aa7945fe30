/**
 * Every operation, with every call to the store in turn failing, losing its reply, or answering late. Whatever happens:
 * an acknowledged login is not lost, a refresh token has one living successor, and a retry brings everybody where they wanted.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAuthError } from '../../src/errors.ts'
import type { IssuedTokens, LoggedIn, Login } from '../../src/login/login.ts'
import type { Fault } from '../../src/testing/index.ts'
import { createLoginKit, DEVICE, type LoginKit } from '../support/login-kit.ts'
import { watchStore } from '../support/watched-store.ts'

const FAULTS: readonly Fault[] = ['fails', 'loses its reply', 'answers late']

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => {
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

interface Outcome<T> {
  readonly kit: LoginKit
  readonly value: T | null
  /** The call that was hit. */
  readonly hit: string
}

/**
 * Runs `act` against a new kit for N = 1, 2, ... until it no longer makes an Nth call. A failure must be the store's own.
 * `after` judges what is left once the store is well again.
 */
async function everyCall<S, T>(
  fault: Fault,
  setUp: (kit: LoginKit) => Promise<S>,
  act: (kit: LoginKit, state: S) => Promise<T>,
  after: (outcome: Outcome<T>, state: S) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const watched = watchStore()
    const kit = await createLoginKit({ wrap: watched.wrap, audiences: { api: {} } })
    const { faulty } = watched
    const state = await setUp(kit)
    faulty.arm({ fault, nth })
    let value: T | null = null
    try {
      value = await act(kit, state)
    } catch (error) {
      if (!isAuthError(error, 'store.unavailable')) throw error
    }
    faulty.disarm()
    await kit.follow()
    const hit = faulty.hits[0] ?? null
    if (hit !== null) await after({ kit, value, hit }, state)
    if (hit !== null && fault === 'answers late') expect(value, `${hit} was late, nothing more`).not.toBeNull()
    await kit.logins.close()
    if (hit === null) {
      expect(value).not.toBeNull()
      return nth - 1
    }
  }
}

const cookieLogin = async ({ logins }: LoginKit, subject = 'ann', presentedCookie?: string) => {
  const { cookie, session } = await logins.logIn({
    subject,
    mode: 'cookie',
    device: DEVICE,
    ...(presentedCookie !== undefined && { presentedCookie }),
  })
  const login = await logins.resume(cookie ?? '')
  if (!login || cookie === null) throw new Error('no login')
  return { cookie, session, login }
}

const tokenLogin = async ({ logins }: LoginKit) => {
  const { tokens, session } = await logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE })
  if (!tokens) throw new Error('no tokens')
  return { tokens, session, login: await logins.verify(tokens.accessToken) }
}

const subjectsOf = async ({ logins }: LoginKit, cookie: string) =>
  (await logins.accountsOf(cookie)).map(({ subject }) => subject).sort()

describe.each(FAULTS)('a store of which one call %s', (fault) => {
  it('during a sign-in with a cookie', async () => {
    const calls = await everyCall(
      fault,
      async () => null,
      ({ logins }) => logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE }),
      async ({ kit, value }) => {
        if (value) expect(await kit.logins.resume(value.cookie ?? '')).toMatchObject({ subject: 'ann' })
        const again = await cookieLogin(kit)
        await kit.logins.close()
        // Nobody's session stays in the list of devices.
        const { sessions } = await kit.store.sessions.listBySubject('ann', null, 10, kit.clock.now())
        expect(sessions.map(({ id }) => id).sort()).toEqual(
          [again.session.id, ...(value ? [value.session.id] : [])].sort(),
        )
      },
    )
    expect(calls).toBeGreaterThanOrEqual(3)
  })

  it('during a sign-in with tokens', async () => {
    const calls = await everyCall(
      fault,
      async () => null,
      ({ logins }) => logins.logIn({ subject: 'ann', mode: 'token', device: DEVICE }),
      async ({ kit, value }) => {
        if (!value?.tokens) return
        expect(await kit.logins.verify(value.tokens.accessToken)).toMatchObject({ subject: 'ann' })
        expect(await kit.logins.refresh(value.tokens.refreshToken)).toBeTruthy()
      },
    )
    expect(calls).toBeGreaterThanOrEqual(5)
  })

  it('during a sign-in with a second account', async () => {
    const calls = await everyCall(
      fault,
      (kit) => cookieLogin(kit),
      ({ logins }, { cookie }) =>
        logins.logIn({ subject: 'bob', mode: 'cookie', device: DEVICE, presentedCookie: cookie }),
      async ({ kit, value, hit }, first) => {
        if (value) {
          expect(await subjectsOf(kit, value.cookie ?? ''), hit).toEqual(['ann', 'bob'])
          expect(await kit.logins.resume(first.cookie)).toBeNull()
        } else {
          expect(await kit.logins.resume(first.cookie), hit).toMatchObject({ subject: 'ann' })
          const bob = await cookieLogin(kit, 'bob', first.cookie)
          expect(await subjectsOf(kit, bob.cookie), hit).toEqual(['ann', 'bob'])
        }
      },
    )
    expect(calls).toBeGreaterThanOrEqual(8)
  })

  it('during a sign-in with a third account, one of them parked by a switch', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const ann = await cookieLogin(kit)
        const bob = await cookieLogin(kit, 'bob', ann.cookie)
        const parked = (await kit.logins.accountsOf(bob.cookie)).find(({ subject }) => subject === 'ann')
        return { cookie: (await kit.logins.switchAccount(bob.cookie, parked?.sessionId ?? '')).cookie ?? '' }
      },
      ({ logins }, { cookie }) =>
        logins.logIn({ subject: 'cat', mode: 'cookie', device: DEVICE, presentedCookie: cookie }),
      async ({ kit, value, hit }, { cookie }) => {
        const now = value?.cookie ?? (await cookieLogin(kit, 'cat', cookie)).cookie
        expect(await subjectsOf(kit, now), hit).toEqual(['ann', 'bob', 'cat'])
      },
    )
  })

  it('during a sign-in again, beside another account', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const ann = await cookieLogin(kit)
        return cookieLogin(kit, 'bob', ann.cookie)
      },
      ({ logins }, { cookie }) =>
        logins.logIn({ subject: 'bob', mode: 'cookie', device: DEVICE, presentedCookie: cookie }),
      async ({ kit, value, hit }, { cookie }) => {
        if (!value) expect(await kit.logins.resume(cookie), hit).toMatchObject({ subject: 'bob' })
        expect(await subjectsOf(kit, value?.cookie ?? cookie), hit).toEqual(['ann', 'bob'])
      },
    )
  })

  it('during a switch of accounts', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const ann = await cookieLogin(kit)
        const bob = await cookieLogin(kit, 'bob', ann.cookie)
        const parked = (await kit.logins.accountsOf(bob.cookie)).find(({ subject }) => subject === 'ann')
        return { cookie: bob.cookie, target: parked?.sessionId ?? '' }
      },
      ({ logins }, { cookie, target }) => logins.switchAccount(cookie, target),
      async ({ kit, value, hit }, { cookie }) => {
        expect(await kit.logins.resume(value?.cookie ?? cookie), hit).not.toBeNull()
        expect(await subjectsOf(kit, value?.cookie ?? cookie), hit).toEqual(['ann', 'bob'])
        if (value) expect(await kit.logins.resume(cookie), hit).toBeNull()
      },
    )
  })

  it('while one account of two is left', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const ann = await cookieLogin(kit)
        return cookieLogin(kit, 'bob', ann.cookie)
      },
      async ({ logins }, { cookie }) => {
        const next = await logins.leaveAccount(cookie)
        if (!next) throw new Error('the other account is lost')
        return next
      },
      async ({ kit, value, hit }, { cookie }) => {
        if (!value) expect(await subjectsOf(kit, cookie), hit).toEqual(['ann', 'bob'])
        const now = value ?? (await kit.logins.leaveAccount(cookie))
        expect(await subjectsOf(kit, now?.cookie ?? ''), hit).toEqual(['ann'])
        expect(await kit.logins.resume(cookie), hit).toBeNull()
        const { sessions } = await kit.logins.sessionsOf('bob')
        expect(sessions, hit).toEqual([])
      },
    )
  })

  it('during a refresh: one living successor, and nobody is taken for a thief', async () => {
    const calls = await everyCall(
      fault,
      (kit) => tokenLogin(kit),
      ({ logins }, { tokens }) => logins.refresh(tokens.refreshToken),
      async ({ kit, value, hit }, { tokens }) => {
        const retried: IssuedTokens = await kit.logins.refresh(tokens.refreshToken)
        if (value) expect(retried.refreshToken, hit).toBe(value.refreshToken)
        expect(await kit.logins.verify(retried.accessToken)).toMatchObject({ subject: 'ann' })
        expect(await kit.logins.refresh(retried.refreshToken)).toBeTruthy()
        expect(kit.events.filter(({ action }) => action === 'refresh.reused')).toEqual([])
      },
    )
    expect(calls).toBeGreaterThanOrEqual(2)
  })

  it('during twenty refreshes of one token at once', async () => {
    await everyCall(
      fault,
      (kit) => tokenLogin(kit),
      async ({ logins }, { tokens }) => {
        const all = await Promise.allSettled(Array.from({ length: 20 }, () => logins.refresh(tokens.refreshToken)))
        const given = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        for (const one of all) {
          if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'store.unavailable' })
        }
        expect(new Set(given.map(({ refreshToken }) => refreshToken)).size).toBe(1)
        return given
      },
      async ({ kit, value }) => {
        expect(value?.length).toBeGreaterThanOrEqual(19)
        expect(await kit.logins.refresh(value?.[0]?.refreshToken ?? '')).toBeTruthy()
      },
    )
  })

  it('while a reused refresh token ends its family', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const { tokens, session } = await tokenLogin(kit)
        const second = await kit.logins.refresh(tokens.refreshToken)
        const third = await kit.logins.refresh(second.refreshToken)
        return { stolen: tokens.refreshToken, third, session }
      },
      async ({ logins }, { stolen }) => {
        try {
          await logins.refresh(stolen)
        } catch (error) {
          if (isAuthError(error, 'refresh.reused') || isAuthError(error, 'refresh.expired')) return true
          throw error
        }
        throw new Error('a reused token was accepted')
      },
      async ({ kit, value }, { stolen, third, session }) => {
        if (value) expect(await kit.logins.findSession(session.id)).toBeNull()
        await expect(kit.logins.refresh(stolen)).rejects.toMatchObject({
          code: expect.stringMatching(/^refresh\.(reused|expired)$/),
        })
        await expect(kit.logins.refresh(third.refreshToken)).rejects.toMatchObject({ code: 'refresh.expired' })
      },
    )
  })

  it('during a rise of privilege, with a cookie', async () => {
    const calls = await everyCall(
      fault,
      (kit) => cookieLogin(kit),
      ({ logins }, { login }) => logins.elevate(login, { acr: 'high' }),
      async ({ kit, value, hit }, before) => {
        const living: (Login | null)[] = []
        for (const cookie of [before.cookie, value?.cookie ?? '']) living.push(await kit.logins.resume(cookie))
        // One of the two and never both: the new one if it was handed out, otherwise the old one.
        expect(
          living.map((login) => login !== null),
          hit,
        ).toEqual([value === null, value !== null])
        expect((await kit.logins.sessionsOf('ann')).sessions).toHaveLength(1)
      },
    )
    expect(calls).toBeGreaterThanOrEqual(4)
  })

  it('during a rise of privilege, with tokens', async () => {
    await everyCall(
      fault,
      (kit) => tokenLogin(kit),
      ({ logins }, { login }) => logins.elevate(login, { acr: 'high' }),
      async ({ kit, value, hit }, before) => {
        const retried = await kit.logins.refresh(before.tokens.refreshToken)
        if (value?.tokens) expect(retried.refreshToken, hit).toBe(value.tokens.refreshToken)
        expect(await kit.logins.refresh(retried.refreshToken), hit).toBeTruthy()
      },
    )
  })

  it('while the other sessions are ended, with a cookie', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const other = await cookieLogin(kit)
        return { ...(await cookieLogin(kit)), other }
      },
      ({ logins }, { login }) => logins.revokeOthers(login) as Promise<LoggedIn>,
      async ({ kit, value, hit }, { cookie, other }) => {
        if (value) {
          expect(await kit.logins.resume(value.cookie ?? ''), hit).not.toBeNull()
          expect(await kit.logins.resume(other.cookie), hit).toBeNull()
          expect(await kit.logins.resume(cookie), hit).toBeNull()
          expect((await kit.logins.sessionsOf('ann')).sessions).toHaveLength(1)
        } else {
          expect(await kit.logins.resume(cookie), hit).not.toBeNull()
        }
      },
    )
  })

  it('while the other sessions are ended, with tokens', async () => {
    await everyCall(
      fault,
      (kit) => tokenLogin(kit),
      ({ logins }, { login }) => logins.revokeOthers(login) as Promise<LoggedIn>,
      async ({ kit, value, hit }, { tokens }) => {
        const mine = value?.tokens?.refreshToken ?? tokens.refreshToken
        expect(await kit.logins.refresh(mine), hit).toBeTruthy()
        expect((await kit.logins.sessionsOf('ann')).sessions).toHaveLength(1)
      },
    )
  })

  it('during a change of claims', async () => {
    await everyCall(
      fault,
      async (kit) => {
        kit.claims.set('ann', { roles: ['old'] })
        const cookie = await cookieLogin(kit)
        const token = await tokenLogin(kit)
        kit.claims.set('ann', { roles: ['new'] })
        return { cookie, token }
      },
      ({ logins }) => logins.changeClaims('ann'),
      async ({ kit, value, hit }, { cookie, token }) => {
        if (!value) await kit.logins.changeClaims('ann')
        expect((await kit.logins.resume(cookie.cookie))?.claims, hit).toEqual({ roles: ['new'] })
        expect((await kit.logins.verify(token.tokens.accessToken)).claims, hit).toEqual({ roles: ['new'] })
      },
    )
  })

  it('during a log-out and a log-out everywhere', async () => {
    for (const everywhere of [false, true]) {
      await everyCall(
        fault,
        (kit) => cookieLogin(kit),
        ({ logins }, { session }) => logins.revoke(everywhere ? { subject: 'ann' } : { session: session.id }),
        async ({ kit, value, hit }, { cookie }) => {
          // One fault is outlasted: the session is dead and the caller knows.
          expect(value, hit).not.toBeNull()
          expect(await kit.logins.resume(cookie), hit).toBeNull()
        },
      )
    }
  })

  it('during a change of data: it is made once, or the caller is told', async () => {
    await everyCall(
      fault,
      async (kit) => {
        const login = await cookieLogin(kit)
        await kit.logins.updateData(login.session.id, () => 0)
        return login
      },
      ({ logins }, { session }) => logins.updateData(session.id, (n) => (n as number) + 1),
      async ({ kit, value }, { session }) => {
        const { data } = (await kit.logins.findSession(session.id)) ?? {}
        expect(value ? [1] : [0, 1]).toContain(data)
      },
    )
  })

  it('during a read of the session, or a mint: nobody is logged out', async () => {
    await everyCall(
      fault,
      (kit) => kit.logins.logIn({ subject: 'ann', mode: 'hybrid', device: DEVICE }),
      async ({ logins }, { cookie }) => {
        const login = await logins.resume(cookie ?? '')
        if (!login) throw new Error('logged out')
        return logins.mint(login, { audience: 'api' })
      },
      async ({ kit }, { cookie }) => {
        expect(await kit.logins.resume(cookie ?? '')).not.toBeNull()
      },
    )
  })
})

describe('a process that ends', () => {
  it('right after the store has seen a reused refresh token leaves no session alive', async () => {
    const watched = watchStore()
    const kit = await createLoginKit({ wrap: watched.wrap })
    const { tokens, session } = await tokenLogin(kit)
    const second = await kit.logins.refresh(tokens.refreshToken)
    await kit.logins.refresh(second.refreshToken)
    watched.faulty.arm({ fault: 'fails', after: 'families.rotate', times: Infinity })
    await expect(kit.logins.refresh(tokens.refreshToken)).rejects.toThrow()
    expect(watched.faulty.calls).toContain('families.rotate')
    watched.faulty.disarm()
    expect(await kit.store.sessions.find(session.id, kit.clock.now())).toBeNull()
    await kit.follow()
    expect(() => kit.logins.verifyNow(second.accessToken)).toThrow(expect.objectContaining({ code: 'token.revoked' }))
  })
})

describe('a store that is down', () => {
  it('is 503 for whoever needs it, and a log-out for nobody', async () => {
    const kit = await createLoginKit()
    const { cookie, login } = await cookieLogin(kit)
    const phone = await tokenLogin(kit)
    await kit.store.close()
    // What is in memory is answered while the lease holds.
    expect(kit.logins.resumeNow(cookie)).toBeTruthy()
    expect(kit.logins.verifyNow(phone.tokens.accessToken)).toBeTruthy()
    const unavailable = { code: 'store.unavailable' }
    const unknown = `${'a'.repeat(22)}.${'b'.repeat(22)}`
    await expect(kit.logins.resume(unknown)).rejects.toMatchObject(unavailable)
    await expect(kit.logins.refresh(phone.tokens.refreshToken)).rejects.toMatchObject(unavailable)
    await expect(kit.logins.elevate(login, {})).rejects.toMatchObject(unavailable)
    await expect(kit.logins.revoke({ subject: 'ann' })).rejects.toMatchObject(unavailable)
    await expect(kit.logins.changeClaims('ann')).rejects.toMatchObject(unavailable)
    await expect(kit.logins.logIn({ subject: 'ann', mode: 'cookie', device: DEVICE })).rejects.toMatchObject(
      unavailable,
    )
  })
})
