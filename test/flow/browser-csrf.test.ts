/**
 * Forged requests by a real Chromium, in which the session cookie does arrive: across sites (a SameSite=None variant of the
 * cookie, third-party cookies on) and from a sibling sub-domain (the default cookie too, for a sibling is same-site).
 */
import type { Duplex } from 'node:stream'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { isAuthError } from '../../src/errors.ts'
import { createIdentify, presentedBy } from '../../src/http/identify.ts'
import { respondLoggedIn } from '../../src/http/logged-in.ts'
import type { HttpRequest, HttpResponse } from '../../src/http/message.ts'
import { createOriginPolicy } from '../../src/http/origin.ts'
import { createRouter } from '../../src/http/router.ts'
import { authRoutes } from '../../src/http/routes/auth-routes.ts'
import type { RouteParts } from '../../src/http/routes/parts.ts'
import { createSessionCookie } from '../../src/http/session-cookie.ts'
import { describeInChromium, makeCertificate, type OpenBrowser, openSites } from '../support/chromium.ts'
import { type ListeningServer, listen } from '../support/http-server.ts'
import { memoryLogins } from '../support/memory-logins.ts'

const VICTIM = 'a.shop.test'
const SIBLING = 'b.shop.test'
const STRANGER = 'stranger.test'
const HOSTS = [VICTIM, SIBLING, STRANGER]
const ORIGIN = `https://${VICTIM}`

/** What reached the victim, as the server saw it. */
interface Arrival {
  readonly method: string
  readonly path: string
  /** Whether the session cookie was there. */
  readonly cookie: boolean
  readonly origin: string | null
  readonly site: string | null
  status: number
  code: unknown
}

const page = (body: string): HttpResponse => ({
  status: 200,
  headers: new Headers({ 'Content-Type': 'text/html; charset=utf-8' }),
  body: `<!doctype html><title>page</title>${body}`,
})

