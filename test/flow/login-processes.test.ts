/** Several processes on one SQLite file, racing: one winner, nothing lost, and what is revoked is refused by all of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IssuedTokens, LoggedIn, Login } from '../../src/login/login.ts'
import type { Receipt } from '../../src/revocation/revoke.ts'
import type { SessionPage } from '../../src/session/store.ts'
import { type LoginWorker, startLoginWorkers } from '../support/login-processes.ts'

const PROCESSES = 20
const device = { userAgent: 'test', address: '127.0.0.1' }

let folder: string
let workers: LoginWorker[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-logins-'))
  workers = await startLoginWorkers(PROCESSES, join(folder, 'auth.db'))
}, 120_000)
afterAll(async () => {
  await Promise.all((workers ?? []).map((worker) => worker.stop()))
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

const first = (): LoginWorker => workers[0] as LoginWorker
const logIn = (subject: string, mode: string, more = {}) =>
  first().call<LoggedIn>('logIn', [{ subject, mode, device, ...more }])
/** The same call in every process at the same moment. */
const all = <T>(method: string, args: readonly unknown[]) => {
  const startAtMs = Date.now() + 150
  return Promise.allSettled(workers.map((worker) => worker.call<T>(method, args, startAtMs)))
}
const values = <T>(results: readonly PromiseSettledResult<T>[]): T[] =>
  results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
const codes = (results: readonly PromiseSettledResult<unknown>[]): string[] =>
  results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as Error).message] : []))

