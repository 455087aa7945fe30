/** The Lab without a network: kept by its service worker, and as one file from disk. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SCREENS } from '../../web/lab/shell/screens.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { buildLabFolder, type LabFolder, openLabSite } from '../support/lab-site.ts'

describeInChromium('the Lab without a network', () => {
  let folder: LabFolder
  let browser: OpenBrowser
  beforeAll(async () => {
    ;[folder, browser] = await Promise.all([buildLabFolder(), openBrowser()])
  })
  afterAll(async () => {
    await browser.close()
    folder.remove()
  })

  const engineWorks = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Measure' }).click()
    await page.getByText(/takes [\d.]+ µs in this browser/).waitFor()
  }

  it('opens from its service worker when the server is gone, every screen, still under its policy', async () => {
    const site = await openLabSite(folder)
    const page = await browser.context.newPage()
    await page.goto(site.url)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    await site.close()
    for (const { name } of SCREENS) {
      await page.goto(site.url + name)
      await page.locator('h1').waitFor()
    }
    await page.goto(`${site.url}proof`)
    await engineWorks(page)
    const directive = await page.evaluate(
      () =>
        new Promise((resolve) => {
          addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective))
          fetch('https://elsewhere.invalid/').catch(() => undefined)
        }),
    )
    expect(directive).toBe('connect-src')
    await page.getByText('kept on this device', { exact: false }).first().waitFor()
    await page.close()
  })

  it('is one file that opens from disk, runs its engine on the page, and asks for nothing', async () => {
    const page = await browser.context.newPage()
    const asked: string[] = []
    const errors: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', ({ message }) => errors.push(message))
    const url = pathToFileURL(join(folder.path, 'lab/sojourn-lab.html')).href
    await page.goto(url)
    for (const { name, title } of SCREENS) {
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: title, exact: true }).click()
      await page.waitForFunction((path) => location.hash.startsWith(`#/${path}`), name)
      await page.locator('h1').waitFor()
    }
    await page.goto(`${url}#/proof`)
    await engineWorks(page)
    expect(asked.filter((one) => !one.startsWith('data:')).map((one) => one.split('#')[0])).toEqual([url])
    expect(errors).toEqual([])
    await page.close()
  })
})
