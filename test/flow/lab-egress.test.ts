/** Nothing leaves the Lab: eight ways out, with an attacker who listens; and a token typed everywhere is found nowhere. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { SCREENS } from '../../web/lab/shell/screens.ts'
import results from '../results/lab-egress.json' with { type: 'json' }
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { type Attacker, openAttacker, tryWaysOut, WAYS_OUT } from '../support/egress.ts'
import { buildLabFolder, type LabFolder, type LabSite, openLabSite } from '../support/lab-site.ts'
import { root } from '../support/source-files.ts'

/** Would be recognised wherever it turned up. */
const MARK = 'bWFya2VyLW9mLXRoaXMtdGVzdA'
const TOKEN = `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ${MARK}IiwiZXhwIjoxOTAwMDAwMDAwfQ.${MARK}c2lnbmF0dXJl`

describeInChromium('the Lab', () => {
  let folder: LabFolder
  let site: LabSite
  let bare: LabSite
  let attacker: Attacker
  let browser: OpenBrowser
  beforeAll(async () => {
    folder = await buildLabFolder()
    ;[site, bare, attacker, browser] = await Promise.all([
      openLabSite(folder),
      openLabSite(folder, { bare: true }),
      openAttacker(),
      openBrowser(),
    ])
  })
  afterAll(async () => {
    await browser.close()
    await Promise.all([site.close(), bare.close(), attacker.close()])
    folder.remove()
  })

  const open = async (screen = 'proof'): Promise<Page> => {
    const page = await browser.context.newPage()
    await page.goto(site.url + screen)
    await page.locator('h1').waitFor()
    await page.evaluate(() => navigator.serviceWorker.ready)
    return page
  }

  it('lets nothing out as it is served; headers and guard each do their part; without them all eight arrive', async () => {
    const { context } = browser
    const asServed = await tryWaysOut(context, site.url, attacker)
    const headersOnly = await tryWaysOut(context, site.url, attacker, { unguarded: true })
    const guardOnly = await tryWaysOut(context, bare.url, attacker)
    const nothing = await tryWaysOut(context, bare.url, attacker, { unguarded: true })
    expect({ asServed, headersOnly, guardOnly, nothing }).toEqual({
      asServed: [],
      headersOnly: [],
      // The guard knows navigation, windows and WebRTC; the rest is the headers' part.
      guardOnly: ['fetch', 'image'],
      nothing: WAYS_OUT,
    })
    const arrived = {
      asServed: asServed.length,
      headersOnly: headersOnly.length,
      guardOnly: guardOnly.length,
      nothing: nothing.length,
    }
    if (process.env.WRITE_RESULTS === '1') {
      const version = context.browser()?.version() ?? '?'
      const date = new Date().toISOString().slice(0, 10)
      const text = JSON.stringify({ browser: `Chromium ${version}`, date, channels: WAYS_OUT, arrived }, null, 2)
      writeFileSync(join(root, 'test/results/lab-egress.json'), `${text}\n`)
    } else
      expect({ channels: results.channels, arrived: results.arrived }).toEqual({ channels: [...WAYS_OUT], arrived })
  })

  it('serves every script under a policy of its own', async () => {
    const page = await open('')
    const scripts = [...(await page.evaluate(keptUrls)), `${site.url}sw.js`].filter((url) => url.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(4)
    for (const url of scripts) {
      const { headers, status } = await fetch(url)
      expect(status, url).toBe(200)
      expect(headers.get('connection-allowlist'), url).toMatch(/^\(response-origin\)/)
      const policy = headers.get('content-security-policy')
      expect(policy, url).toContain("default-src 'none'")
      expect(policy, url).toContain(url.endsWith('/sw.js') ? "connect-src 'self'" : "connect-src 'none'")
      expect(policy, url).not.toMatch(/unsafe|\*|https?:/)
    }
    await page.close()
  })

  it('tells in Proof what it measured, with a witness for each mark', async () => {
    const page = await open()
    const asked = site.asked.length
    const { verdict, rows, text } = await runSelfTest(page)
    expect(verdict).toContain('8 of 8 were stopped')
    expect(rows).toEqual([
      ['fetch', '✓ stopped', 'the browser reports: stopped by connect-src'],
      ['image', '✓ stopped', 'the browser reports: stopped by img-src'],
      ['form', '✓ stopped', expect.stringMatching(/form-action|guard/)],
      ['navigation', '✓ stopped', 'the page’s own guard cancelled it'],
      ['window.open', '✓ stopped', 'the page’s own guard cancelled it'],
      ['link', '✓ stopped', 'the page’s own guard cancelled it'],
      ['meta refresh', '✓ stopped', 'the page’s own guard cancelled it'],
      ['WebRTC', '✓ stopped', expect.stringContaining('WebRTC stopped by Connection-Allowlist')],
    ])
    expect(text).toContain("connect-src 'none'")
    expect(page.url()).toBe(`${site.url}proof`)
    expect(site.asked.slice(asked).filter((one) => one !== 'GET /lab/sw.js')).toEqual([])
    expect(await badgeOfStart(page)).toMatch(/^✓ 8 of 8 ways out stopped, measured here at \d\d:\d\d$/)
    await page.close()
  })

  it('gives no mark where nothing bears witness', async () => {
    const page = await browser.context.newPage()
    await page.addInitScript(() => Reflect.deleteProperty(window, 'ReportingObserver'))
    await page.goto(`${bare.url}proof`)
    const { verdict, rows, text } = await runSelfTest(page)
    expect(verdict).toContain('6 of 8 were stopped')
    expect(rows[0]).toEqual(['fetch', '! not shown', expect.stringContaining('do not rely on it')])
    expect(text).toContain('did not show that it knows Connection-Allowlist')
    expect(await badgeOfStart(page)).toMatch(/^! 6 of 8 ways out stopped/)
    await page.close()
  })

  it('keeps a token that is put into every field out of links, storage, caches and requests', async () => {
    const page = await open('')
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const asked = site.asked.length
    const addresses: string[] = []
    for (const { name, title } of SCREENS) {
      await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: title, exact: true }).click()
      await page.waitForFunction((path) => location.pathname.endsWith(`/${path}`), name)
      await page.locator('h1').waitFor()
      const fields = page.locator('main').locator('textarea, input[type="text"]')
      for (let i = 0; i < (await fields.count()); i++) {
        const field = fields.nth(i)
        if (!(await field.isEditable({ timeout: 500 }).catch(() => false))) continue
        await field.fill(TOKEN, { timeout: 2_000 }).catch(() => undefined)
        await field.press('Control+Enter', { timeout: 2_000 }).catch(() => undefined)
      }
      const controls = page.locator('main').locator('select, button.main')
      for (let i = 0; i < Math.min(6, await controls.count()); i++) {
        const control = controls.nth(i)
        // What is pressed may take other controls away.
        const kind = await control.evaluate(({ tagName }) => tagName, null, { timeout: 500 }).catch(() => null)
        if (kind === 'SELECT') await control.selectOption({ index: 1 }, { timeout: 1_000 }).catch(() => undefined)
        else if (kind !== null && name !== 'proof') await control.click({ timeout: 1_000 }).catch(() => undefined)
      }
      addresses.push(page.url())
    }
    const found = await page.evaluate(everythingKept)
    expect(JSON.stringify([addresses, found, site.asked])).not.toContain(MARK)
    expect(found.local).toEqual(['sojourn-lab'])
    expect(found).toMatchObject({ session: [], databases: [], cookie: '' })
    expect(await browser.context.cookies()).toEqual([])
    // By itself the browser looks whether the service worker is still the newest.
    expect(site.asked.slice(asked).filter((one) => one !== 'GET /lab/sw.js')).toEqual([])
    await page.close()
  })
})