describe('twenty processes', () => {
  it('refresh one token: one successor for all, each with an access token of its own', async () => {
    const { tokens } = await logIn('ann', 'token')
    const results = await all<IssuedTokens>('refresh', [tokens?.refreshToken])
    expect(codes(results)).toEqual([])
    const given = values(results)
    expect(new Set(given.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    expect(new Set(given.map(({ accessToken }) => accessToken)).size).toBe(PROCESSES)
    // And that one goes on.
    const next = values(await all<IssuedTokens>('refresh', [given[0]?.refreshToken]))
    expect(new Set(next.map(({ refreshToken }) => refreshToken)).size).toBe(1)
  })

  it('change the data of one session: no change is lost', async () => {
    const { session } = await logIn('ann', 'cookie')
    await first().call('zero', [session.id])
    for (let round = 0; round < 3; round++) expect(codes(await all('plusOne', [session.id]))).toEqual([])
    expect(await first().call('findSession', [session.id])).toMatchObject({ data: 3 * PROCESSES })
  })

  it('move one login in from another library: one session, and the same cookie for all', async () => {
    const results = await all<LoggedIn>('moveFrom', ['old:1', 'max'])
    expect(codes(results)).toEqual([])
    expect(new Set(values(results).map(({ cookie }) => cookie)).size).toBe(1)
    const { sessions } = await first().call<SessionPage>('sessionsOf', ['max'])
    expect(sessions).toHaveLength(1)
  })

  it('convert one session there and back: the same credential for all, and the session goes on', async () => {
    const { cookie, session } = await logIn('tom', 'cookie')
    await first().call('issueMode', ['token'])
    await all('lookForModes', [])
    const toTokens = await all<LoggedIn>('convert', [{ cookie }])
    expect(codes(toTokens)).toEqual([])
    expect(new Set(values(toTokens).map(({ tokens }) => tokens?.refreshToken)).size).toBe(1)
    const { refreshToken } = values(await all<IssuedTokens>('refresh', [values(toTokens)[0]?.tokens?.refreshToken]))[0]!
    await first().call('issueMode', ['cookie'])
    await all('lookForModes', [])
    const toCookie = await all<LoggedIn>('convert', [{ refreshToken }])
    expect(codes(toCookie)).toEqual([])
    const cookies = new Set(values(toCookie).map((converted) => converted.cookie))
    expect(cookies.size).toBe(1)
    const resumed = values(await all<Login>('resume', [[...cookies][0]]))
    expect(resumed.map((login) => login?.sessionId)).toEqual(resumed.map(() => session.id))
    for (let i = 0; i < 100; i++) {
      const found = await first().call<{ mode: string }>('findSession', [session.id])
      if (found.mode === 'cookie') break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(await first().call('findSession', [session.id])).toMatchObject({
      mode: 'cookie',
      createdAt: session.createdAt,
    })
    expect(codes(await all('refresh', [refreshToken]))).toEqual(workers.map(() => 'refresh.expired'))
  })

  it('raise one session: one gets the new cookie', async () => {
    const { cookie } = await logIn('eve', 'cookie')
    const login = await first().call<Login>('resume', [cookie])
    const raised = values(await all<LoggedIn>('elevate', [login, { acr: 'high' }]))
    expect(raised).toHaveLength(1)
    const { sessions } = await first().call<SessionPage>('sessionsOf', ['eve'])
    expect(sessions.map(({ id }) => id)).toEqual([raised[0]?.session.id])
  })

  it('sign in while one logs the subject out everywhere: no session of an older generation stays', async () => {
    for (let round = 0; round < 5; round++) {
      const startAtMs = Date.now() + 150
      const results = await Promise.allSettled(
        workers.map((worker, i) =>
          i === 7
            ? worker.call('revoke', [{ subject: 'dan' }], startAtMs)
            : worker.call('logIn', [{ subject: 'dan', mode: i % 2 ? 'cookie' : 'token', device }], startAtMs),
        ),
      )
      for (const code of codes(results)) expect(code).toMatch(/^session\.(ended|superseded)$/)
      const { sessions } = await first().call<SessionPage>('sessionsOf', ['dan'])
      expect(new Set(sessions.map(({ generation }) => generation)).size).toBeLessThanOrEqual(1)
      await first().call('revoke', [{ subject: 'dan' }])
      expect((await first().call<SessionPage>('sessionsOf', ['dan'])).sessions).toEqual([])
    }
  })

  it('refuse cookie and token as soon as any of them has revoked, and see new roles as soon as any has changed them', async () => {
    await first().call('setClaims', ['bob', { roles: ['admin'] }])
    const { cookie, session } = await logIn('bob', 'cookie')
    const { tokens } = await logIn('bob', 'token')
    for (const [method, credential] of [
      ['resume', cookie],
      ['verify', tokens?.accessToken],
    ] as const) {
      const seen = values(await all<Login>(method, [credential]))
      expect(seen.map(({ claims }) => claims)).toEqual(workers.map(() => ({ roles: ['admin'] })))
    }

    await first().call('setClaims', ['bob', { roles: ['reader'] }])
    await workers[3]?.call('changeClaims', ['bob'])
    for (const [method, credential] of [
      ['resumeNow', cookie],
      ['verifyNow', tokens?.accessToken],
    ] as const) {
      const seen = values(await all<Login>(method, [credential]))
      expect(seen.map(({ claims }) => claims)).toEqual(workers.map(() => ({ roles: ['reader'] })))
    }

    const receipt = await workers[5]?.call<Receipt>('revoke', [{ session: session.id }])
    expect(receipt?.confirmedBy).toBe('acks')
    expect(values(await all<Login | null>('resume', [cookie]))).toEqual(workers.map(() => null))
    await workers[6]?.call('revoke', [{ subject: 'bob' }])
    expect(new Set(codes(await all('verify', [tokens?.accessToken])))).toEqual(new Set(['token.revoked']))
    expect(codes(await all('verify', [tokens?.accessToken]))).toHaveLength(PROCESSES)
  })

  it('present a refresh token two steps old: the family ends everywhere', async () => {
    const { tokens } = await logIn('cat', 'token')
    const second = await first().call<IssuedTokens>('refresh', [tokens?.refreshToken])
    const third = await first().call<IssuedTokens>('refresh', [second.refreshToken])
    await all('verify', [third.accessToken])
    expect(new Set(codes(await all('refresh', [tokens?.refreshToken])))).toEqual(
      new Set(['refresh.reused', 'refresh.expired']),
    )
    expect(codes(await all('verify', [third.accessToken]))).toEqual(workers.map(() => 'token.revoked'))
    expect(new Set(codes(await all('refresh', [third.refreshToken])))).toEqual(new Set(['refresh.expired']))
  })
})

describe('a process that is killed', () => {
  it('loses nothing that it had acknowledged', async () => {
    const path = join(folder, 'auth.db')
    const [doomed] = await startLoginWorkers(1, path)
    if (!doomed) throw new Error('no worker')
    const acknowledged: string[] = []
    const work = Promise.allSettled(
      Array.from({ length: 200 }, async (_, i) => {
        const { cookie } = await doomed.call<LoggedIn>('logIn', [{ subject: `k${i}`, mode: 'cookie', device }])
        acknowledged.push(cookie ?? '')
        if (acknowledged.length === 20) await doomed.kill()
      }),
    )
    await work
    expect(acknowledged.length).toBeGreaterThanOrEqual(20)
    for (const cookie of acknowledged) expect(await first().call('resume', [cookie])).not.toBeNull()
  })
})
