/** A real Chromium that plays the jar's script: sites on loopback, cookies set and read. */
import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CDPSession, Page } from 'playwright-core'
import type { Place } from '../../web/lab/jar/place.ts'
import { makeCertificate, type OpenBrowser, openBrowser } from './chromium.ts'
import { type Batch, HOSTS, insecure, OTHER, readingsOf, SIBLING, SKEW, urlOf, type Way } from './jar-script.ts'

export interface BrowserCookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  readonly path: string
  readonly expires: number
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite?: string
  readonly priority: string
  readonly partitionKey?: { readonly topLevelSite: string; readonly hasCrossSiteAncestor: boolean }
}

export interface Observed {
  /** When the lines of each step were sent. */
  readonly sentMs: readonly number[]
  readonly cookies: readonly BrowserCookie[]
  /** Byte strings by reading; for scripts, text. Null: nothing. */
  readonly headers: ReadonlyMap<string, string | null>
  readonly readMs: number
}

export interface JarWorld {
  readonly version: string
  observe(batch: Batch): Promise<Observed>
  close(): Promise<void>
}

const PAGE = Buffer.from('<!doctype html><meta charset=utf-8><title>jar</title><link rel=icon href=data:,>')

/** @param args more of them for Chromium */
export async function openJarWorld(thirdPartyCookies: boolean, args: readonly string[] = []): Promise<JarWorld> {
  const certificate = makeCertificate(HOSTS)
  const seen = new Map<string, string | null>()
  let pending: readonly string[] = []
  let skewMs: number | null = null
  let sentMs = 0

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { searchParams } = new URL(request.url ?? '/', 'https://jar.invalid')
    const key = searchParams.get('read')
    if (key !== null) seen.set(key, request.headers.cookie ?? null)
    const to = searchParams.get('to')
    const set = searchParams.has('set')
    const head = [
      to === null ? 'HTTP/1.1 200 OK' : 'HTTP/1.1 302 Found',
      'Content-Type: text/html',
      'Cache-Control: no-store',
      `Content-Length: ${PAGE.length}`,
      ...(to === null ? [] : [`Location: ${to}`]),
    ]
    if (set) {
      sentMs = Date.now()
      if (skewMs !== null) head.push(`Date: ${new Date(sentMs + skewMs).toUTCString()}`)
      // Node refuses to send what these tests must send: written past it, on a connection that then ends.
      head.push('Connection: close', ...pending.map((line) => `Set-Cookie: ${line}`))
      request.socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), PAGE]))
      return
    }
    response.sendDate = false
    response.writeHead(to === null ? 200 : 302, {
      'Content-Type': 'text/html',
      'Cache-Control': 'no-store',
      ...(to === null ? {} : { Location: to }),
    })
    request.resume()
    response.end(PAGE)
  }
  const limits = { maxHeaderSize: 1 << 21, keepAliveTimeout: 60_000 }
  const secure = createHttps({ ...certificate, ...limits }, answer)
  const plain = createHttp(limits, answer)
  for (const server of [secure, plain]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const portOf = (server: typeof plain | typeof secure): number => (server.address() as AddressInfo).port
  const rules = HOSTS.flatMap((host) => [
    `MAP ${host}:443 127.0.0.1:${portOf(secure)}`,
    `MAP ${host}:80 127.0.0.1:${portOf(plain)}`,
  ])
  const browser: OpenBrowser = await openBrowser(
    [
      `--host-resolver-rules=${rules.join(', ')}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      `--ignore-certificate-errors-spki-list=${certificate.spki}`,
      ...args,
    ],
    thirdPartyCookies,
  )
  const page = browser.context.pages()[0] ?? (await browser.context.newPage())
  const cdp = await browser.context.newCDPSession(page)

  return {
    version: browser.context.browser()?.version() ?? 'unknown',
    async observe({ target, steps }) {
      await cdp.send('Storage.clearCookies')
      seen.clear()
      const times: number[] = []
      for (const { way, lines } of steps) {
        pending = lines
        skewMs = SKEW[way] ?? null
        sentMs = Date.now()
        await setBy(way, page, target, lines)
        times.push(sentMs)
      }
      const cookies = await readStored(cdp)
      const readMs = Date.now()
      const headers = new Map<string, string | null>()
      await readAll(page, target, headers)
      for (const [key, value] of seen) headers.set(key, value)
      return { sentMs: times, cookies, headers, readMs }
    },
    async close() {
      await browser.close()
      for (const server of [secure, plain]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
}

async function readStored(cdp: CDPSession): Promise<readonly BrowserCookie[]> {
  const { cookies } = await cdp.send('Storage.getCookies')
  return cookies as unknown as readonly BrowserCookie[]
}

async function setBy(way: Way, page: Page, target: Place, lines: readonly string[]): Promise<void> {
  const url = urlOf(target, 'set')
  const away = urlOf(OTHER, 'blank')
  switch (way) {
    case 'fetch-same':
      await page.goto(urlOf(target, 'blank'))
      return ask(page, [['fetch', url]])
    case 'fetch-sibling':
      await page.goto(urlOf(SIBLING, 'blank'))
      return ask(page, [['fetch', url]])
    case 'fetch-cross':
    case 'iframe-cross':
    case 'img-cross':
      await page.goto(away)
      return ask(page, [[way.slice(0, -6) as 'fetch' | 'iframe' | 'img', url]])
    case 'script':
      await page.goto(urlOf(target, 'blank'))
      return page.evaluate(writeByScript, lines)
    case 'script-in-iframe': {
      await page.goto(away)
      await ask(page, [['iframe', urlOf(target, 'blank')]])
      return page.frames().at(-1)?.evaluate(writeByScript, lines)
    }
    case 'fetch-in-nested': {
      await page.goto(urlOf(target, 'blank'))
      await ask(page, [['iframe', away]])
      const frame = page.frames().at(-1)
      return frame ? ask(frame, [['fetch', url]]) : undefined
    }
    case 'http':
      await page.goto(urlOf(insecure(target), 'set'))
      return
    case 'top-post':
      await page.goto(away)
      return post(page, url)
    case 'redirect-get':
      await page.goto(away)
      return follow(page, urlOf(OTHER, `to=${encodeURIComponent(url)}`), url)
    case 'sibling':
      await page.goto(urlOf(SIBLING, 'set'))
      return
    default:
      await page.goto(url)
  }
}

function writeByScript(lines: readonly string[]): void {
  // biome-ignore lint/suspicious/noDocumentCookie: this is what is measured
  for (const line of lines) document.cookie = line
  // Reading waits until the browser has taken them all in.
  void document.cookie
}

type Asking = readonly [kind: 'fetch' | 'post' | 'img' | 'iframe', url: string]

/** Several requests at once from one page. */
async function ask(page: Pick<Page, 'evaluate'>, askings: readonly Asking[]): Promise<void> {
  await page.evaluate(
    (list) =>
      Promise.all(
        list.map(async ([kind, url]) => {
          if (kind === 'fetch' || kind === 'post') {
            const method = kind === 'post' ? 'POST' : 'GET'
            await fetch(url, { mode: 'no-cors', credentials: 'include', method }).catch(() => {})
            return
          }
          const element = document.createElement(kind)
          const done = new Promise((resolve) => {
            element.onload = resolve
            element.onerror = resolve
          })
          element.src = url
          document.body.append(element)
          await done
        }),
      ),
    askings,
  )
}

async function follow(page: Page, url: string, until = url): Promise<void> {
  await page.evaluate((to) => {
    location.href = to
  }, url)
  await page.waitForURL(until)
}

async function post(page: Page, url: string): Promise<void> {
  await page.evaluate((to) => {
    const form = document.createElement('form')
    form.method = 'POST'
    form.action = to
    document.body.append(form)
    form.submit()
  }, url)
  await page.waitForURL(url)
}

async function readAll(page: Page, target: Place, headers: Map<string, string | null>): Promise<void> {
  const readings = new Map(readingsOf(target).map(({ key, exchange }) => [key, exchange.url]))
  const at = (key: string): string => urlOf(readings.get(key) ?? target, `read=${key}`)
  const viaOther = (key: string): string => urlOf(OTHER, `to=${encodeURIComponent(at(key))}`)
  const away = urlOf(OTHER, 'blank')
  const script = async (key: string, frame: Pick<Page, 'evaluate'>): Promise<void> => {
    headers.set(key, (await frame.evaluate(() => document.cookie)) || null)
  }

  await page.goto(at('typed'))
  await script('script', page)
  await ask(page, [
    ['fetch', at('fetch-same')],
    ['post', at('post-same')],
    ['fetch', at('path-parent')],
    ['fetch', at('path-slash')],
    ['fetch', at('path-longer')],
    ['fetch', at('path-other')],
    ['img', at('path-root')],
    ['fetch', at('to-sibling')],
    ['fetch', at('to-child')],
    ['img', at('to-parent')],
    ['fetch', at('to-other')],
    ['fetch', viaOther('by-redirect')],
    ['iframe', at('iframe-same')],
  ])
  await ask(page, [['iframe', away]])
  const nested = page.frames().at(-1)
  if (nested) await ask(nested, [['fetch', at('nested')]])
  await follow(page, viaOther('x-top-redirect'), at('x-top-redirect'))

  await page.goto(away)
  await ask(page, [
    ['fetch', at('x-fetch')],
    ['post', at('x-post')],
    ['img', at('x-img')],
    ['iframe', at('x-iframe')],
  ])
  const frame = page.frames().at(-1)
  if (frame) await script('x-script', frame)
  await follow(page, at('x-top-get'))
  await page.goto(away)
  await post(page, at('x-top-post'))

  await page.goto(at('s-typed'))
  await ask(page, [
    ['fetch', at('s-fetch')],
    ['iframe', at('s-iframe')],
  ])
  await post(page, at('s-top-post'))

  await page.goto(at('http-typed'))
  await script('http-script', page)
  await ask(page, [['fetch', at('http-fetch')]])
  await follow(page, at('http-top-get'))
}
