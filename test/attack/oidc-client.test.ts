/** Sign-in with a provider: answers that were not asked for, were asked for by another browser, or come from elsewhere. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type ForeignProvider, startForeignProvider } from '../support/foreign-provider.ts'
import { freePort } from '../support/processes.ts'
import { clientMetadata, type SsoApp, startSsoApp } from '../support/sso-app.ts'
import { createWalker, type Page, type Walker } from '../support/walker.ts'

let app: SsoApp
let foreign: ForeignProvider
beforeAll(async () => {
  const port = await freePort()
  foreign = await startForeignProvider({ clients: [clientMetadata(`http://localhost:${port}`)] })
  app = await startSsoApp({ issuer: foreign.issuer, port })
})
afterAll(async () => {
  await app.close()
  await foreign.close()
})

/** Goes to the provider and back, but for the last step. */
const toCallback = async (walker: Walker, query = ''): Promise<URL> => {
  const page = await walker.go(`${app.origin}/auth/sso/login?return_to=/${query}`, {
    until: (url) => url.startsWith(`${app.origin}/auth/sso/callback`),
  })
  return new URL(page.url)
}
const codeOf = ({ text }: Page) => /Code: ([a-z_.]+)/.exec(text)?.[1] ?? text
const isSignedIn = (walker: Walker) => walker.jar.get('localhost')?.has('__Host-Http-sid') ?? false
const with_ = (url: URL, changes: Readonly<Record<string, string | null>>): string => {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) changed.searchParams.delete(name)
    else changed.searchParams.set(name, value)
  }
  return changed.href
}

describe('the callback', () => {
  it('works once', async () => {
    const walker = createWalker()
    const callback = await toCallback(walker)
    const cookies = new Map(walker.jar.get('localhost'))
    expect((await walker.go(callback.href)).status).toBe(200)
    walker.jar.set('localhost', cookies)
    expect(codeOf(await walker.go(callback.href))).toBe('sso.state')
  })

  it('of two at once lets in one', async () => {
    const walker = createWalker()
    const callback = await toCallback(walker)
    const cookie = [...(walker.jar.get('localhost') ?? [])].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const ask = () => fetch(callback, { headers: { cookie }, redirect: 'manual' }).then(({ status }) => status)
    expect((await Promise.all(Array.from({ length: 20 }, ask))).toSorted()).toEqual([303, ...Array(19).fill(400)])
  })

  it('is refused in another browser: nobody is signed in as somebody else (login CSRF)', async () => {
    const callback = await toCallback(createWalker())
    const victim = createWalker()
    expect(codeOf(await victim.go(callback.href))).toBe('sso.state')
    // With a sign-in of the victim's own under way, too.
    await toCallback(victim)
    expect(codeOf(await victim.go(callback.href))).toBe('sso.state')
    expect(isSignedIn(victim)).toBe(false)
  })

  it("takes nobody else's code under its own state", async () => {
    const theirs = await toCallback(createWalker())
    const victim = createWalker()
    const own = await toCallback(victim)
    expect(codeOf(await victim.go(with_(own, { code: theirs.searchParams.get('code') })))).toBe('sso.response')
    expect(isSignedIn(victim)).toBe(false)
  })

  it.each<[string, Readonly<Record<string, string | null>>, string]>([
    ['without state', { state: null }, 'sso.state'],
    ['with a made-up state', { state: 'abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuv' }, 'sso.state'],
    ['without a code', { code: null }, 'sso.response'],
    ['with a made-up code', { code: 'made-up' }, 'sso.response'],
    ['from another issuer (mix-up)', { iss: 'https://evil.example' }, 'sso.response'],
    ['without the issuer that the provider promises', { iss: null }, 'sso.response'],
    ['with an error', { error: 'access_denied', code: null }, 'sso.refused'],
    ['with an error that is no word', { error: '<script>alert(1)</script>', code: null }, 'sso.refused'],
  ])('%s is refused', async (_name, changes, expected) => {
    const walker = createWalker()
    const page = await walker.go(with_(await toCallback(walker), changes))
    expect(codeOf(page)).toBe(expected)
    expect(page.text).not.toContain('<script>')
    expect(isSignedIn(walker)).toBe(false)
  })

  it('with a parameter twice is refused', async () => {
    const walker = createWalker()
    const callback = await toCallback(walker)
    expect(codeOf(await walker.go(`${callback}&state=other`))).toBe('request.malformed')
    expect(codeOf(await walker.go(`${callback}&code=other`))).toBe('sso.response')
  })

  it('with an altered cookie, or that of another sign-in, is refused', async () => {
    const walker = createWalker()
    const callback = await toCallback(walker)
    const jar = walker.jar.get('localhost') ?? new Map()
    const [[name, cookie] = ['', { value: '', sameSite: 'lax' }]] = jar
    jar.set(name, { ...cookie, value: cookie.value.slice(0, -2) })
    expect(codeOf(await walker.go(callback.href))).toBe('sso.state')
    await toCallback(walker)
    const [, [, other] = ['', cookie]] = [...jar]
    jar.set(name, other)
    expect(codeOf(await walker.go(callback.href))).toBe('sso.state')
  })

  it('goes nowhere but to a path of the application', async () => {
    const walker = createWalker()
    const callback = await toCallback(walker, '/evil.example')
    expect(new URL((await walker.go(callback.href)).url).origin).toBe(app.origin)
    expect(walker.steps.at(-1)).toBe(`${app.origin}/`)
  })
})

