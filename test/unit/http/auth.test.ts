/** `createAuth` as an application uses it. */
import { afterEach, describe, expect, it } from 'vitest'
import { toFetch } from '../../../src/adapters/fetch.ts'
import { type Auth, createAuth, type Json } from '../../../src/index.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { createVerifier } from '../../../src/verifier/index.ts'

const ORIGIN = 'https://app.example'
const SECRET = 'a secret of tests, 0123456789 abcdefghijk'
const KEY = 'operator-key-of-tests-0123456789-abcdef'

const open: Auth<object, unknown>[] = []
afterEach(async () => {
  for (const auth of open.splice(0)) await auth.close()
})

interface Cart {
  readonly items: readonly string[]
}

function readCart(stored: Json): Cart {
  if (stored === null) return { items: [] }
  if (typeof stored === 'object' && 'items' in stored && Array.isArray(stored.items)) {
    return { items: stored.items.filter((item) => typeof item === 'string') }
  }
  throw new TypeError('no cart')
}

async function application() {
  const roles = new Map([['alice', ['reader']]])
  const clock = createTestClock()
  const store = createMemoryStore()
  const auth = createAuth({
    store,
    issuer: ORIGIN,
    secrets: SECRET,
    clock,
    claims: (subject) => ({ roles: roles.get(subject) ?? [] }),
    data: readCart,
    trustedOrigins: ['https://admin.example'],
    operatorKeys: [KEY],
  })
  open.push(auth as unknown as Auth<object, unknown>)
  await auth.ready()
  return { auth, roles, clock, store }
}

const from = (headers: Record<string, string> = {}, method = 'POST') => ({ method, headers: new Headers(headers) })
const cookieOf = (setCookie: string | null) => setCookie?.split(';')[0] ?? ''

