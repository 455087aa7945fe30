/** Decide and Claims in real Chromium: answers move the recommendation and the link, and cards lead to what they speak of. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LINE_IDS } from '../../web/lab/claims/lines.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { buildLabFolder, type LabFolder, type LabSite, openLabSite } from '../support/lab-site.ts'
import { faultsOf } from '../support/page-faults.ts'

describeInChromium('Decide and Claims', () => {
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
    await page.emulateMedia({ reducedMotion: 'reduce' })
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    folder?.remove()
  })
  const told = () => page.getByRole('region', { name: 'Recommendation' }).getByRole('status').textContent()

  it('answers at once, keeps the answers in the link, and nothing else', async () => {
    await page.goto(`${site.url}decide`)
    expect(await told()).toMatch(/Browser ↔ application: R1 session cookie, answered from memory/)
    await page.getByRole('checkbox', { name: 'A phone or desktop program' }).check()
    await page.getByRole('combobox', { name: 'Who verifies?' }).selectOption('check')
    expect(await told()).toMatch(/Application ↔ services: R2 \+ R6/)
    expect(await told()).toMatch(/Phones, partners ↔ API: R3 \+ R6/)
    expect(new URL(page.url()).hash).toBe('#v=1&q1=pages.mobile&q8=check')
    await page.reload()
    expect(await told()).toMatch(/Phones, partners ↔ API: R3 \+ R6/)
    await page.getByRole('radio', { name: 'service.ts' }).check()
    expect(await page.getByRole('region', { name: 'service.ts' }).textContent()).toContain('createVerifier({')
    expect(problems).toEqual([])
  })

  it('runs the recommendation in Compare, and attacks it', async () => {
    await page.goto(`${site.url}decide#v=1&q1=pages.mobile&q8=check`)
    await page.getByRole('button', { name: 'Run it in Compare' }).click()
    const first = page.getByRole('combobox', { name: 'First column' })
    await first.waitFor()
    expect(await first.inputValue()).toBe('sojourn-cookie')
    expect(await page.getByRole('combobox', { name: 'Second column' }).inputValue()).toBe('sojourn-token')
    await page.goBack()
    await page.getByRole('button', { name: 'Attack it' }).click()
    await page.getByRole('heading', { name: 'A copy of a refresh token' }).waitFor()
    expect(new URL(page.url()).hash).toBe('#v=1&exercise=refresh-reuse')
    expect(problems).toEqual([])
  })

  it('names a conflict with the way out, and tries a change', async () => {
    await page.goto(`${site.url}decide#v=1&q13=`)
    expect(await told()).toContain('your answers are in conflict')
    await page.getByText('What can the team run: with “A store that lasts”').first().waitFor()
    await page.getByRole('button', { name: 'Try: What can the team run: with “A store that lasts”' }).click()
    expect(await told()).toContain('session cookie, looked up at each request')
  })

  it('moves weights, and they stay a hundred', async () => {
    await page.goto(`${site.url}decide#v=1&preset=banking`)
    await page.getByText('Weights: what counts').click()
    await page.getByLabel('Parts to run: 4').fill('40')
    await page.getByText('The weights were moved.').waitFor()
    const values = await page
      .locator('input[type=range]')
      .evaluateAll((all) => all.map((one) => Number(Reflect.get(one, 'value'))))
    expect(values.reduce((sum, value) => sum + value, 0)).toBe(100)
    await page.getByText('Refine: eleven more').click()
    expect(await faultsOf(page)).toEqual([])
  })

  it('has a card for every line, filters them, and shows what one speaks of', async () => {
    await page.goto(`${site.url}claims`)
    const cards = page.locator('.cards > section')
    await cards.first().waitFor()
    expect(await cards.count()).toBe(LINE_IDS.length)
    await page.getByRole('radio', { name: 'no longer' }).check()
    const fewer = await cards.count()
    expect(fewer).toBeGreaterThan(3)
    expect(fewer).toBeLessThan(LINE_IDS.length)
    await page.getByRole('radio', { name: 'All' }).check()
    await page.getByRole('button', { name: 'Show me in Decide: V-2' }).click()
    expect(await told()).toMatch(/Application ↔ services: R2/)
    await page.goto(`${site.url}claims`)
    await page.getByRole('button', { name: 'Show me in Compare: J-4' }).click()
    const scenario = page.getByRole('combobox', { name: 'Scenario' })
    await scenario.waitFor()
    expect(await scenario.inputValue()).toBe('role-removed')
    expect(problems).toEqual([])
  })
})
