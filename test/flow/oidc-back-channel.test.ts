/** Back-channel logout as a receiver: good tokens end exactly their sessions, at once; all others end nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import { createOidcLogin } from '../../src/oidc/client/index.ts'
import { type ForeignProvider, startForeignProvider } from '../support/foreign-provider.ts'
import { freePort } from '../support/processes.ts'
import { clientMetadata, type SsoApp, startSsoApp } from '../support/sso-app.ts'
import { CLIENT, SECRET } from '../support/sso-client.ts'
import { createWalker, type Walker } from '../support/walker.ts'

const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }
let app: SsoApp
let foreign: ForeignProvider
/** The claims of each ID token that was issued. */
const issued: Record<string, unknown>[] = []
beforeAll(async () => {
  const port = await freePort()
  foreign = await startForeignProvider({ clients: [clientMetadata(`http://localhost:${port}`)] })
  const login = {
    subject: ({ claims }: { readonly claims: { readonly sub: string } }) => {
      issued.push({ ...claims })
      return claims.sub
    },
  }
  app = await startSsoApp({ issuer: foreign.issuer, port, login })
})
afterAll(async () => {
  await app.close()
  await foreign.close()
})
beforeEach(() => {
  foreign.intercept = null
})

const signIn = async (sub: string, walker = createWalker()) => {
  foreign.user = { sub }
  const page = await walker.go(`${app.origin}/auth/sso/login?return_to=/`)
  if (page.status !== 200) throw new Error(page.text)
  return { walker, sid: issued.at(-1)?.sid }
}
const subjectOf = async (walker: Walker) => JSON.parse((await walker.go(`${app.origin}/`)).text).subject
const logoutToken = (change: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>> = {}) => {
  const now = Math.floor(Date.now() / 1000)
  const jti = crypto.randomUUID()
  const claims = { iss: foreign.issuer, aud: 'app', iat: now, exp: now + 120, jti, events: EVENTS, ...change }
  return foreign.sign(claims, { typ: 'logout+jwt', ...header })
}
const send = async (token: string, more: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${app.origin}/auth/sso/backchannel-logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token, ...more }),
  })
  const text = await response.text()
  return {
    status: response.status,
    cache: response.headers.get('cache-control'),
    error: text && JSON.parse(text).error,
  }
}

describe('a good logout token', () => {
  it('ends the sessions of its sid, here and at once, and no other', async () => {
    const [here, alsoHere, elsewhere] = [await signIn('ada'), await signIn('ada'), await signIn('bob')]
    expect(new Set([here.sid, alsoHere.sid, elsewhere.sid]).size).toBe(3)
    expect(await send(await logoutToken({ sub: 'ada', sid: here.sid }))).toEqual({
      status: 200,
      cache: 'no-store',
      error: '',
    })
    expect(await subjectOf(here.walker)).toBeNull()
    expect(await subjectOf(alsoHere.walker)).toBe('ada')
    expect(await subjectOf(elsewhere.walker)).toBe('bob')
  })

  it('with sub alone ends all of the user, and with sid alone that one', async () => {
    const [one, two, bob] = [await signIn('carl'), await signIn('carl'), await signIn('bob')]
    expect((await send(await logoutToken({ sid: bob.sid }))).status).toBe(200)
    expect([await subjectOf(bob.walker), await subjectOf(one.walker)]).toEqual([null, 'carl'])
    expect((await send(await logoutToken({ sub: 'carl' }))).status).toBe(200)
    expect([await subjectOf(one.walker), await subjectOf(two.walker)]).toEqual([null, null])
  })

  it('finds a session that has gone on under another id', async () => {
    const { walker, sid } = await signIn('dora')
    const cookie = `__Host-Http-sid=${walker.jar.get('localhost')?.get('__Host-Http-sid')?.value}`
    const asking = { method: 'GET', headers: new Headers({ cookie }) }
    const elevated = await app.auth.elevate(await app.auth.require(asking), { acr: 'higher' })
    const next = { method: 'GET', headers: new Headers({ cookie: elevated.setCookie?.split(';')[0] ?? '' }) }
    const kept = await app.auth.revokeOthers(await app.auth.require(next))
    const last = { method: 'GET', headers: new Headers({ cookie: kept?.setCookie?.split(';')[0] ?? '' }) }
    const login = await app.auth.require(last)
    expect((await app.sso.accessToken(login)).accessToken).toMatch(/./)
    expect((await send(await logoutToken({ sid }))).status).toBe(200)
    expect(await app.auth.identify(last)).toBeNull()
    await expect(app.sso.accessToken(login)).rejects.toMatchObject({ code: 'session.ended' })
  })

  it('is not lost on a sign-in that is under way', async () => {
    const walker = createWalker()
    foreign.user = { sub: 'eve' }
    const until = (url: string) => url.includes('/auth/sso/callback')
    const { url } = await walker.go(`${app.origin}/auth/sso/login?return_to=/`, { until })
    // The logout overtakes the answer of the token endpoint.
    const overtaken = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    foreign.intercept = async (request) => {
      if (!request.url?.startsWith('/token')) return false
      asked.resolve()
      await overtaken.promise
      return false
    }
    const callback = walker.go(url)
    await asked.promise
    expect((await send(await logoutToken({ sub: 'eve' }))).status).toBe(200)
    overtaken.resolve()
    const page = await callback
    expect([page.status, page.text.includes('sso.refused')]).toEqual([403, true])
    const { sessions } = await app.store.sessions.listBySubject('eve', null, 10, Math.floor(Date.now() / 1000))
    expect(sessions).toEqual([])
  })

  it('lets the user in again afterwards', async () => {
    const { walker } = await signIn('fay')
    expect((await send(await logoutToken({ sub: 'fay' }))).status).toBe(200)
    // The mark has the precision of a second.
    const second = Math.floor(Date.now() / 1000)
    while (Math.floor(Date.now() / 1000) === second) await new Promise((resolve) => setTimeout(resolve, 20))
    await signIn('fay', walker)
    expect(await subjectOf(walker)).toBe('fay')
  })

  it('comes from the provider when the user signs out there', async () => {
    const { walker, sid } = await signIn('gus')
    expect(sid).toEqual(expect.any(String))
    const page = await walker.go(`${foreign.issuer}/session/end`)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1]
    const done = Promise.withResolvers<unknown>()
    foreign.provider.once('backchannel.success', (_ctx, _client, accountId) => done.resolve(accountId))
    foreign.provider.once('backchannel.error', (_ctx, error) => done.reject(error))
    await walker.go(`${foreign.issuer}/session/end/confirm`, { form: { xsrf: xsrf ?? '', logout: 'yes' } })
    expect(await done.promise).toBe('gus')
    expect(await subjectOf(walker)).toBeNull()
  })
})

