/** The documents at `/docs/` in real Chromium: what axe says, how narrow they may be, the search, and no network. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildDocs } from '../../scripts/build-docs.ts'
import { describeInChromium, type OpenBrowser, openBrowser } from '../support/chromium.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'
import { root } from '../support/source-files.ts'

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
const PAGES = ['/docs/', '/docs/guides/getting-started', '/docs/errors', '/docs/benchmarks', '/docs/readme']

describeInChromium('the documents', () => {
  let server: TestServer
  let opened: OpenBrowser
  let page: Page
  const failures: string[] = []

  beforeAll(async () => {
    if (!existsSync(join(root, 'dist/docs'))) await buildDocs(join(root, 'dist/docs'))
    server = await startTestServer()
    opened = await openBrowser()
    page = await opened.context.newPage()
    page.on('console', (message) => message.type() === 'error' && failures.push(message.text()))
  })
  afterAll(async () => {
    await opened.close()
    await server.close()
  })

  it('have a policy of their own, and no other origin in it', async () => {
    const { headers } = await fetch(`${server.url}/docs/errors`)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(headers.get('content-security-policy')).toContain('trusted-types docs')
    expect((await fetch(`${server.url}/docs`, { redirect: 'manual' })).headers.get('location')).toBe('/docs/')
    expect((await fetch(`${server.url}/docs/guides/none`)).status).toBe(404)
    expect((await fetch(`${server.url}/docs/..%2fserver/app.js`)).status).toBe(404)
  })

  it.each(['light', 'dark'] as const)('pass axe, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width: 1280, height: 900 })
    for (const path of PAGES) {
      await page.goto(server.url + path)
      // Through the protocol: the page's own policy lets no foreign script in.
      const found = await page.evaluate(
        `${AXE}; axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
      )
      expect([path, found]).toEqual([path, []])
    }
  })

  it('need no sideways scrolling at 360 px', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const path of PAGES) {
      await page.goto(server.url + path)
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360])
    }
  })

  it('are searched, and read on without a network', async () => {
    await page.goto(`${server.url}/docs/`)
    await page.evaluate('navigator.serviceWorker.ready')
    await page.waitForFunction('navigator.serviceWorker.controller !== null')
    await opened.context.setOffline(true)
    await page.goto(`${server.url}/docs/guides/fleet`)
    expect(await page.locator('h1').textContent()).toMatch(/fleet|several|machines/i)
    await page.keyboard.press('/')
    await page.keyboard.type('token.claims_stale')
    await page.locator('.found li').first().waitFor()
    expect(await page.locator('#found').textContent()).toMatch(/place/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/docs\/errors/)
    await opened.context.setOffline(false)
    expect(failures.filter((text) => !/ERR_INTERNET_DISCONNECTED/.test(text))).toEqual([])
  })
})