describe('a form', () => {
  const post = (body: URLSearchParams | string, headers: Record<string, string> = {}) =>
    fetch(`${app.origin}/auth/sso/callback`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site', ...headers },
      body,
      redirect: 'manual',
    })

  it('without a genuine state is not even kept', async () => {
    const records = app.store.records('sso-aside')
    expect((await post(new URLSearchParams({ state: 'x.y', code: 'c' }))).status).toBe(400)
    expect((await post('state=a&state=b')).status).toBe(400)
    expect((await post('x'.repeat(20_000))).status).toBe(413)
    expect((await post('{}', { 'content-type': 'application/json' })).status).toBe(415)
    expect(await records.list(null, 10, Math.floor(Date.now() / 1000))).toEqual([])
  })

  it('with the state of a stranger does not sign the victim in', async () => {
    const attacker = await toCallback(createWalker())
    const answer = await post(attacker.searchParams)
    const victim = createWalker()
    expect(codeOf(await victim.go(new URL(answer.headers.get('location') ?? '', app.origin).href))).toBe('sso.state')
    expect(isSignedIn(victim)).toBe(false)
  })
})

describe('two providers', () => {
  it('never have the same user, and one cannot answer for the other', async () => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const [one, two] = await Promise.all([1, 2].map(() => startForeignProvider({ clients: [clientMetadata(origin)] })))
    if (!one || !two) throw new Error('no providers')
    const first = await startSsoApp({ issuer: one.issuer, port })
    const second = await startSsoApp({ issuer: two.issuer })
    onTestFinished(async () => {
      for (const each of [first, second, one, two]) await each.close()
    })
    const walker = createWalker()
    const until = (url: string) => url.includes('/auth/sso/callback')
    const { url } = await walker.go(`${first.origin}/auth/sso/login?return_to=/`, { until })
    // What the first application's browser has brought back is worth nothing at the second, although both use one secret.
    const moved = new URL(url)
    moved.port = new URL(second.origin).port
    expect(codeOf(await walker.go(moved.href))).toBe('sso.state')
    expect(JSON.parse((await walker.go(url)).text).subject).toBe(`${one.issuer}#ada`)
  })
})

describe('an ID token', () => {
  /** Answers the token request with an ID token of the test's own making. */
  const answering = async (
    change: Readonly<Record<string, unknown>>,
    header: Readonly<Record<string, unknown>> = {},
  ) => {
    const walker = createWalker()
    const { url } = await walker.go(`${app.origin}/auth/sso/login?return_to=/`, {
      until: (at) => at.includes('/auth?'),
    })
    const nonce = new URL(url).searchParams.get('nonce')
    const callback = await walker.go(url, { until: (at) => at.includes('/auth/sso/callback') })
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: foreign.issuer, aud: 'app', sub: 'ada', iat: now, exp: now + 60, nonce, ...change }
    const idToken = await foreign.sign(claims, header)
    foreign.intercept = (request, response) => {
      if (!request.url?.startsWith('/token')) return false
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'a', token_type: 'bearer', id_token: idToken }))
      return true
    }
    onTestFinished(() => {
      foreign.intercept = null
    })
    return { page: await walker.go(callback.url), walker }
  }

  it('that is right is taken', async () => {
    expect((await answering({})).page.status).toBe(200)
    // base64url of the left half of SHA-256('a').
    expect((await answering({ at_hash: 'ypeBEsobvcr6wjGzmiPcTQ' })).page.status).toBe(200)
  })

  it.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>?]>([
    ['another nonce', { nonce: 'another' }],
    ['no nonce', { nonce: undefined }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'another' }],
    ['an end in the past', { exp: 1 }],
    ['the hash of another access token', { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a key that the provider does not have', {}, { kid: 'unknown' }],
  ])('with %s is refused', async (_name, change, header) => {
    const { page, walker } = await answering(change, header)
    expect(codeOf(page)).toBe('sso.response')
    expect(isSignedIn(walker)).toBe(false)
  })
})