describe('a logout token', () => {
  let known: Awaited<ReturnType<typeof signIn>>
  beforeAll(async () => {
    known = await signIn('ada')
  })
  const now = Math.floor(Date.now() / 1000)

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>?]>([
    ['that says it is an ID token', {}, { typ: 'JWT' }],
    ['without a type', {}, { typ: undefined }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another client', { aud: 'another' }],
    ['that has ended', { iat: now - 200, exp: now - 100 }],
    ['that never ends', { exp: now + 86_400 }],
    ['from the future', { iat: now + 600, exp: now + 700 }],
    ['without iat', { iat: undefined }],
    ['without exp', { exp: undefined }],
    ['without jti', { jti: undefined }],
    ['without events', { events: undefined }],
    ['about another event', { events: { 'http://schemas.openid.net/event/other': {} } }],
    ['whose event is no object', { events: { 'http://schemas.openid.net/event/backchannel-logout': true } }],
    ['with a nonce', { nonce: 'n' }],
    ['that names nobody', { sub: undefined, sid: undefined }],
    ['with a sid that is no text', { sid: 7 }],
    ['with an unknown key', {}, { kid: 'unknown' }],
  ])('%s is refused and ends nothing', async (_name, change, header) => {
    const token = await logoutToken({ sub: 'ada', sid: known.sid, ...change }, header)
    expect(await send(token)).toEqual({ status: 400, cache: 'no-store', error: 'invalid_request' })
    expect(await subjectOf(known.walker)).toBe('ada')
  })

  it('that is forged, unsigned or no token is refused', async () => {
    const good = await logoutToken({ sid: known.sid })
    const [, payload] = good.split('.')
    const none = `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')}.${payload}.`
    const otherSignature = `${good.slice(0, good.lastIndexOf('.'))}.${'A'.repeat(342)}`
    for (const token of [none, otherSignature, '', 'x', 'a.b.c', 'x'.repeat(10_000)]) {
      expect((await send(token)).status).toBe(400)
    }
    expect((await send('x'.repeat(20_000))).status).toBe(400)
    expect(await subjectOf(known.walker)).toBe('ada')
  })

  it('works once', async () => {
    const { sid } = await signIn('hal')
    const token = await logoutToken({ sid })
    expect([(await send(token)).status, (await send(token)).status]).toEqual([200, 400])
  })

  it('may come again where it could not be carried out', async () => {
    const { sid, walker } = await signIn('ida')
    let failures = 1
    const logOut: typeof app.auth.logOut = (login) =>
      failures-- > 0 ? Promise.reject(new AuthError('store.unavailable', 'not now')) : app.auth.logOut(login)
    const failing = createOidcLogin({
      auth: { ...app.auth, logOut },
      store: app.store,
      secrets: SECRET,
      issuer: foreign.issuer,
      ...CLIENT,
      redirectUri: `${app.origin}/auth/sso/callback`,
    })
    onTestFinished(failing.close)
    const body = new URLSearchParams({ logout_token: await logoutToken({ sid }) }).toString()
    const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
    const ask = async () => (await failing.backChannelLogout({ method: 'POST', url: '/', headers, body })).status
    expect([await ask(), await ask(), await ask()]).toEqual([503, 200, 400])
    expect(await subjectOf(walker)).toBeNull()
  })
})
