/** Pages: escaping, names of devices, instants in words. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html } from '../../../src/http/html.ts'
import { deviceName } from '../../../src/server/pages/device-name.ts'
import { devicesPage } from '../../../src/server/pages/devices.ts'
import { problemPage } from '../../../src/server/pages/problem.ts'
import { signInPage } from '../../../src/server/pages/sign-in.ts'
import { inWords } from '../../../src/server/pages/when.ts'
import type { Session } from '../../../src/session/session.ts'

const assets = { styleUrl: '/assets/style.css', resetScriptUrl: '/assets/reset.js' }
const NASTY = `"><script>alert('x')</script>&amp;`

const session: Session = {
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  secretHash: null,
  subject: 'BBBBBBBBBBBBBBBBBBBBBB',
  mode: 'cookie',
  generation: 0,
  floor: 0,
  version: 1,
  createdAt: 1_750_000_000,
  lastSeenAt: 1_750_000_000,
  idleTimeoutSeconds: 1000,
  absoluteExpiresAt: 1_750_100_000,
  authenticatedAt: 1_750_000_000,
  acr: null,
  amr: [],
  clientId: null,
  browserId: null,
  device: { userAgent: NASTY, address: NASTY },
  claims: {},
  claimsGeneration: 0,
  data: null,
}

describe('html', () => {
  it('escapes what is put in, and HTML not twice', () => {
    const inner = html`<b>${'<&>"\''}</b>`
    expect(inner.text).toBe('<b>&#60;&#38;&#62;&#34;&#39;</b>')
    expect(html`${inner}${[inner, null]}${undefined}${false}${0}`.text).toBe(`${inner.text}${inner.text}0`)
  })

  it('lets no text out of its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { text: made } = html`<p title="${text}">${text}</p>`
        expect(made.match(/[<>"]/g)?.join('')).toBe('<""></p>'.replace('/p', ''))
      }),
    )
  })
})

describe('a page', () => {
  const pages = {
    'sign-in': signInPage({
      assets,
      failed: { form: 'sign-in', fault: { field: 'email', message: NASTY }, email: NASTY },
      message: NASTY,
      returnTo: NASTY,
    }),
    devices: devicesPage({
      assets,
      now: 1_750_000_100,
      email: NASTY,
      current: session,
      others: [session],
      moreUrl: NASTY,
      accounts: [{ sessionId: NASTY, email: NASTY }],
      passwordFault: { field: null, message: NASTY },
      message: NASTY,
    }),
    problem: problemPage({ status: 400, title: 'x', code: 'request.malformed', detail: NASTY, errorId: NASTY }, assets),
  }

  it.each(Object.entries(pages))('%s shows hostile text as text', (_name, page) => {
    expect(page).not.toContain('<script>')
    expect(page).not.toContain(`'x'`)
    expect(page).toContain('&#60;script&#62;')
  })

  it.each(Object.entries(pages))('%s has no inline script, style or handler', (_name, page) => {
    expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/)
  })

  it('ties the error to its field and keeps the email', () => {
    const page = signInPage({
      assets,
      failed: { form: 'sign-up', fault: { field: 'password', message: 'Use at least 8 characters.' }, email: 'a@b.c' },
    })
    expect(page).toContain('<p class="error" id="sign-up-password-error">')
    expect(page).toMatch(/id="sign-up-password"[^>]*aria-describedby="sign-up-password-hint sign-up-password-error"/)
    expect(page).toMatch(/id="sign-up-password"[^>]*aria-invalid="true"/)
    expect(page).toMatch(/id="sign-up-email"[^>]*value="a@b.c"/)
    expect(page).not.toMatch(/id="sign-in-email"[^>]*value=/)
    expect(page).toContain('<title>Error: Sign in')
  })
})

describe('the name of a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome on Windows',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1',
      'Chrome on iPhone',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15',
      'Firefox on iPad',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
      'Samsung Internet on Android',
    ],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome on ChromeOS',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
      'Headless Chrome on Linux',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/127.0.0.0',
      'Opera on Linux',
    ],
    ['curl/8.14.1', 'curl'],
    ['okhttp/5.1.0', 'Android app'],
    ['MyApp/3 CFNetwork/1568.100.1 Darwin/24.0.0', 'Apple app'],
    ['python-requests/2.32.3', 'Python program'],
    ['node', 'Node program'],
    ['Sojourn-Phone/1.0', 'Sojourn-Phone'],
    ['Mozilla/5.0', 'Unknown device'],
    ['<script>alert(1)</script>/1.0', 'Unknown device'],
    ['', 'Unknown device'],
    [null, 'Unknown device'],
  ])('%s', (userAgent, name) => {
    expect(deviceName(userAgent)).toBe(name)
  })

  it('answers plain text for whatever there is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 256 }), (text) => {
        expect(deviceName(text)).toMatch(/^[A-Za-z0-9 ._-]{1,60}$/)
      }),
    )
  })
})

describe('an instant in words', () => {
  it.each([
    [0, 'just now'],
    [-59, 'just now'],
    [-60, '1 minute ago'],
    [-3600, '1 hour ago'],
    [-86_400, 'yesterday'],
    [-40 * 86_400, 'last month'],
    [30, 'in a moment'],
    [14 * 86_400, 'in 14 days'],
  ])('%d seconds away is %s', (away, words) => {
    expect(inWords(1_750_000_000 + away, 1_750_000_000)).toBe(words)
  })
})
