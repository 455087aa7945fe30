/** Live connections: who is told, when, and that nothing is left behind. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import { createLiveSessions } from '../../../src/login/live-sessions.ts'
import type { Login } from '../../../src/login/login.ts'
import type { LogEntry, RevocationEvent, Verdict } from '../../../src/revocation/engine.ts'
import { createRevocationView } from '../../../src/revocation/view.ts'
import type { Session } from '../../../src/session/session.ts'
import { createManualTime } from '../../support/manual-timers.ts'

const HOUR = 3600
const DAY = 24 * HOUR

function setUp() {
  const time = createManualTime()
  const { clock } = time
  const rows = new Map<string, Session>()
  const errors: unknown[] = []
  const truth: { judge: () => Promise<Verdict>; find: (id: string) => Promise<Session | null>; asked: number } = {
    judge: async () => 'alive',
    find: async (id) => rows.get(id) ?? null,
    asked: 0,
  }
  const view = createRevocationView({
    clock,
    judge: () => {
      truth.asked++
      return truth.judge()
    },
  })
  const applied = new Set<(entry: LogEntry) => void>()
  const reset = new Set<() => void>()
  const live = createLiveSessions({
    revocations: {
      view,
      onApplied: (listener) => {
        applied.add(listener)
        return () => void applied.delete(listener)
      },
      onReset: (listener) => {
        reset.add(listener)
        return () => void reset.delete(listener)
      },
    },
    clock,
    find: (id) => {
      truth.asked++
      return truth.find(id)
    },
    onBackgroundError: (error) => void errors.push(error),
    timers: time.timers,
  })
  let offset = 0
  const apply = (event: RevocationEvent): void => {
    const entry = { offset: ++offset, event }
    view.apply(entry)
    for (const listener of applied) listener(entry)
  }
  const until = clock.now() + DAY

  const sessionOf = (id: string, { subject = 'alice', generation = 0, floor = 0, idle = 14 * DAY } = {}): Session => ({
    id,
    secretHash: 'x',
    subject,
    mode: 'cookie',
    generation,
    floor,
    version: 1,
    createdAt: clock.now(),
    lastSeenAt: clock.now(),
    idleTimeoutSeconds: idle,
    absoluteExpiresAt: clock.now() + 90 * DAY,
    authenticatedAt: clock.now(),
    acr: null,
    amr: [],
    clientId: null,
    browserId: null,
    device: { userAgent: null, address: null },
    claims: {},
    claimsGeneration: generation,
    data: null,
  })
  const common = { claims: {}, authenticatedAt: clock.now(), acr: null, amr: [], freshness: 'lease' } as const
  const cookie = (id: string, more?: Parameters<typeof sessionOf>[1]): Login => {
    const session = sessionOf(id, more)
    rows.set(id, session)
    const expiresAt = session.lastSeenAt + session.idleTimeoutSeconds
    const { subject } = { subject: session.subject ?? '' }
    return { ...common, subject, mode: 'cookie', credential: 'cookie', sessionId: id, expiresAt, session, token: null }
  }
  const token = (jti: string, sid: string, { subject = 'alice', gen = 0, seconds = 600 } = {}): Login => ({
    ...common,
    subject,
    mode: 'token',
    credential: 'token',
    sessionId: sid,
    expiresAt: clock.now() + seconds,
    session: null,
    token: { jti, sid, sub: subject, gen, exp: clock.now() + seconds },
  })
  const watched = (login: Login) => {
    const codes: string[] = []
    const stop = live.watch(login, (reason) => void codes.push(reason.code))
    return { codes, stop }
  }
  return { time, clock, rows, errors, truth, view, live, apply, reset, until, cookie, token, watched, applied }
}

describe('a watched login', () => {
  it('is told once that its session has ended, and no other is', () => {
    const { apply, until, cookie, token, watched, live } = setUp()
    const one = watched(cookie('s1'))
    const minted = watched(token('t1', 's1'))
    const other = watched(cookie('s2', { subject: 'bob' }))
    const event: RevocationEvent = { kind: 'session', sessionId: 's1', subject: 'alice', until }
    apply(event)
    apply(event)
    expect([one.codes, minted.codes, other.codes]).toEqual([['session.ended'], ['session.ended'], []])
    expect(live.size).toBe(1)
  })

  it('is told that its token was revoked, and its session goes on', () => {
    const { apply, until, cookie, token, watched } = setUp()
    const [session, first, second] = [cookie('s1'), token('t1', 's1'), token('t2', 's1')].map(watched)
    apply({ kind: 'token', tokenId: 't1', until })
    expect([session?.codes, first?.codes, second?.codes]).toEqual([[], ['token.revoked'], []])
  })

  it('is told of a log-out everywhere by its generation', () => {
    const { apply, until, cookie, token, watched } = setUp()
    const old = watched(cookie('s1', { generation: 2 }))
    const minted = watched(token('t1', 's1', { gen: 2 }))
    const kept = watched(cookie('s2', { generation: 3 }))
    const other = watched(cookie('s3', { subject: 'bob', generation: 0 }))
    apply({ kind: 'subject', subject: 'alice', generation: 3, until })
    expect([old, minted, kept, other].map(({ codes }) => codes.length)).toEqual([1, 1, 0, 0])
  })

  it('is not told of changed claims: nobody is logged out by them', () => {
    const { apply, until, cookie, watched } = setUp()
    const { codes } = watched(cookie('s1'))
    apply({ kind: 'claims', subject: 'alice', generation: 7, patch: { roles: [] }, until })
    expect(codes).toEqual([])
  })

  it('is told of the emergency floor: sessions below it, and every token', () => {
    const { apply, until, cookie, token, watched } = setUp()
    const [below, above, minted] = [cookie('s1', { floor: 1 }), cookie('s2', { floor: 2 }), token('t1', 's2')].map(
      watched,
    )
    apply({ kind: 'floor', floor: 2, keyIds: ['k'], until })
    expect([below?.codes, above?.codes, minted?.codes]).toEqual([['session.ended'], [], ['session.ended']])
  })

  it('is told at once when it has ended before it was watched', () => {
    const { apply, until, cookie, token, watched, live, clock } = setUp()
    apply({ kind: 'session', sessionId: 's1', subject: 'alice', until })
    apply({ kind: 'token', tokenId: 't9', until })
    const late = token('t2', 's2', { seconds: 10 })
    clock.advance(10)
    for (const login of [cookie('s1'), token('t1', 's1'), token('t9', 's3'), late]) {
      expect(watched(login).codes).toEqual(['session.ended'])
      expect(live.signal(login).signal.aborted).toBe(true)
    }
    apply({ kind: 'floor', floor: 1, keyIds: [], until })
    expect(watched(cookie('s5')).codes).toEqual(['session.ended'])
    expect(live.size).toBe(0)
  })

  it('is a login of ours', () => {
    const { live, token } = setUp()
    const foreign = { ...token('t1', 's1'), token: { sub: 'alice' } }
    expect(() => live.watch(foreign, () => undefined)).toThrow(TypeError)
  })
})

describe('time', () => {
  it('ends a token to the second', async () => {
    const { time, token, watched, live } = setUp()
    const { codes } = watched(token('t1', 's1', { seconds: 600 }))
    await time.pass(599_000)
    expect(codes).toEqual([])
    await time.pass(1_100)
    expect([codes, live.size, time.pending]).toEqual([['token.expired'], 0, 0])
  })

  it('ends a session that nobody uses, and not one that is used elsewhere', async () => {
    const { time, clock, rows, cookie, watched } = setUp()
    const idle = watched(cookie('s1', { idle: HOUR }))
    const used = watched(cookie('s2', { idle: HOUR }))
    await time.pass(30 * 60_000)
    // Another process has seen it; no event tells of that.
    rows.set('s2', { ...(rows.get('s2') as Session), lastSeenAt: clock.now() })
    rows.delete('s1')
    await time.pass(31 * 60_000)
    expect([idle.codes, used.codes]).toEqual([['session.ended'], []])
    rows.delete('s2')
    await time.pass(30 * 60_000)
    expect(used.codes).toEqual(['session.ended'])
  })

  it('ends a session at the end of its absolute lifetime without asking', async () => {
    const { time, truth, cookie, watched } = setUp()
    const { codes } = watched({ ...cookie('s1'), expiresAt: setUp().clock.now() + 90 * DAY })
    truth.asked = 0
    await time.pass(90 * DAY * 1000 + 1000)
    expect([codes, truth.asked]).toEqual([['session.ended'], 0])
  })

  it('keeps a connection while the store does not answer, and asks again', async () => {
    const { time, truth, rows, errors, cookie, watched } = setUp()
    const { codes } = watched(cookie('s1', { idle: HOUR }))
    const answer = truth.find
    truth.find = () => Promise.reject(new AuthError('store.unavailable', 'no answer'))
    await time.pass(HOUR * 1000 + 10_000)
    expect(codes).toEqual([])
    expect(errors.length).toBeGreaterThan(2)
    truth.find = answer
    rows.delete('s1')
    await time.pass(3_000)
    expect(codes).toEqual(['session.ended'])
  })

  it('never holds the process', async () => {
    const { time, cookie, token, watched } = setUp()
    watched(cookie('s1'))
    watched(token('t1', 's1'))
    expect([time.pending, time.holding]).toEqual([2, 0])
  })
})

describe('a log that is read anew', () => {
  it('has the store asked about everybody, until it has answered', async () => {
    const { time, truth, reset, errors, cookie, watched } = setUp()
    const { codes } = watched(cookie('s1'))
    const other = watched(cookie('s2', { subject: 'bob' }))
    truth.judge = () => Promise.reject(new AuthError('store.unavailable', 'no answer'))
    for (const tell of reset) tell()
    await time.pass(5_000)
    expect([codes, errors.length > 1]).toEqual([[], true])
    const verdicts: Verdict[] = ['dead', 'stale']
    truth.judge = async () => verdicts.shift() ?? 'alive'
    await time.pass(3_000)
    expect([codes, other.codes]).toEqual([['session.ended'], []])
    truth.asked = 0
    await time.pass(10_000)
    expect(truth.asked).toBe(0)
  })
})

describe('nothing is left behind', () => {
  it('when nobody listens any more', () => {
    const { cookie, token, live, time, watched } = setUp()
    const logins = Array.from({ length: 100 }, (_, i) => (i % 2 ? cookie(`s${i}`) : token(`t${i}`, `s${i}`)))
    const stops = logins.flatMap((login) => [watched(login).stop, live.signal(login).release])
    expect(live.size).toBe(100)
    for (const stop of stops) stop()
    for (const stop of stops) stop()
    expect([live.size, time.pending]).toEqual([0, 0])
  })

  it('when it is closed', () => {
    const { cookie, live, time, watched, applied, apply, until } = setUp()
    const { codes } = watched(cookie('s1'))
    live.close()
    apply({ kind: 'session', sessionId: 's1', subject: null, until })
    expect([live.size, time.pending, applied.size, codes]).toEqual([0, 0, 0, []])
  })
})

describe('listeners', () => {
  it('share one signal per credential, whose reason holds no secret', () => {
    const { cookie, token, live, apply, until } = setUp()
    const [first, second, minted] = [
      live.signal(cookie('s1')),
      live.signal(cookie('s1')),
      live.signal(token('t1', 's1')),
    ]
    expect(first.signal).toBe(second.signal)
    expect(first.signal).not.toBe(minted.signal)
    first.release()
    apply({ kind: 'session', sessionId: 's1', subject: 'alice', until })
    expect(second.signal.reason).toMatchObject({ code: 'session.ended', message: 'the session has ended' })
  })

  it('that throw keep neither the others nor the log from going on', () => {
    const { cookie, live, apply, until, errors, watched } = setUp()
    live.watch(cookie('s1'), () => {
      throw new Error('a bug')
    })
    const { codes } = watched(cookie('s1'))
    expect(() => apply({ kind: 'session', sessionId: 's1', subject: null, until })).not.toThrow()
    expect([codes, errors]).toEqual([['session.ended'], [new Error('a bug')]])
  })

  it('may watch anew while they are told', () => {
    const { cookie, live, apply, until } = setUp()
    const login = cookie('s1')
    const codes: string[] = []
    live.watch(login, ({ code }) => {
      codes.push(code)
      live.watch(login, (again) => void codes.push(`again ${again.code}`))
    })
    apply({ kind: 'session', sessionId: 's1', subject: null, until })
    expect([codes, live.size]).toEqual([['session.ended', 'again session.ended'], 0])
  })
})

describe('any order of watching and events', () => {
  const id = fc.integer({ min: 0, max: 3 })
  const step = fc.oneof(
    fc.record({ do: fc.constant('cookie' as const), id, gen: id }),
    fc.record({ do: fc.constant('token' as const), id, gen: id }),
    fc.record({ do: fc.constant('session' as const), id }),
    fc.record({ do: fc.constant('revoke token' as const), id }),
    fc.record({ do: fc.constant('subject' as const), id, gen: id }),
    fc.record({ do: fc.constant('stop' as const), id }),
  )

  it('ends exactly what CHECK refuses', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { view, live, apply, until, cookie, token, watched } = setUp()
        const all: { login: Login; codes: string[]; stop: () => void; stopped: boolean }[] = []
        for (const one of steps) {
          const subject = `u${one.id % 2}`
          if (one.do === 'cookie' || one.do === 'token') {
            // An id has one generation for good.
            const login =
              one.do === 'cookie'
                ? cookie(`s${one.id}g${one.gen}`, { subject, generation: one.gen })
                : token(`t${one.id}g${one.gen}`, `s${one.id}g${one.gen}`, { subject, gen: one.gen })
            all.push({ login, ...watched(login), stopped: false })
          } else if (one.do === 'session') apply({ kind: 'session', sessionId: `s${one.id}g1`, subject, until })
          else if (one.do === 'revoke token') apply({ kind: 'token', tokenId: `t${one.id}g1`, until })
          else if (one.do === 'subject') apply({ kind: 'subject', subject, generation: one.gen, until })
          else {
            const entry = all[one.id]
            if (entry && entry.codes.length === 0) {
              entry.stop()
              entry.stopped = true
            }
          }
          for (const { login, codes, stopped } of all) {
            const { sessionId, token: claims } = login
            const ref = {
              sessionId,
              subject: login.subject,
              tokenId: claims ? String(claims.jti) : null,
              generation: login.session?.generation ?? Number(claims?.gen),
            }
            const dead = view.look(view.prepare(ref)) === 'dead'
            expect(codes.length).toBe(dead && !stopped ? 1 : 0)
          }
        }
        for (const { stop } of all) stop()
        expect(live.size).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})
