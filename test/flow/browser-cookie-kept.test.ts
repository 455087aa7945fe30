/** In real Chromium: after a sign-in form the browser goes on when it kept the cookie, and is told what to do when it did not. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuth, type HttpRequest, type HttpResponse, type SessionCookieOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { type ListeningServer, listen } from '../support/http-server.ts'

const FORM = '<!doctype html><title>form</title><form method="post" action="/sign-in"><button>go</button></form>'

/** A page with a sign-in form and one that needs a login, served under `origin` with the port filled in. */
async function site(host: string, cookie: SessionCookieOptions = {}) {
  let handle: (request: HttpRequest) => Promise<HttpResponse> = () => Promise.reject(new Error('not ready'))
  const server = await listen((request) => handle(request))
  const origin = `http://${host}:${server.port}`
  const auth = createAuth({
    store: createMemoryStore(),
    issuer: origin,
    secrets: 'a secret of tests, 0123456789 abcdefghijk',
    cookie,
  })
  await auth.ready()
  const html = (body: string): HttpResponse => ({
    status: 200,
    headers: new Headers({ 'content-type': 'text/html' }),
    body,
  })
  handle = async (request) => {
    const { pathname } = new URL(request.url, origin)
    if (pathname === '/form') return html(FORM)
    if (pathname === '/sign-in') {
      return auth.respond(await auth.logIn({ subject: 'alice' }, request), { form: true, returnTo: '/welcome' })
    }
    if (pathname === '/welcome') return html((await auth.identify(request))?.subject ?? 'nobody')
    return auth.handler(request)
  }
  return { server, auth, origin }
}

describeInChromium('the cookie check after a sign-in', () => {
  const open: { server: ListeningServer; auth: { close(): Promise<void> } }[] = []
  let browser: OpenBrowser

  beforeAll(async () => {
    browser = await openBrowser(['--host-resolver-rules=MAP lan.test 127.0.0.1'])
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const { server, auth } of open) {
      await server.close()
      await auth.close()
    }
  })

  const signIn = async (host: string, cookie?: SessionCookieOptions) => {
    const opened = await site(host, cookie)
    open.push(opened)
    const tab = await browser.context.newPage()
    await tab.goto(`${opened.origin}/form`)
    await tab.click('button')
    await tab.waitForURL(/\/(welcome|auth\/cookie-check)/)
    return tab
  }

  it('goes on over http on localhost', async () => {
    const tab = await signIn('localhost')
    expect(new URL(tab.url()).pathname).toBe('/welcome')
    expect(await tab.textContent('body')).toBe('alice')
    // HttpOnly: no script sees it.
    expect(await tab.evaluate(() => document.cookie)).toBe('')
  })

  it('goes on with an insecure cookie on localhost', async () => {
    const tab = await signIn('localhost', { allowInsecureCookie: true })
    expect(await tab.textContent('body')).toBe('alice')
  })

  it('says what to do over http anywhere else', async () => {
    const tab = await signIn('lan.test')
    expect(new URL(tab.url()).pathname).toBe('/auth/cookie-check')
    expect(await tab.textContent('body')).toMatch(/did not send the login cookie back.*http:\/\/localhost.*https/)
    expect(await tab.textContent('body')).toContain('session.cookie_not_kept')
  })
})
