/** What a cookie of express-session proves, and how its login moves in. */
import { createHmac } from 'node:crypto'
import { type Cookie, MemoryStore, type SessionData } from 'express-session'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Auth } from '../../../src/http/auth-shape.ts'
import type { AskingToMove } from '../../../src/http/move-in.ts'
import { createAuth } from '../../../src/index.ts'
import type { Json, JsonObject } from '../../../src/json.ts'
import type { Store } from '../../../src/login/store.ts'
import { type ExpressSessionOptions, fromExpressSession } from '../../../src/moving-in/index.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

interface Old {
  readonly userId?: string
  readonly cart?: readonly string[]
}

const ORIGIN = 'https://app.example'
const SECRET = 'an old secret'
const options: ExpressSessionOptions<Old> = {
  secret: ['a newer secret', SECRET],
  subjectOf: ({ userId }) => userId,
  dataOf: ({ cart = [] }) => ({ cart: [...cart] }),
}

/** As cookie-signature does it. */
const sign = (value: string, secret: string) =>
  `${value}.${createHmac('sha256', secret).update(value).digest('base64').replace(/=+$/, '')}`
const oldCookie = (sid: string, secret = SECRET, name = 'connect.sid') =>
  `${name}=${encodeURIComponent(`s:${sign(sid, secret)}`)}`
const asking = (cookie: string, headers: Record<string, string> = {}, method = 'GET'): AskingToMove => ({
  method,
  headers: new Headers({ cookie, ...headers }),
})

let old: MemoryStore
let store: Store
let auth: Auth<JsonObject, Json>
const clock = createTestClock({ now: Math.floor(Date.now() / 1000) })
const failures: string[] = []

const put = (sid: string, facts: Old, expires: Date | null = null): Promise<void> =>
  new Promise((resolve, reject) => {
    const cookie = { originalMaxAge: null, expires } as unknown as Cookie
    old.set(sid, { ...facts, cookie } as unknown as SessionData, (error) => (error ? reject(error) : resolve()))
  })
const sessionsOf = async (subject: string) =>
  (await store.sessions.listBySubject(subject, null, 100, clock.now())).sessions
const create = () =>
  createAuth({
    store,
    issuer: ORIGIN,
    secrets: 'a secret of tests, 0123456789 abcdefghijk',
    clock,
    onBackgroundError: (_error, work) => void failures.push(work),
  })

beforeEach(async () => {
  old = new MemoryStore()
  store = createMemoryStore()
  auth = create()
  failures.length = 0
  await auth.ready()
})
afterEach(async () => {
  await auth.close()
  await store.close()
})

describe('a cookie of express-session', () => {
  const read = (header: string, over: Partial<ExpressSessionOptions<Old>> = {}) =>
    fromExpressSession(old, { ...options, ...over }).read(header)?.key ?? null

  it('is taken under any of the secrets, wherever it stands', () => {
    expect(read(oldCookie('abc'))).toBe('abc')
    expect(read(oldCookie('abc', 'a newer secret'))).toBe('abc')
    expect(read(`a=1; ${oldCookie('a.b.c')}; b=2`)).toBe('a.b.c')
    expect(read(`connect.sid=s:${sign('abc', SECRET)}`)).toBe('abc')
    expect(read(`connect.sid="s:${sign('abc', SECRET)}"`)).toBe('abc')
    expect(read(oldCookie('abc', SECRET, 'mine'), { cookie: { name: 'mine' } })).toBe('abc')
  })

  it('is nothing under another secret, altered or unsigned', () => {
    for (const header of [
      oldCookie('abc', 'another secret'),
      oldCookie('abc', SECRET, 'other'),
      oldCookie('abc').slice(0, -1),
      `${oldCookie('abc')}A`,
      'connect.sid=abc',
      'connect.sid=s%3Aabc',
      'connect.sid=s%3Aabc.',
      'connect.sid=s%3A.abc',
      'connect.sid=',
      'connect.sid',
      'connect.sid=%',
      'connect.sid=%zz',
      `connect.sid=s:${'a'.repeat(600)}.b`,
      '',
    ]) {
      expect(read(header), header).toBeNull()
    }
  })

  it('is what express-session itself would take, whatever is sent', () => {
    const text = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('s:', 'abc.', sign('abc', SECRET)))
    fc.assert(
      fc.property(text, fc.boolean(), (value, known) => {
        const header = `connect.sid=${encodeURIComponent(known ? `s:${sign(value, SECRET)}` : value)}`
        const key = read(header)
        if (known && value !== '' && value.length < 500) expect(key).toBe(value)
        else if (key !== null) expect(`s:${sign(key, SECRET)}`).toBe(value)
      }),
    )
  })

  it.each([
    [{ secret: [] }],
    [{ secret: '' }],
    [{ subjectOf: undefined }],
    [{ cookie: { name: 'a b' } }],
    [{ cookie: { path: 'here' } }],
    [{ cookie: { domain: 'a;b' } }],
    [{ former: 'burn' }],
  ])('asks for options that can be meant: %j', (over) => {
    expect(() => fromExpressSession(old, { ...options, ...over } as never)).toThrow(TypeError)
  })
})