for (const sameSite of ['none', 'lax'] as const) {
  const { logins, keys, live } = await memoryLogins(ORIGIN)
  describeInChromium(`forged requests in Chromium, SameSite=${sameSite}`, () => {
    const origins = createOriginPolicy(ORIGIN)
    const cookie = createSessionCookie(ORIGIN, { sameSite })
    const parts: RouteParts = {
      logins,
      origins,
      cookie,
      identify: createIdentify(logins, cookie, origins),
      clock: systemClock,
      keys,
    }
    const signIn = {
      method: 'GET',
      path: '/test/sign-in',
      async handle() {
        const device = { userAgent: null, address: null }
        const loggedIn = await logins.logIn({ subject: 'alice', mode: 'cookie', device })
        return { ...respondLoggedIn(parts, loggedIn, { form: false }), body: 'signed in' }
      },
    } as const
    const router = createRouter({ routes: [...authRoutes(parts), signIn], origins })
    const arrivals: Arrival[] = []
    let server: ListeningServer
    let browser: OpenBrowser

    const arrive = (request: HttpRequest): Arrival => {
      const { headers, method, url } = request
      const arrival: Arrival = {
        method,
        path: url.replace(/^https?:\/\/[^/]*/, ''),
        cookie: cookie.read(headers.get('cookie') ?? '') !== null,
        origin: headers.get('origin'),
        site: headers.get('sec-fetch-site'),
        status: 0,
        code: null,
      }
      arrivals.push(arrival)
      return arrival
    }

    const handle = async (request: HttpRequest): Promise<HttpResponse> => {
      if (request.headers.get('host') !== VICTIM) return page('<p>attacker</p>')
      if (request.url.endsWith('/test/page') || request.url.endsWith('/favicon.ico')) return page('<p>ours</p>')
      const arrival = arrive(request)
      const response = await router.handle(request)
      arrival.status = response.status
      const isProblem = response.headers.get('content-type')?.includes('problem') === true
      // A navigation is answered with a page, which names the code too.
      arrival.code = isProblem ? JSON.parse(String(response.body)).code : /csrf\.\w+/.exec(String(response.body))?.[0]
      return response
    }

    const onUpgrade = (request: HttpRequest, socket: Duplex): void => {
      const arrival = arrive(request)
      const refuse = (status: number, code: unknown) => {
        arrival.status = status
        arrival.code = code
        socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      }
      parts.identify.require(presentedBy(request)).then(
        (login) => refuse(418, login.subject),
        (error: unknown) => (isAuthError(error) ? refuse(403, error.code) : refuse(500, error)),
      )
    }

    beforeAll(async () => {
      const { key, cert, spki } = makeCertificate(HOSTS)
      server = await listen(handle, { tls: { key, cert }, onUpgrade })
      browser = await openSites({ hosts: HOSTS, port: server.port, spki, thirdPartyCookies: true })
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      await server?.close()
    })

    let tab: Page
    beforeEach(async () => {
      await logins.revoke({ subject: 'alice' })
      tab = await browser.context.newPage()
      await tab.goto(`${ORIGIN}/test/sign-in`)
      arrivals.length = 0
    })

    const open = (host: string) => tab.goto(`https://${host}/attack`)
    const arrived = async (): Promise<Arrival> => {
      await expect.poll(() => arrivals.at(0)?.status ?? 0, { timeout: 15_000 }).not.toBe(0)
      return arrivals[0] as Arrival
    }
    const postForm = (action: string, inner = '') =>
      tab.evaluate(
        ([to, fields]) => {
          document.body.innerHTML = `<form method="post" action="${to}">${fields}</form>`
          document.querySelector('form')?.submit()
        },
        [action, inner] as const,
      )
    const attackers = sameSite === 'none' ? [STRANGER, SIBLING] : [SIBLING]

    it('our own page may (positive control)', async () => {
      await tab.goto(`${ORIGIN}/test/page`)
      await tab.evaluate(() => fetch('/auth/sign-out', { method: 'POST' }).then((response) => response.text()))
      expect(await arrived()).toMatchObject({ cookie: true, site: 'same-origin', status: 200 })
      expect(await live()).toHaveLength(0)
    })

    it('our own page may open a WebSocket (positive control)', async () => {
      await tab.goto(`${ORIGIN}/test/page`)
      await tab.evaluate(() => void new WebSocket('wss://a.shop.test/live'))
      // The cookie arrives on a handshake, and no Sec-Fetch-Site: only Origin tells who asks.
      expect(await arrived()).toMatchObject({ cookie: true, origin: ORIGIN, site: null, status: 418, code: 'alice' })
    })

    for (const attacker of attackers) {
      const site = attacker === SIBLING ? 'same-site' : 'cross-site'

      it(`refuses a form posted by ${attacker}`, async () => {
        await open(attacker)
        await postForm(`${ORIGIN}/auth/sign-out`)
        expect(await arrived()).toMatchObject({
          method: 'POST',
          cookie: true,
          origin: `https://${attacker}`,
          site,
          status: 403,
          code: 'csrf.cross_site',
        })
        expect(await live()).toHaveLength(1)
      })

      it(`refuses a fetch by ${attacker}`, async () => {
        await open(attacker)
        await tab.evaluate(
          (to) =>
            fetch(to, {
              method: 'POST',
              mode: 'no-cors',
              credentials: 'include',
              body: new URLSearchParams('scope=all'),
            }).then(() => undefined),
          `${ORIGIN}/auth/sessions/end`,
        )
        expect(await arrived()).toMatchObject({ cookie: true, site, status: 403, code: 'csrf.cross_site' })
        expect(await live()).toHaveLength(1)
      })

      it(`refuses a WebSocket opened by ${attacker}`, async () => {
        await open(attacker)
        await tab.evaluate(() => void new WebSocket('wss://a.shop.test/live'))
        expect(await arrived()).toMatchObject({
          method: 'GET',
          cookie: true,
          origin: `https://${attacker}`,
          site: null,
          status: 403,
          code: 'csrf.origin',
        })
      })

      it(`ignores a method override by ${attacker}`, async () => {
        await open(attacker)
        await postForm(`${ORIGIN}/auth/sign-out?_method=GET`, '<input name="_method" value="GET">')
        expect(await arrived()).toMatchObject({ method: 'POST', cookie: true, status: 403, code: 'csrf.cross_site' })
        await tab.waitForURL(/_method=GET$/)
        await open(attacker)
        arrivals.length = 0
        // The other way round: a safe request stays one, whatever it asks to be taken for.
        await tab.evaluate((to) => {
          location.href = to
        }, `${ORIGIN}/auth/sessions?scope=all&_method=DELETE`)
        await tab.waitForURL(/_method=DELETE$/)
        expect(await arrived()).toMatchObject({ method: 'GET', cookie: true, status: 200 })
        expect(await live()).toHaveLength(1)
      })
    }

    if (sameSite === 'none') {
      it('refuses Origin: null, from a sandboxed frame', async () => {
        await open(STRANGER)
        await tab.evaluate((to) => {
          const frame = document.createElement('iframe')
          frame.setAttribute('sandbox', 'allow-scripts allow-forms')
          frame.srcdoc = `<form method="post" action="${to}"></form><script>document.forms[0].submit()</script>`
          document.body.append(frame)
        }, `${ORIGIN}/auth/sign-out`)
        expect(await arrived()).toMatchObject({ method: 'POST', cookie: true, origin: 'null', status: 403 })
        expect(arrivals[0]?.code).toMatch(/^csrf\./)
        expect(await live()).toHaveLength(1)
      })

      it('refuses a WebSocket with Origin: null', async () => {
        await open(STRANGER)
        await tab.evaluate(() => {
          const frame = document.createElement('iframe')
          frame.setAttribute('sandbox', 'allow-scripts')
          frame.srcdoc = `<script>new WebSocket('wss://a.shop.test/live')</script>`
          document.body.append(frame)
        })
        expect(await arrived()).toMatchObject({
          cookie: true,
          origin: 'null',
          site: null,
          status: 403,
          code: 'csrf.origin',
        })
      })
    } else {
      it('does not even send the default cookie across sites', async () => {
        await open(STRANGER)
        await postForm(`${ORIGIN}/auth/sign-out`)
        expect(await arrived()).toMatchObject({
          cookie: false,
          site: 'cross-site',
          status: 403,
          code: 'csrf.cross_site',
        })
      })
    }
  })
}