describe('createAuth', () => {
  it('logs in, identifies with typed claims, and logs out', async () => {
    const { auth } = await application()
    const signedIn = await auth.logIn({ subject: 'alice' }, from({ origin: ORIGIN, 'user-agent': 'test' }))
    expect(signedIn.setCookie).toMatch(/^__Host-Http-sid=.*; Path=\/; Max-Age=7776000; Secure; HttpOnly; SameSite=Lax$/)
    expect(signedIn.session.device.userAgent).toBe('test')
    const request = from({ cookie: cookieOf(signedIn.setCookie) }, 'GET')
    const login = await auth.require(request)
    const roles: readonly string[] = login.claims.roles
    expect([login.subject, roles]).toEqual(['alice', ['reader']])
    expect(auth.identifyNow(request)?.subject).toBe('alice')
    await auth.logOut(login)
    expect(await auth.identify(request)).toBeNull()
    expect(auth.expiredCookie).toContain('Max-Age=0')
  })

  it('shows a changed role on the next request, to cookie and token alike', async () => {
    const { auth, roles } = await application()
    const browser = await auth.logIn({ subject: 'alice' }, from({ origin: ORIGIN }))
    const phone = await auth.logIn({ subject: 'alice', mode: 'token' }, from())
    const requests = [
      from({ cookie: cookieOf(browser.setCookie) }, 'GET'),
      from({ authorization: `Bearer ${phone.tokens?.accessToken}` }, 'GET'),
    ]
    roles.set('alice', ['reader', 'editor'])
    expect((await auth.changeClaims('alice')).claims.roles).toEqual(['reader', 'editor'])
    for (const request of requests) expect((await auth.require(request)).claims.roles).toEqual(['reader', 'editor'])
    const receipt = await auth.revoke({ subject: 'alice' })
    expect(receipt.confirmedBy).toBe('acks')
    expect(await auth.identify(requests[0] as (typeof requests)[0])).toBeNull()
    await expect(auth.identify(requests[1] as (typeof requests)[0])).rejects.toThrow(
      expect.objectContaining({ code: 'token.revoked' }),
    )
  })

  it('keeps typed session data that concurrent requests do not lose', async () => {
    const { auth } = await application()
    const signedIn = await auth.logIn({ subject: 'alice', data: { items: ['a'] } }, from({ origin: ORIGIN }))
    const login = await auth.require(from({ cookie: cookieOf(signedIn.setCookie) }, 'GET'))
    expect(await auth.readData(login)).toEqual({ items: ['a'] })
    await Promise.all(
      ['b', 'c', 'd'].map((item) => auth.updateData(login, (cart) => ({ items: [...cart.items, item] }))),
    )
    const again = await auth.require(from({ cookie: cookieOf(signedIn.setCookie) }, 'GET'))
    expect([...(await auth.readData(again)).items].sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('refuses a sign-in that another site made, and never adopts the cookie that was there', async () => {
    const { auth } = await application()
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.test' }, { origin: 'null' }]) {
      await expect(auth.logIn({ subject: 'alice' }, from(headers))).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^csrf\./) }),
      )
    }
    const planted = '__Host-Http-sid=AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    const signedIn = await auth.logIn({ subject: 'alice' }, from({ origin: ORIGIN, cookie: planted }))
    expect(cookieOf(signedIn.setCookie)).not.toBe(planted)
    expect(await auth.identify(from({ cookie: planted }, 'GET'))).toBeNull()
  })

  it('checks the application’s own routes in one line', async () => {
    const { auth } = await application()
    expect(() => auth.csrf(from({ cookie: 'a=b' }))).toThrow(expect.objectContaining({ code: 'csrf.missing' }))
    expect(() => auth.csrf(from({ cookie: 'a=b', origin: ORIGIN }))).not.toThrow()
    expect(() =>
      auth.csrf(from({ cookie: 'a=b', 'sec-fetch-site': 'cross-site', origin: 'https://admin.example' })),
    ).not.toThrow()
    const presented = {
      method: 'POST',
      cookie: 'a=b',
      origin: null,
      authorization: null,
      secFetchSite: 'same-site',
      upgrade: null,
    }
    expect(() => auth.csrf(presented)).toThrow(expect.objectContaining({ code: 'csrf.cross_site' }))
  })

  it('gives a new cookie at a rise of privilege, and the old one is dead', async () => {
    const { auth, clock } = await application()
    const signedIn = await auth.logIn({ subject: 'alice' }, from({ origin: ORIGIN }))
    const before = from({ cookie: cookieOf(signedIn.setCookie) }, 'GET')
    clock.advance(60)
    const raised = await auth.elevate(await auth.require(before), { acr: 'mfa' })
    expect(await auth.identify(before)).toBeNull()
    const login = await auth.require(from({ cookie: cookieOf(raised.setCookie) }, 'GET'))
    expect([login.acr, login.authenticatedAt]).toEqual(['mfa', clock.now()])
    const kept = await auth.revokeOthers(login)
    expect((await auth.require(from({ cookie: cookieOf(kept?.setCookie ?? null) }, 'GET'))).subject).toBe('alice')
  })

  it('serves its routes through the Fetch API', async () => {
    const { auth } = await application()
    const fetch = toFetch(auth.handler)
    const signedIn = await auth.logIn({ subject: 'alice' }, from({ origin: ORIGIN }))
    const cookie = cookieOf(signedIn.setCookie)
    const session = await fetch(new Request(`${ORIGIN}/auth/session`, { headers: { cookie } }))
    expect(await session.json()).toMatchObject({ subject: 'alice', claims: { roles: ['reader'] } })
    const out = await fetch(
      new Request(`${ORIGIN}/auth/sign-out`, {
        method: 'POST',
        headers: { cookie, origin: ORIGIN, 'content-type': 'application/json' },
        body: '{}',
      }),
    )
    expect([out.status, out.headers.getSetCookie()]).toEqual([200, [auth.expiredCookie]])
    expect((await fetch(new Request('https://evil.test/auth/session'))).status).toBe(421)
    const nothing = await fetch(new Request(`${ORIGIN}/nothing`))
    expect([nothing.status, nothing.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect([auth.covers('/auth/session'), auth.covers('/nothing')]).toEqual([true, false])
    const checked = await fetch(new Request(`${ORIGIN}/auth/cookie-check`, { headers: { cookie } }))
    expect([checked.status, checked.body]).toEqual([204, null])
  })

  it('lets only the configured keys introspect', async () => {
    const { auth } = await application()
    const phone = await auth.logIn({ subject: 'alice', mode: 'token' }, from())
    const ask = async (key: string) =>
      auth.handler({
        method: 'POST',
        url: '/oauth/introspect',
        headers: new Headers({
          host: 'app.example',
          authorization: `Bearer ${key}`,
          'content-type': 'application/x-www-form-urlencoded',
        }),
        body: `token=${phone.tokens?.accessToken}`,
      })
    expect(JSON.parse(String((await ask(KEY)).body))).toMatchObject({ active: true, sub: 'alice' })
    expect((await ask(`${KEY}x`)).status).toBe(401)
  })

  it('hands its revocations to a verifier in the same process', async () => {
    const { auth, clock } = await application()
    const phone = await auth.logIn({ subject: 'alice', mode: 'token' }, from())
    const token = phone.tokens?.accessToken ?? ''
    const verifier = createVerifier({
      keys: await auth.keys.publicKeys(),
      issuer: ORIGIN,
      audience: ORIGIN,
      clock: clock.now,
      revocations: auth.revocations,
    })
    expect((await verifier.verify(token)).sub).toBe('alice')
    await auth.revoke({ session: phone.session.id })
    await expect(verifier.verify(token)).rejects.toThrow(expect.objectContaining({ code: 'token.revoked' }))
  })

  it('refuses options that loosen silently or cannot work', () => {
    const store = createMemoryStore()
    const base = { store, issuer: ORIGIN, secrets: SECRET }
    for (const wrong of [
      { ...base, secrets: 'short' },
      { ...base, secrets: [] },
      { ...base, issuer: 'app.example' },
      { ...base, trustedOrigins: ['null'] },
      { ...base, trustedOrigins: ['*'] },
      { ...base, cookie: { allowInsecureCookie: true } },
      { ...base, cookie: { name: 'sid' } },
      { ...base, operatorKeys: ['short'] },
      { ...base, operatorKeys: ['a key that no header can carry, 0123456789'] },
      { ...base, accessTokenSeconds: 3601 },
    ]) {
      expect(() => createAuth(wrong)).toThrow(TypeError)
    }
  })
})
