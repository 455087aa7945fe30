/** The Live page in Chromium, against a whole server: a real cookie that no script sees, and a device that is ended. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { buildLabFolder, type LabFolder } from '../support/lab-site.ts'
import { faultsOf } from '../support/page-faults.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

describeInChromium('the Live page', () => {
  let folder: LabFolder
  let server: TestServer
  let browser: OpenBrowser
  beforeAll(async () => {
    folder = await buildLabFolder()
    ;[server, browser] = await Promise.all([startTestServer({ labFolder: folder.path }), openBrowser()])
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
    folder.remove()
  })

  it('signs up, sees no cookie by script, ends a second device and itself, and sees each refused', async () => {
    const page = await browser.context.newPage()
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    // The Lab's service worker is there first, and must leave this page to the server.
    await page.goto(`${server.url}/lab/`)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const answer = await page.goto(`${server.url}/lab/live`)
    expect(answer?.fromServiceWorker()).toBe(false)
    expect(answer?.headers()['content-security-policy']).toContain("connect-src 'self'")
    expect(await page.locator('.talks').textContent()).toContain(`talks to ${new URL(server.url).host}`)

    await page.getByRole('button', { name: 'Make a throw-away account' }).click()
    const sessions = page.locator('section[aria-label^="Sessions of this account"] tbody tr')
    await sessions.first().waitFor()
    expect(await page.locator('section[aria-label^="The cookie"]').textContent()).toMatch(
      /^__Host-Http-sid=\(hidden\); .*HttpOnly/,
    )
    await page.getByText('HttpOnly held').waitFor()
    const cookies = await browser.context.cookies()
    expect(cookies.find(({ name }) => name === '__Host-Http-sid')).toMatchObject({ httpOnly: true, secure: true })

    await page.getByRole('button', { name: 'Sign in a second device' }).click()
    await page.waitForFunction(() => document.querySelectorAll('section[aria-label^="Sessions"] tbody tr').length === 2)
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 360],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 800 })
      expect(await faultsOf(page)).toEqual([])
    }
    await page.getByRole('button', { name: 'End second device' }).click()
    await page.getByText('The second device is signed out; this browser is still accepted.').waitFor()
    await page.waitForFunction(() => document.querySelectorAll('section[aria-label^="Sessions"] tbody tr').length === 1)
    await page.getByRole('button', { name: 'End this browser' }).click()
    await page.getByText(/next request of this browser was refused: (session|credentials)\./).waitFor()

    const requests = await page.locator('section[aria-label^="All requests"] tbody tr').allInnerTexts()
    expect(requests.at(-1)).toMatch(/^this browser\s+GET \/auth\/session\s+401/)
    expect(errors.filter((text) => !/status of 40[01]/.test(text))).toEqual([])
    await page.close()
  })

  it('is no part of what the Lab keeps, nor of its single file', async () => {
    const [keeper, oneFile] = await Promise.all(
      ['sw.js', 'sojourn-lab.html'].map(async (name) => (await fetch(`${server.url}/lab/${name}`)).text()),
    )
    expect(keeper).not.toMatch(/live-|live\.html/)
    expect(oneFile).not.toContain('throw-away')
  })
})
