/** Real tabs in a real Chromium against the real routes: one rotation for all of them, one sign-out for all of them. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { PASSWORD, type Site, startSite } from '../support/client-site.ts'

const pageOf = (options: string): string => `<!doctype html><meta charset="utf-8"><title>tab</title>
<script type="module">
  import { createClient } from '/src/client/index.ts'
  const client = createClient(${options})
  const events = []
  client.subscribe((event) => events.push(event))
  globalThis.held = { client, events }
</script>`

const LIFETIME_SECONDS = 2

describeInChromium('the client in Chromium', () => {
  let browser: OpenBrowser
  let site: Site
  const open: Page[] = []
  beforeAll(async () => {
    browser = await openBrowser()
    site = await startSite({
      lifetimeSeconds: LIFETIME_SECONDS,
      pages: {
        '/token': pageOf(`{ mode: 'token' }`),
        '/cookie': pageOf(`{ mode: 'cookie' }`),
        '/without-locks': `<script>Object.defineProperty(navigator, 'locks', { value: undefined })</script>${pageOf(`{ mode: 'token' }`)}`,
      },
    })
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  afterEach(async () => {
    for (const page of open.splice(0)) await page.close()
    await browser.context.clearCookies()
    site.events.length = 0
    site.arrivals.length = 0
  })

  const openTabs = async (path: string, count: number): Promise<Page[]> => {
    const tabs: Page[] = []
    for (let i = 0; i < count; i++) {
      const tab = await browser.context.newPage()
      open.push(tab)
      await tab.goto(site.origin + path)
      await tab.waitForFunction('globalThis.held !== undefined')
      tabs.push(tab)
    }
    return tabs
  }
  const held = '(globalThis.held)'
  const signIn = (tab: Page, mode: string) =>
    tab.evaluate(`${held}.client.signIn({ email: 'alice', password: '${PASSWORD}', mode: '${mode}' })`)
  const stateOf = (tab: Page) => tab.evaluate(`${held}.client.state.status`)
  const eventsOf = (tab: Page) => tab.evaluate(`${held}.events`)
  const tenCalls = (tab: Page) =>
    tab.evaluate(`Promise.all(Array.from({ length: 10 }, async () => (await ${held}.client.fetch('/whoami')).status))`)
  const everywhere = (tabs: readonly Page[], expression: string) =>
    Promise.all(tabs.map((tab) => tab.waitForFunction(expression, undefined, { timeout: 5000 })))

  it.each([
    ['with Web Locks', '/token', 0],
    ['without Web Locks, where the server replays', '/without-locks', 2],
  ])(
    'three tabs with a spent access token make thirty calls and one rotation, %s',
    async (_, path, replays) => {
      const tabs = await openTabs(path, 3)
      expect(await signIn(tabs[0]!, 'token')).toMatchObject({ ok: true })
      await everywhere(tabs, `${held}.client.state.status === 'signedIn'`)
      for (let round = 1; round <= 3; round++) {
        await new Promise((resolve) => setTimeout(resolve, LIFETIME_SECONDS * 1000 + 300))
        const answers = await Promise.all(tabs.map(tenCalls))
        expect(answers.flat()).toEqual(Array(30).fill(200))
        expect(site.count('refresh.rotated')).toBe(round)
        expect(site.count('refresh.replayed')).toBeLessThanOrEqual(round * replays)
        expect(site.count('refresh.reused')).toBe(0)
      }
      expect(site.asked('/whoami')).toHaveLength(90)
      for (const tab of tabs) expect(await eventsOf(tab)).toEqual([{ type: 'signedIn' }])
    },
    60_000,
  )

  it('a tab that is opened later, or loaded anew, is given the login by another', async () => {
    const [first] = await openTabs('/token', 1)
    await signIn(first!, 'token')
    const [second] = await openTabs('/token', 1)
    expect(await tenCalls(second!)).toEqual(Array(10).fill(200))
    await first!.reload()
    await first!.waitForFunction('globalThis.held !== undefined')
    expect(await tenCalls(first!)).toEqual(Array(10).fill(200))
    expect(site.count('session.sign_in')).toBe(1)
    expect(site.count('refresh.reused')).toBe(0)
  })

  it('a login that no tab holds any more is gone: nothing was kept', async () => {
    const [tab] = await openTabs('/token', 1)
    await signIn(tab!, 'token')
    await tab!.reload()
    await tab!.waitForFunction('globalThis.held !== undefined')
    expect(await tab!.evaluate(`${held}.client.session()`)).toMatchObject({ problem: { code: 'client.signed_out' } })
  })

  it.each(['token', 'cookie'])('a sign-out in one tab is seen in the others: %s', async (mode) => {
    const tabs = await openTabs(`/${mode}`, 3)
    expect(await signIn(tabs[1]!, mode)).toMatchObject({ ok: true })
    await everywhere(tabs, `${held}.client.state.status === 'signedIn'`)
    expect(await tabs[2]!.evaluate(`${held}.client.signOut()`)).toEqual({ ok: true, value: null })
    await everywhere(tabs, `${held}.client.state.status === 'signedOut'`)
    for (const tab of tabs) {
      expect(await stateOf(tab)).toBe('signedOut')
      expect(await eventsOf(tab)).toEqual([{ type: 'signedIn' }, { type: 'signedOut', reason: 'here' }])
      expect(await tab.evaluate(`${held}.client.fetch('/whoami').then(({ status }) => status)`)).toBe(401)
    }
  })

  it('a session ended on another device is noticed by the next call', async () => {
    for (const mode of ['token', 'cookie']) {
      const [tab] = await openTabs(`/${mode}`, 1)
      await signIn(tab!, mode)
      expect(await tab!.evaluate(`${held}.client.session()`)).toMatchObject({ ok: true })
      await site.auth.revoke({ subject: 'alice' })
      expect(await tab!.evaluate(`${held}.client.fetch('/whoami').then(({ status }) => status)`)).toBe(401)
      expect(await eventsOf(tab!)).toEqual([{ type: 'signedIn' }, { type: 'signedOut', reason: 'elsewhere' }])
    }
  })

  it('leaves no token in a URL, in storage, in a cookie that script sees or in the page', async () => {
    const [tab] = await openTabs('/token', 1)
    await signIn(tab!, 'token')
    await tenCalls(tab!)
    await new Promise((resolve) => setTimeout(resolve, LIFETIME_SECONDS * 1000 + 300))
    await tab!.evaluate(`${held}.client.session()`)
    const kept = await tab!.evaluate(`(async () => JSON.stringify({
      local: { ...localStorage }, session: { ...sessionStorage }, cookie: document.cookie, url: location.href,
      databases: await indexedDB.databases(), caches: await caches.keys(), name: window.name, history: history.state,
      entries: performance.getEntries().map(({ name }) => name),
      client: held.client.state, events: held.events, locks: await navigator.locks.query(),
    }))()`)
    const presented = site.arrivals.flatMap(({ authorization }) => authorization?.slice('Bearer '.length) ?? [])
    expect(new Set(presented).size).toBe(2)
    for (const token of presented) expect(kept).not.toContain(token)
    expect(kept).not.toMatch(/eyJ/)
    expect(JSON.parse(String(kept))).toMatchObject({ local: {}, session: {}, cookie: '', databases: [], caches: [] })
    for (const { target, cookie } of site.arrivals) {
      expect(target).not.toMatch(/eyJ|token=/)
      expect(cookie).toBe(false)
    }
  })

  it('tokens of the bridge in a cookie page: asked for once', async () => {
    const [tab] = await openTabs('/cookie', 1)
    await signIn(tab!, 'cookie')
    const tokens = await tab!.evaluate(
      `Promise.all([1, 2, 3].map(() => ${held}.client.tokenFor('https://api.example')))`,
    )
    expect(tokens).toEqual(
      Array(3).fill({ ok: true, value: { accessToken: expect.any(String), expiresInSeconds: expect.any(Number) } }),
    )
    expect(site.asked('/auth/token')).toHaveLength(1)
  })

  it('a page is not sent elsewhere with its token', async () => {
    const [tab] = await openTabs('/token', 1)
    await signIn(tab!, 'token')
    // The one redirect of the routes: without a cookie, to where the form should go on.
    const outcome = await tab!.evaluate(`${held}.client.fetch('/auth/sign-out', {
      method: 'POST', body: new URLSearchParams({ return_to: '/token' }),
    }).then(() => 'answered', (error) => error.name)`)
    expect(outcome).toBe('TypeError')
    expect(site.asked('/token')).toHaveLength(1)
  })
})
