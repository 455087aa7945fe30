/** The pages in real Chromium: from sign-up to sign-out, with and without JavaScript, and what axe says of them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { createClient } from '../support/http-client.ts'
import { temporaryFolder } from '../support/processes.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const PASSWORD = 'plum-otter-cargo'
/** A program on this machine, for which everybody is asked. */
const SHOP = {
  client_id: 'shop',
  client_name: 'The shop with a rather long name',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
}
const ASKED = new URLSearchParams({
  client_id: SHOP.client_id,
  redirect_uri: 'http://127.0.0.1/callback',
  response_type: 'code',
  scope: 'openid email profile offline_access',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
})
const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

describeInChromium('the pages', () => {
  let server: TestServer
  const browsers: OpenBrowser[] = []
  const folder = temporaryFolder()
  beforeAll(async () => {
    const clients = join(folder.path, 'clients.json')
    writeFileSync(clients, JSON.stringify([SHOP]))
    server = await startTestServer({ env: { SOJOURN_CLIENTS: clients } })
  })
  afterAll(async () => {
    await server.close()
    folder.remove()
  })
  afterEach(async () => {
    for (const browser of browsers.splice(0)) await browser.close()
  })

  async function browser(options: { javaScript?: boolean; userAgent?: string } = {}): Promise<Page> {
    const opened = await openBrowser(options.userAgent ? [`--user-agent=${options.userAgent}`] : [])
    browsers.push(opened)
    const page = await opened.context.newPage()
    if (options.javaScript === false) {
      const devTools = await opened.context.newCDPSession(page)
      await devTools.send('Emulation.setScriptExecutionDisabled', { value: true })
    }
    const failures: string[] = []
    page.on('console', (message) => message.type() === 'error' && failures.push(message.text()))
    page.on('requestfailed', (request) => failures.push(request.url()))
    page.on('close', () => expect(failures.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]))
    await page.goto(server.url)
    return page
  }

  async function signUp(page: Page, email: string): Promise<void> {
    const form = page.locator('form[action="/auth/sign-up"]')
    await form.getByLabel('Email').fill(email)
    await form.getByLabel('Password').fill(PASSWORD)
    await form.getByRole('button', { name: 'Create account' }).click()
    await page.waitForURL(`${server.url}/`)
  }

  async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
    const form = page.locator('form[action="/auth/sign-in"]')
    await form.getByLabel('Email').fill(email)
    await form.getByLabel('Password').fill(password)
    await form.getByRole('button', { name: 'Sign in' }).click()
  }

  const devices = (page: Page) => page.locator('.device h3').allInnerTexts()

  for (const javaScript of [true, false]) {
    it(`lead from sign-up to sign-out on two devices, ${javaScript ? 'with' : 'without'} JavaScript`, async () => {
      const email = `ada-${javaScript}@example.org`
      const laptop = await browser({ javaScript })
      await signUp(laptop, email)
      expect(await laptop.title()).toBe('My devices · Sojourn')
      expect(await devices(laptop)).toEqual([expect.stringMatching(/^Headless Chrome on Linux\s+This device$/)])

      const phone = await browser({
        javaScript,
        userAgent:
          'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
      })
      await signIn(phone, email, 'wrong-wrong')
      expect(await phone.getByRole('alert').textContent()).toBe('Email or password is not right.')
      expect(await phone.locator('#sign-in-email').inputValue()).toBe(email)
      expect(await phone.locator('#sign-in-password').inputValue()).toBe('')
      await signIn(phone, email)
      await phone.waitForURL(`${server.url}/`)
      expect(await devices(phone)).toEqual([
        expect.stringMatching(/^Chrome on Android\s+This device$/),
        'Headless Chrome on Linux',
      ])

      // A page that is reloaded sends no form again: the answer to each was a redirect.
      await phone.reload()
      await phone.getByRole('button', { name: 'Sign out all other devices' }).click()
      await phone.waitForURL(`${server.url}/`)
      expect(await devices(phone)).toHaveLength(1)
      await laptop.goto(server.url)
      expect(await laptop.title()).toBe('Sign in · Sojourn')

      await signIn(laptop, email)
      await laptop.waitForURL(`${server.url}/`)
      await laptop.getByRole('button', { name: 'Sign out Chrome on Android' }).click()
      await laptop.waitForURL(`${server.url}/`)
      expect(await devices(laptop)).toHaveLength(1)
      await phone.goto(server.url)
      expect(await phone.title()).toBe('Sign in · Sojourn')

      await laptop.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
      await laptop.waitForURL(`${server.url}/`)
      expect(await laptop.title()).toBe('Sign in · Sojourn')
      const cookies = await laptop.context().cookies()
      expect(cookies.map(({ name }) => name)).toEqual(['__Host-Http-device'])
    })
  }

  it('change the password, add an account, and switch between the two', async () => {
    const page = await browser()
    await signUp(page, 'grace@example.org')
    await page.getByLabel('Current password').fill('wrong-wrong')
    await page.getByLabel('New password').fill('seven-tall-herons')
    await page.getByRole('button', { name: 'Change password' }).click()
    expect(await page.locator('#password-current_password').getAttribute('aria-invalid')).toBe('true')
    expect(await page.locator('#password-current_password-error').textContent()).toContain('not right')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('password-current_password')

    await page.getByLabel('Current password').fill(PASSWORD)
    await page.getByLabel('New password').fill('seven-tall-herons')
    await page.getByRole('button', { name: 'Change password' }).click()
    await page.waitForURL(/\?done=password$/)
    expect(await page.getByRole('status').textContent()).toContain('password is changed')

    await page.getByRole('link', { name: 'Add another account' }).click()
    await signUp(page, 'work@example.org')
    expect(await page.locator('.who .email').textContent()).toBe('work@example.org')
    await page.getByRole('button', { name: 'Switch to grace@example.org' }).click()
    await page.waitForURL(`${server.url}/`)
    expect(await page.locator('.who .email').textContent()).toBe('grace@example.org')

    // Signing out of one account leaves the other one signed in; then the browser is signed out as a whole.
    await page.getByRole('button', { name: 'Sign out Headless Chrome on Linux (this device)' }).click()
    await page.waitForURL(`${server.url}/`)
    expect(await page.locator('.who .email').textContent()).toBe('work@example.org')
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${server.url}/`)
    expect(await page.title()).toBe('Sign in · Sojourn')
  })

  it('take the reset code from behind the # and out of the address bar', async () => {
    const client = createClient(server.url)
    await client.post('/auth/sign-up', { json: { email: 'reset@example.org', password: PASSWORD } })
    const reset = await server.instance.accounts.requestReset('reset@example.org')
    const page = await browser()
    await page.goto(`${server.url}/reset#${reset?.code}`)
    expect(await page.getByLabel('Reset code').inputValue()).toBe(reset?.code)
    expect(page.url()).toBe(`${server.url}/reset`)
    await page.getByRole('textbox', { name: 'New password' }).fill('seven-tall-herons')
    await page.getByRole('button', { name: 'Set new password' }).click()
    expect(await page.getByRole('status').textContent()).toContain('Sign in with it')
    await signIn(page, 'reset@example.org', 'seven-tall-herons')
    await page.waitForURL(`${server.url}/`)
    expect(await page.title()).toBe('My devices · Sojourn')
  })

  it('please axe and fit the window, light and dark, wide and narrow', async () => {
    const page = await browser()
    const email = 'a-rather-long-name.of-somebody@some-long-company-name.example.org'
    const found: string[] = []
    const look = async (name: string): Promise<void> => {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [1280, 360, 320]) {
          // Otherwise a colour would be measured half-way between the two schemes.
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await page.setViewportSize({ width, height: 800 })
          found.push(...(await faults(page)).map((fault) => `${name}, ${colorScheme}, ${width}: ${fault}`))
        }
      }
    }
    await look('signed out')
    const form = page.locator('form[action="/auth/sign-up"]')
    await form.getByLabel('Email').fill(email)
    await form.getByLabel('Password').fill('password')
    await form.getByRole('button', { name: 'Create account' }).click()
    await look('refused sign-up')
    await signIn(page, email)
    await look('refused sign-in')
    await signUp(page, email)
    for (const userAgent of ['curl/8.14.1', 'Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0'])
      await createClient(server.url, { 'User-Agent': userAgent }).post('/auth/sign-in', {
        json: { email, password: PASSWORD, mode: 'token' },
      })
    await page.goto(`${server.url}/sign-in`)
    await signUp(page, 'second@example.org')
    await look('devices and accounts')
    await page.goto(`${server.url}/sign-in`)
    await look('adding an account')
    await page.goto(`${server.url}/oidc/auth?${ASKED}`)
    expect(await page.title()).toContain('The shop')
    await look('consent')
    await page.goto(`${server.url}/oidc/device`)
    await look('device')
    await page.goto(`${server.url}/oidc/logout`)
    await look('sign-out for an application')
    await page.goto(`${server.url}/oidc/auth?client_id=nobody`)
    await look('an authorization request that is wrong')
    await page.goto(`${server.url}/reset`)
    await look('reset')
    await page.goto(`${server.url}/nowhere`)
    await look('nothing here')
    expect(found).toEqual([])
  })

  it('can be used by keyboard alone, in forced colours, and with text at twice its size', async () => {
    const page = await browser()
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
    const order: string[] = []
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab')
      order.push(
        await page.evaluate(() => {
          const { activeElement } = document
          const outlined = activeElement && getComputedStyle(activeElement).outlineStyle !== 'none'
          return `${activeElement?.textContent?.trim() || activeElement?.id}${outlined ? '' : ' without outline'}`
        }),
      )
    }
    expect(order).toEqual([
      'Skip to content',
      'Sojourn',
      'sign-in-email',
      'sign-in-password',
      'Sign in',
      'sign-up-email',
      'sign-up-password',
      'Create account',
    ])
    expect(await faults(page)).toEqual([])
    await page.setViewportSize({ width: 640, height: 800 })
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '200%'
    })
    expect(await overflow(page)).toBeLessThanOrEqual(0)
  })

  it('load nothing from elsewhere and carry a strict policy', async () => {
    const page = await browser()
    const asked = new Set<string>()
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    const response = await page.goto(server.url)
    const headers = response?.headers() ?? {}
    expect([...asked].filter((origin) => origin !== 'null')).toEqual([server.url])
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers['strict-transport-security']).toBeUndefined()
  })
})

async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** What axe finds (WCAG 2.2 A and AA, best practices), and horizontal scrolling. */
async function faults(page: Page): Promise<string[]> {
  // Evaluated from outside: the page's own policy stays as strict as it is.
  await page.evaluate(AXE)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  })
  const wide = await overflow(page)
  return wide > 0 ? [...violations, `scrolls ${wide} px sideways`] : violations
}
