/** Sign-in with a foreign OpenID provider, over real sockets: there, back, and out again. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { OidcLoginOptions } from '../../src/oidc/client/index.ts'
import { type ForeignProviderOptions, startForeignProvider } from '../support/foreign-provider.ts'
import { freePort } from '../support/processes.ts'
import { type AdapterName, clientMetadata, startSsoApp } from '../support/sso-app.ts'
import { createWalker } from '../support/walker.ts'

async function start(
  options: {
    readonly adapter?: AdapterName
    readonly login?: Partial<OidcLoginOptions>
    readonly provider?: Partial<ForeignProviderOptions>
  } = {},
) {
  const port = await freePort()
  const clients = [clientMetadata(`http://localhost:${port}`)]
  const foreign = await startForeignProvider({ clients, ...options.provider })
  onTestFinished(foreign.close)
  const { adapter, login } = options
  const app = await startSsoApp({
    issuer: foreign.issuer,
    port,
    ...(adapter ? { adapter } : {}),
    ...(login ? { login } : {}),
  })
  onTestFinished(app.close)
  const signIn = async (walker = createWalker(), query = '') => {
    const page = await walker.go(`${app.origin}/auth/sso/login?return_to=/${query}`)
    return { walker, page, who: page.status === 200 ? JSON.parse(page.text) : null }
  }
  const who = async (walker: ReturnType<typeof createWalker>) => JSON.parse((await walker.go(`${app.origin}/`)).text)
  return { app, foreign, signIn, who, subject: (sub: string) => `${foreign.issuer}#${sub}` }
}

describe.each<AdapterName>(['fetch', 'node', 'express', 'fastify'])('by the %s adapter', (adapter) => {
  it.each(['query', 'form_post'] as const)(
    'signs in by %s, is told the facts, and signs out at both',
    async (responseMode) => {
      const { app, foreign, signIn, who, subject } = await start({ adapter, login: { responseMode } })
      foreign.user = { sub: 'ada', acr: 'urn:two', amr: ['pwd', 'otp'] }
      const { walker, page, who: signedIn } = await signIn()
      expect(page.status, page.text).toBe(200)
      expect(signedIn).toEqual({ subject: subject('ada'), acr: 'urn:two', amr: ['pwd', 'otp'] })
      // Nothing but the session is left in the browser, and the form's code stood in no URL.
      expect([...(walker.jar.get('localhost') ?? new Map()).keys()]).toEqual(['__Host-Http-sid'])
      expect(walker.steps.filter((url) => url.includes('code=')).length).toBe(responseMode === 'query' ? 1 : 0)

      const out = await walker.go(`${app.origin}/auth/sso/sign-out`, { form: {} })
      expect(new URL(out.url).origin).toBe(foreign.issuer)
      expect(new URL(out.url).pathname).toBe('/session/end')
      expect(await who(walker)).toMatchObject({ subject: null })
    },
  )
})

describe('the session', () => {
  it('replaces the one that the browser had, with form_post too', async () => {
    const { app, signIn, subject } = await start({ login: { responseMode: 'form_post' } })
    const { walker } = await signIn()
    const first = walker.jar.get('localhost')?.get('__Host-Http-sid')?.value
    await signIn(walker)
    expect(walker.jar.get('localhost')?.get('__Host-Http-sid')?.value).not.toBe(first)
    const { sessions } = await app.store.sessions.listBySubject(subject('ada'), null, 10, Math.floor(Date.now() / 1000))
    expect(sessions).toHaveLength(1)
  })

  it('is named as the application says, by what userinfo tells', async () => {
    const login: Partial<OidcLoginOptions> = {
      scopes: ['openid', 'email'],
      userInfo: true,
      subject: ({ userInfo }) => (userInfo?.email === 'ada@foreign.example' ? 'user 7' : null),
    }
    const { foreign, signIn } = await start({ login })
    expect((await signIn()).who).toMatchObject({ subject: 'user 7' })
    foreign.user = { sub: 'bob' }
    const { page } = await signIn()
    expect([page.status, page.text.includes('policy.denied')]).toEqual([403, true])
  })

  it('knows when and how strongly the user signed in there: step-up', async () => {
    const { app, foreign, signIn } = await start()
    foreign.user = { sub: 'ada', acr: 'urn:one' }
    const { walker } = await signIn()
    const asking = () => {
      const cookie = `__Host-Http-sid=${walker.jar.get('localhost')?.get('__Host-Http-sid')?.value}`
      return app.auth.require({ method: 'GET', headers: new Headers({ cookie }) })
    }
    expect((await asking()).authenticatedAt).toBe(0)
    // The provider's session is strong enough for no more than that.
    const refused = await signIn(walker, '&acr_values=urn:two&prompt=login')
    expect([refused.page.status, refused.page.text.includes('sso.refused')]).toEqual([403, true])
    foreign.user = { sub: 'ada', acr: 'urn:two' }
    const before = Math.floor(Date.now() / 1000)
    const stronger = await signIn(walker, '&acr_values=urn:two&max_age=0')
    expect(stronger.who).toMatchObject({ acr: 'urn:two' })
    expect((await asking()).authenticatedAt).toBeGreaterThanOrEqual(before)
  })

  it('asks nobody anything with prompt=none', async () => {
    const { foreign, signIn, subject } = await start()
    const { who, walker } = await signIn(createWalker(), '&prompt=none')
    expect(who).toMatchObject({ subject: null })
    await signIn(walker)
    foreign.user = null
    walker.jar.delete('localhost')
    expect((await signIn(walker, '&prompt=none')).who).toMatchObject({ subject: subject('ada') })
  })

  it('pushes its request where that is wanted', async () => {
    const { foreign, signIn, subject } = await start({ login: { pushed: true } })
    const { walker, who } = await signIn()
    expect(who).toMatchObject({ subject: subject('ada') })
    expect(foreign.asked).toContain('POST /request')
    expect(walker.steps.filter((url) => url.includes('code_challenge'))).toEqual([])
  })
})

describe('a provider that is down', () => {
  it('is said so, and the session that is there stays', async () => {
    const { app, foreign, signIn, who, subject } = await start()
    const { walker } = await signIn()
    const callback = await walker.go(`${app.origin}/auth/sso/login?return_to=/`, {
      until: (url) => url.includes('/callback'),
    })
    await foreign.down()
    const down = await walker.go(callback.url)
    expect([down.status, down.headers.get('retry-after'), down.text.includes('sso.unavailable')]).toEqual([
      503,
      '5',
      true,
    ])
    expect(await who(walker)).toMatchObject({ subject: subject('ada') })
    await foreign.up()
    expect((await signIn(walker)).who).toMatchObject({ subject: subject('ada') })
    expect(JSON.stringify(app.errors)).not.toContain('code=')
  })

  it('is asked again when it is back, though it was down at the start', async () => {
    const { app, foreign, signIn, subject } = await start()
    await foreign.down()
    expect((await createWalker().go(`${app.origin}/auth/sso/login`)).status).toBe(503)
    await foreign.up()
    expect((await signIn()).who).toMatchObject({ subject: subject('ada') })
  })
})
