/** The Cookies screen in real Chromium: lines, reasons, the grid by keyboard, links without values, and what axe says. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildLab } from '../../scripts/build-lab.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { temporaryFolder } from '../support/processes.ts'

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
/** As the server sends it with the Lab. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'none'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lab"
const SECRET = 'c2VjcmV0LXZhbHVl'

describeInChromium('the Cookies screen', () => {
  const folder = temporaryFolder()
  let server: Server
  let browser: OpenBrowser
  let page: Page
  let url: string

  beforeAll(async () => {
    await buildLab(join(folder.path, 'lab'))
    const files = new Map(readdirSync(join(folder.path, 'lab')).map((name) => [name, join(folder.path, 'lab', name)]))
    server = createServer(({ url: path = '/' }, outgoing) => {
      const asked = path.split('?')[0]?.slice('/lab/'.length) || 'index'
      const name = files.has(asked) ? asked : `${asked}.html`
      const file = files.get(name)
      const type = { js: 'text/javascript', css: 'text/css', html: 'text/html; charset=utf-8' }[
        name.split('.').at(-1) ?? ''
      ]
      outgoing.writeHead(file ? 200 : 404, { 'Content-Type': type ?? 'text/plain', 'Content-Security-Policy': POLICY })
      outgoing.end(file ? readFileSync(file) : '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://localhost:${(server.address() as AddressInfo).port}/lab/cookies`
    browser = await openBrowser()
    page = browser.context.pages()[0] ?? (await browser.context.newPage())
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    server?.close()
    folder.remove()
  })

  it('audits lines, mends them, and keeps values out of the link', async () => {
    page.setDefaultTimeout(10_000)
    await page.goto(url)
    const field = page.getByLabel(/One line for each cookie/)
    await field.fill(`__Host-a=${SECRET}; Path=/x; Secure\nb=${SECRET}; Secure; SameSite=Lax`)
    await page.getByText('1 of 2 lines stored.').waitFor()
    await page.getByText('a __Host- prefix needs Path=/, written out').first().waitFor()
    expect(await page.getByText(`__Host-a=${SECRET}; Path=/; Secure`).count()).toBe(1)
    await page.waitForFunction(() => location.hash.includes('cookies='))
    expect(page.url()).not.toContain(SECRET)
    const shared = page.url()
    await page.goto('about:blank')
    await page.goto(shared)
    expect(await field.inputValue()).toBe(`__Host-c1=${'x'.repeat(16)}; Path=/account; Secure
c2=${'x'.repeat(16)}; Secure; SameSite=Lax`)
  })

  it('walks the grid by keyboard and says why', async () => {
    await page.goto('about:blank')
    await page.goto(url)
    const cell = page.locator('[data-cell="top-post lax"]')
    await cell.focus()
    await page.getByText('withheld: SameSite=Lax, and this is a cross-site POST').waitFor()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.getByText('sent only because it is younger than 2 minutes').waitFor()
    expect(
      await page
        .locator('[data-cell]')
        .evaluateAll((all) => all.filter((one) => one.getAttribute('tabindex') === '0').length),
    ).toBe(1)
    await page.getByLabel('over 2 minutes').check()
    await page.getByText('withheld: no SameSite, so it counts as Lax').waitFor()
  })

  it('explains why a cookie does not arrive, and compares two', async () => {
    await page.getByRole('button', { name: 'Use a sample' }).click()
    const why = page.getByRole('region', { name: 'Why did my cookie not arrive?', exact: true })
    await why.getByText('withheld').first().waitFor()
    await why.getByLabel('Cookie', { exact: true }).selectOption({ index: 1 })
    await page
      .getByRole('region', { name: 'Compare two cookies', exact: true })
      .getByText(/points differ/)
      .first()
      .waitFor()
  })

  it('pleases axe and fits the window, light and dark, wide and narrow', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width, height: 900 })
        if (process.env.SHOTS)
          await page.screenshot({ path: join(process.env.SHOTS, `cookies-${scheme}-${width}.png`), fullPage: true })
        expect([scheme, width, await faults(page)]).toEqual([scheme, width, []])
      }
    }
  })
})

async function faults(page: Page): Promise<readonly string[]> {
  // By the debugger, which the page's policy does not bind.
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: AXE })
  await session.detach()
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run()
    const { scrollWidth, clientWidth } = document.documentElement
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    return scrollWidth > clientWidth ? [...found, `scrolls sideways: ${scrollWidth} > ${clientWidth}`] : found
  })
}