/** By evaluation alone: Playwright's own waiting would wait for the navigations that were cancelled. */
async function runSelfTest(page: Page) {
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
  await page.evaluate(() => {
    const buttons = [...document.querySelectorAll('button')]
    buttons.find(({ textContent }) => textContent === 'Run')?.click()
  })
  const read = () =>
    page.evaluate(() => ({
      verdict: document.querySelector('.verdict')?.textContent ?? '',
      rows: [...document.querySelectorAll('section[aria-label="Eight ways out"] tbody tr')].map((row) =>
        [...row.children].map(({ textContent }) => textContent.trim()),
      ),
      text: document.querySelector('main')?.textContent ?? '',
    }))
  return vi.waitFor(
    async () => {
      const seen = await read()
      expect(seen.verdict).not.toBe('')
      return seen
    },
    { timeout: 20_000, interval: 200 },
  )
}

/** In the same page: a new one has measured nothing. */
async function badgeOfStart(page: Page): Promise<string> {
  await page.evaluate(() => document.querySelector<HTMLAnchorElement>('.bar a')?.click())
  return vi.waitFor(async () => {
    const badge = await page.evaluate(() => document.querySelector('main .badge')?.textContent.trim())
    expect(badge).toContain('ways out')
    return badge ?? ''
  })
}

async function keptUrls(): Promise<string[]> {
  const lists = await Promise.all(
    (await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
  )
  return lists.flat()
}

async function everythingKept() {
  const lists = await Promise.all(
    (await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
  )
  return {
    local: Object.keys(localStorage),
    localValues: Object.values(localStorage),
    session: Object.entries(sessionStorage),
    databases: await indexedDB.databases(),
    caches: lists.flat(),
    cookie: document.cookie,
    name: window.name,
    state: JSON.stringify(history.state),
    title: document.title,
    timeline: performance.getEntriesByType('resource').map(({ name }) => name),
  }
}
