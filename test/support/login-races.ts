/**
 * The four known races of the near-cache, each between two processes on one store, with a third one watching. One of the two
 * is held at the worst moment, so that they do meet.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { IssuedTokens, LoggedIn, Login } from '../../src/login/login.ts'
import type { Receipt } from '../../src/revocation/revoke.ts'
import type { SessionPage } from '../../src/session/store.ts'
import { openStoreAt, settleLog } from './fleet-store.ts'
import type { HoldPoint } from './held-store.ts'
import { type LoginWorker, startLoginWorkers } from './login-processes.ts'

const device = { userAgent: 'test', address: '127.0.0.1' }

/** @param makePlace  where no store is yet, as `SOJOURN_STORE` names it */
export function loginRaces(makePlace: () => Promise<string> | string): void {
  let slow: LoginWorker
  let other: LoginWorker
  let third: LoginWorker

  beforeAll(async () => {
    const place = await makePlace()
    const store = await openStoreAt(place)
    await settleLog(store)
    const workers = await startLoginWorkers(3, place, 1)
    ;[slow, other, third] = workers as [LoginWorker, LoginWorker, LoginWorker]
    await store.close()
  }, 60_000)
  afterAll(async () => {
    await Promise.all([slow, other, third].map((worker) => worker?.stop()))
  })

  const logIn = (subject: string, mode: 'cookie' | 'token') =>
    other.call<LoggedIn>('logIn', [{ subject, mode, device }])
  const resume = (worker: LoginWorker, cookie: string | null) => worker.call<Login | null>('resume', [cookie])
  const revoke = (target: object) => other.call<Receipt>('revoke', [target])
  const sessionsOf = async (subject: string) => (await other.call<SessionPage>('sessionsOf', [subject])).sessions
  const outcome = (call: Promise<unknown>) =>
    call.then(
      (value) => ({ value, code: null }),
      (error: Error) => ({ value: null, code: error.message }),
    )

  /** Holds `slow` at a call of its store; answers how to let it go. */
  const held = async (method: string, point: HoldPoint, start: () => Promise<unknown>) => {
    await slow.call('hold', [method, point])
    const started = outcome(start())
    await slow.call('reached', [])
    return async () => {
      await slow.call('release', [])
      return started
    }
  }

  /** Nobody takes the cookie or the token any more, from memory or from the store, and no row has come back. */
  const isGone = async (subject: string, { cookie, token }: { cookie?: string | null; token?: string }) => {
    expect(await sessionsOf(subject)).toEqual([])
    for (const worker of [slow, other, third]) {
      if (cookie) {
        expect(await worker.call('resumeNow', [cookie])).not.toMatchObject({ subject })
        expect(await resume(worker, cookie)).toBeNull()
      }
      if (token) expect(await outcome(worker.call('verify', [token]))).toMatchObject({ code: 'token.revoked' })
    }
  }

  it.each<HoldPoint>(['before', 'after'])(
    'touch against revoke: a last-seen time written late (%s the write) brings nothing back',
    async (point) => {
      const subject = `touch-${point}`
      const { cookie, session } = await logIn(subject, 'cookie')
      for (const worker of [slow, third]) expect(await resume(worker, cookie)).toMatchObject({ subject })
      await new Promise((resolve) => setTimeout(resolve, 1200))
      // The request is answered at once; the write that it caused is what waits.
      const letGo = await held('sessions.touch', point, () => resume(slow, cookie))
      expect((await revoke({ session: session.id })).confirmedBy).toBe('acks')
      await letGo()
      await isGone(subject, { cookie })
    },
  )

  it.each<HoldPoint>(['before', 'after'])(
    'refresh against revoke: a rotation held %s its step leaves no token that lives',
    async (point) => {
      const subject = `refresh-${point}`
      const { tokens, session } = await logIn(subject, 'token')
      const letGo = await held('families.rotate', point, () => slow.call('refresh', [tokens?.refreshToken]))
      expect((await revoke({ session: session.id })).confirmedBy).toBe('acks')
      const { value, code } = await letGo()
      const issued = value as IssuedTokens | null
      expect(code ?? 'issued').toMatch(/^(refresh\.expired|refresh\.unknown|session\.ended|issued)$/)
      await isGone(subject, { token: issued?.accessToken ?? tokens?.accessToken ?? '' })
      const next = issued?.refreshToken ?? tokens?.refreshToken
      expect(await outcome(third.call('refresh', [next]))).toMatchObject({ value: null })
    },
  )

  it.each<HoldPoint>(['before', 'after'])(
    'refresh against revoke: a token minted from a session that was read %s the end is dead',
    async (point) => {
      const subject = `mint-${point}`
      const { tokens } = await logIn(subject, 'token')
      const letGo = await held('sessions.findWithSubject', point, () => slow.call('refresh', [tokens?.refreshToken]))
      expect((await revoke({ subject })).confirmedBy).toBe('acks')
      const { value } = await letGo()
      await isGone(subject, { token: (value as IssuedTokens | null)?.accessToken ?? tokens?.accessToken ?? '' })
    },
  )

  it.each<HoldPoint>(['before', 'after'])(
    'cache fill against revoke: a load held %s its read is not kept',
    async (point) => {
      const subject = `fill-${point}`
      const { cookie, session } = await logIn(subject, 'cookie')
      const letGo = await held('sessions.findWithSubject', point, () => resume(slow, cookie))
      expect((await revoke({ session: session.id })).confirmedBy).toBe('acks')
      expect(await letGo()).toEqual({ value: null, code: null })
      await isGone(subject, { cookie })
    },
  )

  it('cache fill against a change of data: what was read before it is not kept over it', async () => {
    const { cookie, session } = await logIn('data', 'cookie')
    await other.call('zero', [session.id])
    const letGo = await held('sessions.findWithSubject', 'after', () => resume(slow, cookie))
    await other.call('plusOne', [session.id])
    await slow.call('plusOne', [session.id])
    await letGo()
    expect(await slow.call('findSession', [session.id])).toMatchObject({ data: 2 })
    expect(await resume(slow, cookie)).toMatchObject({ session: { data: 2 } })
  })

  it('sign-in against log-out everywhere: one that read the generation before it is of the newer one, or is not', async () => {
    const subject = 'sign-in'
    const letGo = await held('sessions.create', 'before', () =>
      slow.call('logIn', [{ subject, mode: 'cookie', device }]),
    )
    expect((await revoke({ subject })).confirmedBy).toBe('acks')
    const { value, code } = await letGo()
    const signedIn = value as LoggedIn | null
    expect(code ?? 'signed in').toMatch(/^(signed in|session\.superseded)$/)
    const alive = await sessionsOf(subject)
    expect(alive.map(({ generation }) => generation)).toEqual(signedIn ? [1] : [])
    await revoke({ subject })
    await isGone(subject, { cookie: signedIn?.cookie ?? null })
  })

  it('sign-in against log-out everywhere: one that was stored before it and answered after it is gone', async () => {
    const subject = 'signed-in'
    const letGo = await held('sessions.create', 'after', () =>
      slow.call('logIn', [{ subject, mode: 'cookie', device }]),
    )
    expect((await revoke({ subject })).confirmedBy).toBe('acks')
    const { value } = await letGo()
    await isGone(subject, { cookie: (value as LoggedIn | null)?.cookie ?? null })
  })
}