describe('moving in', () => {
  const from = (over: Partial<ExpressSessionOptions<Old>> = {}) => [fromExpressSession(old, { ...options, ...over })]

  it('gives a new id and cookie, takes the data over and ends the old session', async () => {
    await put('old-id', { userId: 'ada', cart: ['book'] })
    const moved = (await auth.moveIn(
      asking(`theme=dark; ${oldCookie('old-id')}`, { 'user-agent': 'Firefox' }),
      from(),
    ))!
    expect(moved.session).toMatchObject({
      subject: 'ada',
      mode: 'cookie',
      data: { cart: ['book'] },
      authenticatedAt: 0,
    })
    expect(moved.session.id).not.toContain('old-id')
    expect(moved.session.device.userAgent).toBe('Firefox')
    expect(moved.setCookies[0]).toContain(`__Host-Http-sid=${moved.cookie};`)
    expect(moved.setCookies[1]).toBe('connect.sid=; Path=/; Max-Age=0; HttpOnly')
    expect(moved.cookieHeader).toBe(`theme=dark; __Host-Http-sid=${moved.cookie}`)
    const login = await auth.identify({ method: 'GET', headers: new Headers({ cookie: moved.cookieHeader }) })
    expect(login).toMatchObject({ subject: 'ada', sessionId: moved.session.id })
    expect(await new Promise((resolve) => old.get('old-id', (_, found) => resolve(found)))).toBeFalsy()
  })

  it('is done once by twenty requests, which all get the same cookie', async () => {
    await put('old-id', { userId: 'ada' })
    const moved = await Promise.all(Array.from({ length: 20 }, () => auth.moveIn(asking(oldCookie('old-id')), from())))
    expect(new Set(moved.map((one) => one?.cookie)).size).toBe(1)
    expect(moved[0]?.cookie).toMatch(/^[\w-]{22}\.[\w-]+$/)
    expect(await sessionsOf('ada')).toHaveLength(1)
  })

  it('is done once by several processes', async () => {
    const others = [create(), create(), create()]
    await put('old-id', { userId: 'ada' })
    const moved = await Promise.all(
      Array.from({ length: 20 }, (_, i) => [auth, ...others][i % 4]!.moveIn(asking(oldCookie('old-id')), from())),
    )
    expect(new Set(moved.map((one) => one?.cookie)).size).toBe(1)
    expect(await sessionsOf('ada')).toHaveLength(1)
    for (const other of others) await other.close()
  })

  it('gives the same cookie again to whoever missed it, for five minutes', async () => {
    await put('old-id', { userId: 'ada' })
    const first = await auth.moveIn(asking(oldCookie('old-id')), from())
    clock.advance(299)
    expect((await auth.moveIn(asking(oldCookie('old-id')), from()))?.cookie).toBe(first?.cookie)
    clock.advance(1)
    expect(await auth.moveIn(asking(oldCookie('old-id')), from())).toBeNull()
    await put('old-id', { userId: 'ada' })
    expect(await auth.moveIn(asking(oldCookie('old-id')), from())).toBeNull()
    expect(await sessionsOf('ada')).toHaveLength(1)
  })

  it('undoes no sign-out', async () => {
    await put('old-id', { userId: 'ada' })
    const keep = from({ former: 'keep' })
    const first = (await auth.moveIn(asking(oldCookie('old-id')), keep))!
    expect(first.setCookies).toHaveLength(1)
    await auth.logOut({ sessionId: first.session.id })
    expect(await auth.moveIn(asking(oldCookie('old-id')), keep)).toBeNull()
    expect(await sessionsOf('ada')).toEqual([])
  })

  it('undoes no log-out everywhere, which counts for those too that have not moved', async () => {
    await put('old-id', { userId: 'ada' })
    await auth.revoke({ subject: 'ada' })
    expect(await auth.moveIn(asking(oldCookie('old-id')), from())).toBeNull()
    await put('other', { userId: 'bob' })
    await auth.changeClaims('bob')
    expect(await auth.moveIn(asking(oldCookie('other')), from())).toMatchObject({ session: { subject: 'bob' } })
  })

  it('leaves alone whoever is logged in, comes with a token, or is nobody', async () => {
    await put('old-id', { userId: 'ada' })
    await put('anonymous', { cart: ['book'] })
    const mine = await auth.logIn({ subject: 'eve' }, { method: 'GET', headers: new Headers() })
    const own = `__Host-Http-sid=${mine.cookie}`
    expect(await auth.moveIn(asking(`${own}; ${oldCookie('old-id')}`), from())).toBeNull()
    expect(await auth.moveIn(asking(oldCookie('old-id'), { authorization: 'Bearer x' }), from())).toBeNull()
    expect(await auth.moveIn(asking(oldCookie('anonymous')), from())).toBeNull()
    expect(await auth.moveIn(asking(oldCookie('absent')), from())).toBeNull()
    expect(await auth.moveIn({ method: 'GET', headers: new Headers() }, from())).toBeNull()
    await auth.logOut({ sessionId: mine.session.id })
    expect(await auth.moveIn(asking(`${own}; ${oldCookie('old-id')}`), from())).not.toBeNull()
  })

  it('is not done by a request that another site forged', async () => {
    await put('old-id', { userId: 'ada' })
    const forged = asking(oldCookie('old-id'), { 'sec-fetch-site': 'cross-site' }, 'POST')
    await expect(auth.moveIn(forged, from())).rejects.toMatchObject({ code: 'csrf.cross_site' })
    expect(await sessionsOf('ada')).toEqual([])
  })

  it('does not take a session that has expired, even from a store that still answers it', async () => {
    const careless = {
      get: (_: string, done: (error: unknown, found?: object) => void) =>
        done(null, { userId: 'ada', cookie: { expires: new Date(Date.now() - 1).toISOString() } }),
      destroy: (_: string, done?: () => void) => done?.(),
    }
    expect(await auth.moveIn(asking(oldCookie('old-id')), [fromExpressSession(careless, options)])).toBeNull()
  })

  it('says 503 when the old store fails in any way, and moves when it is back', async () => {
    await put('old-id', { userId: 'ada' })
    const broken: readonly ((done: (error: unknown) => void) => unknown)[] = [
      (done) => done(new Error('down')),
      () => {
        throw new Error('down')
      },
      () => Promise.reject(new Error('down')),
    ]
    for (const get of broken) {
      const failing = { get: (_: string, done: (error: unknown) => void) => get(done), destroy: () => undefined }
      const moving = auth.moveIn(asking(oldCookie('old-id')), [fromExpressSession(failing, options)])
      await expect(moving).rejects.toMatchObject({ code: 'store.unavailable' })
    }
    expect(await auth.moveIn(asking(oldCookie('old-id')), from())).not.toBeNull()
  })

  it('stands when the old session cannot be ended, and says so', async () => {
    await put('old-id', { userId: 'ada' })
    const failing = {
      get: old.get.bind(old),
      destroy: (_: string, done?: (e: unknown) => void) => done?.(new Error('x')),
    }
    const former = [fromExpressSession(failing, options)]
    expect(await auth.moveIn(asking(oldCookie('old-id')), former)).not.toBeNull()
    expect(failures).toEqual(['ending a login that has moved in'])
    clock.advance(301)
    expect(await auth.moveIn(asking(oldCookie('old-id')), former)).toBeNull()
  })
})
