/**
 * What the Lab weighs, and how long it takes in Chromium (`npm run lab-budget`; WRITE_RESULTS=1 keeps it). Sizes are held by a test;
 * times depend on the machine and only inform.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { openBrowser } from '../test/support/chromium.ts'
import { buildLabFolder, openLabSite } from '../test/support/lab-site.ts'
import { root } from '../test/support/source-files.ts'
import { SCREENS } from '../web/lab/shell/screens.ts'
import { BUDGET, labSizes } from './lab-sizes.ts'

const RUNS = 5
const PLAY_MS = 3_000

const has = (screen: string) => SCREENS.some(({ name }) => name === screen)
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const rounded = (ms: number) => Math.round(ms * 10) / 10

/** From the navigation to the first screen's heading, cold, on a processor four times slower. */
async function interactiveMs(context: BrowserContext, url: string): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const page = await context.newPage()
    const devTools = await context.newCDPSession(page)
    await devTools.send('Network.enable')
    await devTools.send('Network.setCacheDisabled', { cacheDisabled: true })
    await devTools.send('Network.setBypassServiceWorker', { bypass: true })
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await page.addInitScript(() => {
      const watch = new MutationObserver(() => {
        if (!document.querySelector('main h1')) return
        watch.disconnect()
        // After the frame that shows it, with the thread free again.
        requestAnimationFrame(() => setTimeout(() => Object.assign(window, { shownAt: performance.now() })))
      })
      watch.observe(document, { childList: true, subtree: true })
    })
    await page.goto(url)
    const shown = await page.waitForFunction(() => Reflect.get(window, 'shownAt') as number | undefined)
    times.push((await shown.jsonValue()) ?? 0)
    await page.close()
  }
  return median(times)
}

/** Work of the page's thread from the paste of an 8 kB token to the frame that shows it. */
async function decodeMs(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage()
  await page.goto(`${url}inspect`)
  await page.locator('[data-main-input]').waitFor()
  const devTools = await context.newCDPSession(page)
  await devTools.send('Performance.enable')
  const worked = async () => {
    const { metrics } = await devTools.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0) * 1000
  }
  const times: number[] = []
  for (let i = 0; i < RUNS * 2; i++) {
    const before = await worked()
    await page.evaluate(put, tokenOf(8_192, i))
    times.push((await worked()) - before)
  }
  await page.close()
  return median(times)
}

function tokenOf(bytes: number, seed: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.`
  const claims = { sub: `u${seed}`, exp: 1_900_000_000, roles: [] as string[] }
  while (head.length + part(claims).length + 44 < bytes) claims.roles.push(`role-${claims.roles.length}`)
  return `${head}${part(claims)}.${'A'.repeat(43)}`
}

function put(token: string): Promise<void> {
  const field = document.querySelector<HTMLTextAreaElement>('[data-main-input]')
  if (!field) throw new Error('no main field')
  field.value = token
  field.dispatchEvent(new Event('input', { bubbles: true }))
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
}

interface TraceEvent {
  readonly name: string
  readonly ts: number
  readonly dur?: number
  readonly tid: number
  readonly pid: number
}

/** Work of the page's thread for each frame while Compare plays with 1 000 users: the 95th of 100. */
async function frameMs(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage()
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  await page.goto(`${url}compare#v=1&users=1000`)
  await page.getByRole('button', { name: /^run/i }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: 60_000 })
  const events = await trace(await context.newCDPSession(page), page)
  await page.close()
  const starts = events.filter(({ name }) => name === 'FireAnimationFrame')
  const [first] = starts
  if (!first) throw new Error('Compare drew no frame')
  const tasks = events.filter(({ name, pid, tid }) => name === 'RunTask' && pid === first.pid && tid === first.tid)
  const frames = starts.slice(1).map(({ ts }, i) => {
    const since = starts[i]?.ts ?? ts
    return sum(tasks.filter((task) => task.ts >= since && task.ts < ts)) / 1000
  })
  return frames.toSorted((a, b) => a - b)[Math.floor(frames.length * 0.95)] ?? 0
}

const sum = (events: readonly TraceEvent[]) => events.reduce((total, { dur = 0 }) => total + dur, 0)

async function trace(devTools: CDPSession, page: Page): Promise<TraceEvent[]> {
  const events: TraceEvent[] = []
  devTools.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  const complete = new Promise<void>((resolve) => devTools.on('Tracing.tracingComplete', () => resolve()))
  const categories = '-*,devtools.timeline,disabled-by-default-devtools.timeline,toplevel'
  await devTools.send('Tracing.start', { categories, transferMode: 'ReportEvents' })
  await page.waitForTimeout(PLAY_MS)
  await devTools.send('Tracing.end')
  await complete
  return events.toSorted((a, b) => a.ts - b.ts)
}

const folder = await buildLabFolder()
const site = await openLabSite(folder)
const browser = await openBrowser()
try {
  const sizes = labSizes(join(folder.path, 'lab'))
  const times = {
    interactiveMs: rounded(await interactiveMs(browser.context, site.url)),
    decodeMs: has('inspect') ? rounded(await decodeMs(browser.context, site.url)) : null,
    frameP95Ms: has('compare') ? rounded(await frameMs(browser.context, site.url)) : null,
  }
  const result = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? '?'}`,
    browser: `Chromium ${browser.context.browser()?.version() ?? '?'}`,
    budget: { ...BUDGET, interactiveMs: 1_000, decodeMs: 8, frameP95Ms: 8 },
    sizes,
    times,
  }
  for (const [what, limit] of Object.entries(result.budget)) {
    const value: number | null = { ...sizes, ...times }[what as keyof typeof result.budget]
    const verdict = value === null ? 'not measured: its screen is not there' : `${value} of ${limit}`
    console.log(`${what.padEnd(16)} ${verdict}${value !== null && value > limit ? '  OVER' : ''}`)
  }
  if (process.env.WRITE_RESULTS === '1')
    writeFileSync(join(root, 'test/results/lab-budget.json'), `${JSON.stringify(result, null, 2)}\n`)
} finally {
  await browser.close()
  await site.close()
  folder.remove()
}
