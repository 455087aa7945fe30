/** The simulated network: hosts, a browser's tab that follows redirects, and servers that call each other. */
import type { HttpRequest, HttpResponse } from '../../../src/http/message.ts'
import type { Asking, SimulatedBrowser } from '../browser/browser.ts'
import { keptNotes, type Party, sentNotes, shownFields, shownUrl, type Trace } from './trace.ts'

/** A page may hold a form that sends itself (`form_post`). */
export interface Page extends HttpResponse {
  /** Where the browser has ended. */
  readonly at?: string
  readonly form?: { readonly action: string; readonly fields: Readonly<Record<string, string>> }
}

export interface Host {
  readonly party: Party
  handle(request: HttpRequest): Promise<Page>
}

export interface Network {
  add(origin: string, host: Host): void
  /** One server calls another: no browser, no cookies. */
  call(
    from: Party,
    url: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<HttpResponse>
  hostOf(url: string): Host
}

export function createNetwork(trace: Trace): Network {
  const hosts = new Map<string, Host>()
  const hostOf = (url: string): Host => {
    const host = hosts.get(new URL(url).origin)
    if (!host) throw new TypeError(`nobody is at ${new URL(url).origin}`)
    return host
  }
  return {
    add: (origin, host) => void hosts.set(origin, host),
    hostOf,
    async call(from, url, fields, headers = {}) {
      const host = hostOf(url)
      const names = shownFields(Object.entries(fields))
      const method = names === '' ? 'GET' : 'POST'
      const bearer = headers.authorization ? ' (Authorization: Bearer …)' : ''
      trace.ask(from, host.party, `${method} ${shownUrl(url)}${names === '' ? '' : ` ${names}`}${bearer}`)
      const { host: name, pathname, search } = new URL(url)
      const all = new Headers({ host: name, 'content-type': 'application/x-www-form-urlencoded', ...headers })
      const body = method === 'GET' ? null : new URLSearchParams(fields).toString()
      const answer = await host.handle({ method, url: pathname + search, headers: all, body })
      trace.answer(host.party, from, told(answer), codeOf(answer))
      return answer
    },
  }
}

export interface Tab {
  /** Follows redirects and forms that send themselves. @returns the last answer */
  go(asking: Asking): Promise<Page>
  /** By the address bar. */
  open(url: string): Promise<Page>
}

const MAX_HOPS = 12

export function createTab(browser: SimulatedBrowser, network: Network, trace: Trace): Tab {
  const ask = async (asking: Asking): Promise<Page> => {
    const { request, exchange, cookies } = browser.send(asking)
    const host = network.hostOf(asking.url)
    const fields = asking.fields ? ` ${shownFields(Object.entries(asking.fields))}` : ''
    const bearer = request.headers.get('authorization') === null ? '' : ' (Authorization: Bearer …)'
    const what = asking.kind === 'fetch' ? `fetch ${asking.method}` : asking.method
    const text = `${what} ${shownUrl(asking.url)}${fields}${bearer}`
    trace.ask('browser', host.party, text, sentNotes(cookies, exchange.url.site, what))
    const page = await host.handle(request)
    trace.answer(
      host.party,
      'browser',
      told(page),
      codeOf(page),
      keptNotes(browser.keep(page, exchange), exchange.url.host),
    )
    return page
  }
  const go: Tab['go'] = async (first) => {
    let asking = first
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const page = await ask(asking)
      const to = page.headers.get('location')
      if (to !== null) {
        // Whoever began the navigation began all of it.
        const kind = asking.kind === 'top-post' ? 'top-get' : asking.kind
        asking = { kind, method: 'GET', url: new URL(to, asking.url).href, page: asking.page }
      } else if (page.form) {
        const { action, fields } = page.form
        asking = { kind: 'top-post', method: 'POST', url: action, page: asking.url, fields }
      } else return { ...page, at: asking.url }
    }
    throw new TypeError('the browser gives up: too many redirects')
  }
  return { go, open: (url) => go({ kind: 'typed', method: 'GET', url, page: null }) }
}

/** An answer in a few words: status, and where it sends to or what it says. */
function told(page: Page): string {
  const to = page.headers.get('location')
  if (to !== null)
    return `${page.status} to ${to.startsWith('/') ? '' : new URL(to).host}${shownUrl(new URL(to, 'https://here.test').href)}`
  if (page.form) return `${page.status} a form that sends itself to ${new URL(page.form.action).host}`
  const { says = '', code, detail, access_token: token } = json<{ readonly access_token?: string }>(page)
  if (token) return `${page.status} a token`
  return code ? `${page.status} ${code}: ${detail}` : `${page.status} ${says}`.trim()
}

export function codeOf(page: HttpResponse): string | null {
  return json(page).code ?? null
}

interface Said {
  readonly says?: string
  readonly code?: string
  readonly detail?: string
}

/** Of the simulated servers, whose bodies are JSON. */
export function json<T extends object = Said>({ body }: HttpResponse): T & Said {
  return (typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : {}) as T & Said
}
