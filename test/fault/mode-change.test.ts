/**
 * A change of mode and a move from another library, with every call to the store in turn failing, losing its reply or
 * answering late: the client asks again, and is logged in; there is one session, and nothing is handed out twice.
 */
import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../src/errors.ts'
import type { ConvertInput } from '../../src/login/login.ts'
import type { MoveInInput } from '../../src/login/move-in-shape.ts'
import type { Fault } from '../../src/testing/index.ts'
import { createLoginKit, DEVICE, type LoginKit } from '../support/login-kit.ts'
import { watchStore } from '../support/watched-store.ts'

const FAULTS: readonly Fault[] = ['fails', 'loses its reply', 'answers late']
const settled = () => new Promise((resolve) => setTimeout(resolve, 60))

/** Runs `act` with its Nth call of the store hit, N = 1, 2, ...; then again with a store that is well. */
async function everyCall<S>(
  fault: Fault,
  setUp: (kit: LoginKit) => Promise<S>,
  act: (kit: LoginKit, state: S) => Promise<unknown>,
  after: (kit: LoginKit, state: S, hit: string) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const watched = watchStore()
    const kit = await createLoginKit({ wrap: watched.wrap, modes: { issue: 'cookie' } })
    const state = await setUp(kit)
    await settled()
    watched.faulty.arm({ fault, nth })
    try {
      await act(kit, state)
    } catch (error) {
      if (!isAuthError(error, 'store.unavailable')) throw error
      expect(fault, `${watched.faulty.hits[0]} was late, nothing more`).not.toBe('answers late')
    }
    // What follows an answer is done when there is time, and may be hit as well.
    await settled()
    const hit = watched.faulty.hits[0]
    watched.faulty.disarm()
    if (hit !== undefined) await after(kit, state, hit)
    await kit.logins.close()
    if (hit === undefined) return nth - 1
  }
}

const issue = (kit: LoginKit, mode: 'cookie' | 'token') => kit.logins.modes.change((now) => ({ ...now, issue: mode }))
const sessionsOf = async (kit: LoginKit) => (await kit.logins.sessionsOf('ada')).sessions

describe.each(FAULTS)('a store of which one call %s', (fault) => {
  it('during the change from cookie to token', { timeout: 60_000 }, async () => {
    const calls = await everyCall(
      fault,
      async (kit) => {
        const { cookie } = await kit.logins.logIn({ subject: 'ada', mode: 'cookie', device: DEVICE })
        await issue(kit, 'token')
        return { cookie: cookie ?? '' } satisfies ConvertInput
      },
      async (kit, held) => {
        const { tokens } = await kit.logins.convert(held)
        await kit.logins.refresh(tokens?.refreshToken ?? '')
      },
      async (kit, held, hit) => {
        // As a client that has got no answer: it has its cookie, or it has tokens that have been confirmed.
        const login = await kit.logins.resume(held.cookie)
        const [session] = await sessionsOf(kit)
        expect(await sessionsOf(kit), hit).toHaveLength(1)
        if (!login) expect(session, hit).toMatchObject({ mode: 'token', secretHash: null })
        else {
          const { tokens } = await kit.logins.convert(held)
          await kit.logins.refresh(tokens?.refreshToken ?? '')
          await settled()
          expect((await sessionsOf(kit))[0], hit).toMatchObject({ id: session?.id, mode: 'token', secretHash: null })
          expect(await kit.logins.resume(held.cookie), hit).toBeNull()
        }
      },
    )
    expect(calls).toBeGreaterThan(8)
  })

  it('during the change from token to cookie', { timeout: 60_000 }, async () => {
    const calls = await everyCall(
      fault,
      async (kit) => {
        const { tokens } = await kit.logins.logIn({ subject: 'ada', mode: 'token', device: DEVICE })
        return { refreshToken: tokens?.refreshToken ?? '', cookie: null as string | null }
      },
      async (kit, held) => {
        held.cookie = (await kit.logins.convert({ refreshToken: held.refreshToken })).cookie
        await kit.logins.resume(held.cookie ?? '')
      },
      async (kit, held, hit) => {
        // Whoever has got no cookie still has the refresh token.
        const { cookie } = held.cookie === null ? await kit.logins.convert({ refreshToken: held.refreshToken }) : held
        for (let i = 0; i < 2; i++) {
          expect(await kit.logins.resume(cookie ?? ''), hit).toMatchObject({ subject: 'ada' })
          await settled()
          await kit.advance(301)
        }
        expect(await sessionsOf(kit), hit).toMatchObject([{ mode: 'cookie' }])
        await expect(kit.logins.refresh(held.refreshToken), hit).rejects.toMatchObject({ code: 'refresh.expired' })
      },
    )
    expect(calls).toBeGreaterThan(5)
  })

  it('during a move from another library', { timeout: 60_000 }, async () => {
    const moveOf = (): MoveInInput => ({
      key: 'old:1',
      from: 'old',
      device: DEVICE,
      load: async () => ({ subject: 'ada', data: { cart: ['book'] } }),
    })
    const calls = await everyCall(
      fault,
      async () => null,
      (kit) => kit.logins.moveIn(moveOf()),
      async (kit, _, hit) => {
        const [first, second] = await Promise.all([kit.logins.moveIn(moveOf()), kit.logins.moveIn(moveOf())])
        expect(second?.cookie, hit).toBe(first?.cookie)
        expect(await kit.logins.resume(first?.cookie ?? ''), hit).toMatchObject({ subject: 'ada' })
        expect(await sessionsOf(kit), hit).toMatchObject([{ data: { cart: ['book'] } }])
      },
    )
    expect(calls).toBeGreaterThan(4)
  })
})
