/** The Attack and SSO screens in real Chromium: all twelve exercises in the page's worker, one sign-on, and what axe says. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EXERCISE_NAMES } from '../../web/lab/attacks/names.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { buildLabFolder, type LabFolder, type LabSite, openLabSite } from '../support/lab-site.ts'
import { faultsOf } from '../support/page-faults.ts'

const WIDE = { width: 1280, height: 900 }
const NARROW = { width: 360, height: 800 }

describeInChromium('Attack and SSO', () => {
  let folder: LabFolder
  let site: LabSite
  let browser: OpenBrowser
  let page: Page
  const problems: string[] = []
  beforeAll(async () => {
    folder = await buildLabFolder()
    ;[site, browser] = await Promise.all([openLabSite(folder), openBrowser()])
    page = browser.context.pages()[0] ?? (await browser.context.newPage())
    page.setDefaultTimeout(20_000)
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', ({ message }) => problems.push(message))
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    folder?.remove()
  })

  const looksRight = async (): Promise<string[]> => {
    const found: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const size of [WIDE, NARROW]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize(size)
        const only = (colorScheme === 'light') === (size === WIDE) ? null : (['color-contrast'] as const)
        found.push(...(await faultsOf(page, only)).map((fault) => `${colorScheme}, ${size.width}: ${fault}`))
      }
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize(WIDE)
    return found
  }
  const before = () => page.getByRole('region', { name: 'Against the weak server' })
  const after = () => page.getByRole('region', { name: 'Against the product' })

  it('every exploit works against the weak server, and is refused after the defence', async () => {
    await page.goto(`${site.url}attack`)
    for (const name of EXERCISE_NAMES) {
      await page.locator(`input[value="${name}"]`).check()
      await page.getByRole('button', { name: 'Run exploit' }).click()
      await before().getByText('The attack worked.').waitFor()
      await page.getByRole('button', { name: 'Apply defence' }).click()
      await page.getByRole('button', { name: 'Run again' }).click()
      await after()
        .getByText(/The attack was refused: [a-z_.]+/)
        .or(after().getByText('The attack worked'))
        .first()
        .waitFor()
      expect(await after().getByRole('status').textContent(), name).toMatch(/refused: .*Nothing in the book went/)
      expect(await page.locator('details.panel').evaluate((details) => Reflect.get(details, 'open'))).toBe(true)
    }
    await page.getByText('Exercises · 12 of 12 stopped').waitFor()
    expect(problems).toEqual([])
  })

  it('pleases axe with results, goes by keyboard, keeps the exercise in the link, and forgets', async () => {
    expect(await looksRight()).toEqual([])
    await page.locator('input[value="half-logout"]').focus()
    await page.keyboard.press('ArrowUp')
    await page.getByRole('heading', { name: /planted/ }).waitFor()
    expect(page.url()).toMatch(/#v=1&exercise=planted-cookie$/)
    await page.getByRole('button', { name: 'Forget everything' }).click()
    await page.getByText('Exercises · 0 of 12 stopped').waitFor()
    await page.goto(`${site.url}attack#v=1&exercise=weak-secret`)
    await page.reload()
    await page.locator('input[value="weak-secret"]').focus()
    await page.keyboard.press('Control+Enter')
    await before()
      .getByText(/guesses per second: [\d,]+ in this browser, now/)
      .waitFor()
    expect(problems).toEqual([])
  })

  it('a sign-on loses its Lax state cookie by form_post, and does not where the form is put aside', async () => {
    await page.goto(`${site.url}sso`)
    await page.getByText('It holds').waitFor()
    await page.getByText(/app-one let Alice in for 2 s more, app-two for 30 s/).waitFor()
    await page.getByLabel('form_post, unrelated sites').check()
    await page.getByText('The sign-in fails').waitFor()
    await page.getByText(/not sent \(SameSite=Lax, and this is a cross-site POST\)/).waitFor()
    await page.getByLabel(/the form is put aside/).check()
    await page.getByText('It holds').waitFor()
    expect(page.url()).toContain('stateCookie=aside')
    expect(await looksRight()).toEqual([])
    expect(await page.locator('main').textContent()).not.toMatch(/eyJ|[A-Za-z0-9_-]{30,}/)
    expect(problems).toEqual([])
  })
})
