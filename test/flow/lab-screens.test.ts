/** Every screen of the Lab: light and dark, wide and narrow, by axe, by keyboard, and what is left when it forgets. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SCREENS } from '../../web/lab/shell/screens.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { buildLabFolder, type LabFolder, type LabSite, openLabSite } from '../support/lab-site.ts'
import { faultsOf } from '../support/page-faults.ts'

const WIDE = { width: 1280, height: 900 }
const NARROW = { width: 360, height: 800 }
const MARK = 'mark-that-must-be-forgotten'

describeInChromium('the screens of the Lab', () => {
  let folder: LabFolder
  let site: LabSite
  let browser: OpenBrowser
  let page: Page
  const problems: string[] = []
  beforeAll(async () => {
    folder = await buildLabFolder()
    ;[site, browser] = await Promise.all([openLabSite(folder), openBrowser()])
    page = await browser.context.newPage()
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('pageerror', ({ message }) => problems.push(message))
    page.on('requestfailed', (request) => problems.push(`${request.url()} failed`))
    page.on(
      'response',
      (response) => response.status() >= 400 && problems.push(`${response.url()} ${response.status()}`),
    )
    await page.emulateMedia({ reducedMotion: 'reduce' })
  })
  afterAll(async () => {
    await browser.close()
    await site.close()
    folder.remove()
  })

  const open = async (name: string): Promise<void> => {
    await page.goto(site.url + name)
    await page.locator('main h1').waitFor()
    // A screen may look around first (Proof does): it is there when it adds nothing more.
    let seen = -1
    for (let now = await countOf(page); now !== seen; now = await countOf(page)) {
      seen = now
      await page.waitForTimeout(150)
    }
  }

  describe.each(SCREENS)('$title', ({ name }) => {
    it('pleases axe and fits the window, light and dark, wide and narrow', async () => {
      await page.setViewportSize(WIDE)
      await open(name)
      const found: string[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const size of [WIDE, NARROW]) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await page.setViewportSize(size)
          // Colours do not depend on the width, nor names on the colours.
          const only = (colorScheme === 'light') === (size === WIDE) ? null : (['color-contrast'] as const)
          found.push(...(await faultsOf(page, only)).map((fault) => `${colorScheme}, ${size.width}: ${fault}`))
        }
      }
      await page.setViewportSize({ width: 320, height: 640 })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (wide > 0) found.push(`at 320 px it scrolls ${wide} px sideways`)
      expect(found).toEqual([])
      expect(problems.splice(0)).toEqual([])
    })

    it('is reached by Tab, all of it, in the order in which it is read', async () => {
      await page.setViewportSize(WIDE)
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
      await open(name)
      const expected = await page.evaluate(tabStops)
      const reached: string[] = []
      for (let i = 0; i < expected.length; i++) {
        await page.keyboard.press('Tab')
        reached.push(await page.evaluate(focused))
      }
      expect(reached).toEqual(expected)
    })

    it('has one first heading, and no level is left out', async () => {
      const levels = await page.evaluate(() =>
        [...document.querySelectorAll('main :is(h1, h2, h3, h4)')].map(({ tagName }) => Number(tagName.slice(1))),
      )
      expect(levels.filter((level) => level === 1)).toHaveLength(1)
      expect(levels.filter((level, i) => i > 0 && level > (levels[i - 1] ?? 0) + 1)).toEqual([])
    })

    it('holds nothing of its fields any more once everything is forgotten', async () => {
      const fields = page.locator('main').locator('textarea, input[type="text"]')
      for (let i = 0; i < (await fields.count()); i++) {
        await fields
          .nth(i)
          .fill(MARK, { timeout: 1_000 })
          .catch(() => undefined)
      }
      await page.getByRole('banner').getByRole('button', { name: 'Forget everything' }).click()
      await page.waitForFunction(
        (mark) =>
          ![...document.querySelectorAll('textarea, input')].some((field) =>
            Reflect.get(field, 'value')?.includes(mark),
          ) && !document.body.textContent.includes(mark),
        MARK,
        { timeout: 3_000 },
      )
      expect(problems.splice(0)).toEqual([])
    })
  })

  it('are gone to by g and a letter; ? helps, Escape closes, / goes to the main field', async () => {
    await page.setViewportSize(WIDE)
    await open('')
    const help = page.getByRole('dialog', { name: 'Keys' })
    for (const { letter, name } of SCREENS) {
      await page.keyboard.press('g')
      await page.keyboard.press(letter)
      await page.waitForFunction((path) => location.pathname.endsWith(`/lab/${path}`), name)
      await page.waitForFunction(() => document.activeElement?.id === 'screen')
      if ((await page.locator('[data-main-input]').count()) === 0) continue
      await page.keyboard.press('/')
      expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-main-input')), name).toBe(true)
      // In a field, letters are letters.
      await page.keyboard.press('?')
      expect(await help.isVisible()).toBe(false)
      await page.evaluate(() => document.getElementById('screen')?.focus())
    }
    await page.keyboard.press('?')
    await help.waitFor()
    expect(await faultsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await help.waitFor({ state: 'hidden' })
    // Letters can be switched off.
    await open('proof')
    await page.getByRole('button', { name: 'Keys' }).click()
    await page.getByLabel('single letters are commands').uncheck()
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    expect(await help.isVisible()).toBe(false)
    await page.evaluate(() => localStorage.clear())
  })

  it('fold the navigation away at 360 px, and open it by its button', async () => {
    await page.setViewportSize(NARROW)
    await open('proof')
    expect(await page.locator('header.bar').evaluate(({ clientHeight }) => clientHeight)).toBeLessThan(120)
    const menu = page.getByRole('button', { name: /all screens/ })
    await menu.click()
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link').first().waitFor()
    expect(await faultsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await menu.getAttribute('aria-expanded')).toBe('false')
    expect(await menu.evaluate((button) => button === document.activeElement)).toBe(true)
    await page.setViewportSize(WIDE)
  })

  it('take a token out of the address of another tool’s link, and say so', async () => {
    await page.goto(`${site.url}#id_token=abc.def.ghi`)
    await page.getByText('removed from the address').waitFor()
    expect(page.url()).not.toContain('abc')
    await page.goto(`${site.url}proof?token=abc.def.ghi`)
    await page.getByText('was sent to a server').waitFor()
    expect(page.url()).toBe(`${site.url}proof`)
  })

  it('hold nothing any more when one comes back to them', async () => {
    const name = SCREENS.find(({ name }) => name === 'inspect' || name === '')?.name
    if (name === undefined) return
    await open(name)
    await page.locator('[data-main-input]').fill(MARK)
    await page.goto('about:blank')
    await page.goBack()
    await page.locator('main h1').waitFor()
    const kept = await page.evaluate(() => [...document.querySelectorAll('textarea')].map(({ value }) => value).join())
    expect(kept).not.toContain(MARK)
  })

  it('say what is missing where the browser gives a page no WebCrypto', async () => {
    const plain = await browser.context.newPage()
    const errors: string[] = []
    plain.on('pageerror', ({ message }) => errors.push(message))
    await plain.addInitScript(() => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined }))
    for (const { name } of SCREENS) {
      await plain.goto(site.url + name)
      await plain.locator('main h1').waitFor()
      await plain.getByText('the browser gives it no WebCrypto').waitFor()
    }
    expect(errors).toEqual([])
    await plain.close()
  })

  it('go on when the browser ends their engine', async () => {
    await open('proof')
    const measure = page.getByRole('button', { name: 'Measure' })
    await measure.click()
    await page.getByText(/takes [\d.]+ µs/).waitFor()
    await page.workers()[0]?.evaluate(() => globalThis.close())
    // Pressed at the very moment it says that it stopped; after that it runs again.
    await page.waitForFunction(async () => (await navigator.locks.query()).held?.length === 0)
    await measure.click()
    await page.getByText('Measuring').waitFor({ state: 'detached' })
    if (await page.getByText('the engine stopped').isVisible()) await measure.click()
    await page.getByText(/takes [\d.]+ µs/).waitFor()
  })

  it('are judged by a harness that finds a planted fault', async () => {
    await open('proof')
    await page.evaluate(() => {
      document.querySelector('main')?.append(document.createElement('button'))
    })
    expect(await faultsOf(page)).toEqual([expect.stringMatching(/^button-name at /)])
  })
})

/** What Tab should reach, as `focused` names it. Of a group of radio buttons: the chosen one. */
function tabStops(): string[] {
  const all = document.querySelectorAll<HTMLElement>(
    'a[href], button, input, select, textarea, summary, [tabindex], audio[controls]',
  )
  const stops = [...all].filter((element) => {
    if (element.tabIndex < 0 || element.matches(':disabled') || !element.checkVisibility({ visibilityProperty: true }))
      return false
    if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return true
    const group = [...document.querySelectorAll<HTMLInputElement>(`input[name="${CSS.escape(element.name)}"]`)]
    return element === (group.find(({ checked }) => checked) ?? group[0])
  })
  stops.forEach((element, i) => {
    element.dataset.stop = String(i)
  })
  return stops.map((element, i) => `${i} ${element.tagName} ${element.id || element.textContent.trim().slice(0, 30)}`)
}

function focused(): string {
  const element = document.activeElement
  if (!(element instanceof HTMLElement)) return 'nothing'
  return `${element.dataset.stop} ${element.tagName} ${element.id || element.textContent.trim().slice(0, 30)}`
}

const countOf = (page: Page): Promise<number> => page.locator('main *').count()
