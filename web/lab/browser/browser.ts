/** A browser of the simulation: the cookie jar's model, and the headers by which a browser says who asks. */
import type { HttpRequest, HttpResponse } from '../../../src/http/message.ts'
import type { Exchange, Kind } from '../jar/exchange.ts'
import { createJar, type Jar, type SetVerdict } from '../jar/jar.ts'
import { isSameSite, type Place } from '../jar/place.ts'
import type { SendVerdict } from '../jar/sending.ts'
import type { JarSettings } from '../jar/settings.ts'
import { originOf, placeOf } from './address.ts'

export interface Asking {
  readonly kind: Exclude<Kind, 'script'>
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** The page that asks; null: the address bar. */
  readonly page: string | null
  /** Fields of a form. */
  readonly fields?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface Sent {
  readonly request: HttpRequest
  readonly exchange: Exchange
  /** Every cookie of the jar, with why it is not there. */
  readonly cookies: readonly SendVerdict[]
}

export interface SimulatedBrowser {
  readonly jar: Jar
  /** The request as it leaves: `Cookie`, `Origin` and `Sec-Fetch-Site` are the browser's. */
  send(asking: Asking): Sent
  /** Keeps what the answer sets, or says why not. */
  keep(response: Pick<HttpResponse, 'headers'>, exchange: Exchange): readonly SetVerdict[]
  /** What a script of that page reads of the cookies. */
  readCookies(page: string): string
  /** What a script of that page sets. */
  writeCookie(page: string, line: string): SetVerdict
}

export function createBrowser(nowMs: () => number, settings?: JarSettings): SimulatedBrowser {
  const jar = createJar(settings)
  const scriptOf = (page: string): Exchange => ({ kind: 'script', url: placeOf(page), page: placeOf(page) })
  return {
    jar,
    send({ kind, method, url, page, fields, headers = {} }) {
      const to = placeOf(url)
      const from = page === null ? null : placeOf(page)
      const exchange: Exchange = {
        kind,
        url: to,
        page: from ?? to,
        method,
        ...(kind === 'iframe' && from ? { frame: from } : {}),
      }
      const cookies = jar.judge(exchange, nowMs())
      const all = new Headers({
        host: to.host,
        'sec-fetch-site': fetchSite(from, to),
        'user-agent': 'Browser',
        ...headers,
      })
      const cookie = jar.header(exchange, nowMs())
      if (cookie !== null) all.set('cookie', cookie)
      if (from && (method === 'POST' || kind === 'fetch')) all.set('origin', originOf(from))
      if (fields) all.set('content-type', 'application/x-www-form-urlencoded')
      const { pathname, search } = new URL(url)
      const body = fields ? new URLSearchParams(fields).toString() : null
      return { request: { method, url: pathname + search, headers: all, body }, exchange, cookies }
    },
    keep: ({ headers }, exchange) => headers.getSetCookie().map((line) => jar.set(line, exchange, nowMs())),
    readCookies: (page) => jar.read(scriptOf(page), nowMs()),
    writeCookie: (page, line) => jar.set(line, scriptOf(page), nowMs()),
  }
}

function fetchSite(from: Place | null, to: Place): string {
  if (from === null) return 'none'
  if (originOf(from) === originOf(to)) return 'same-origin'
  return isSameSite(from, to) ? 'same-site' : 'cross-site'
}
