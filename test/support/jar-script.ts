/** The jar's test as a script: sites, ways to set cookies and ways to read them, each with the exchange that it is. */
import { toBytes } from '../../web/lab/jar/bytes.ts'
import type { Exchange } from '../../web/lab/jar/exchange.ts'
import type { Place } from '../../web/lab/jar/place.ts'

export const HOSTS = ['a.shop.test', 'b.shop.test', 'shop.test', 'c.a.shop.test', 'app-two.test', 'intranet']

export const place = (host: string, path = '/deep/path/page', scheme: 'https' | 'http' = 'https'): Place => ({
  scheme,
  host,
  path,
  site: host.endsWith('shop.test') ? 'shop.test' : host === 'intranet' ? null : host,
})

export const SIBLING = place('b.shop.test')
export const OTHER = place('app-two.test')

export interface Batch {
  readonly target: Place
  readonly steps: readonly { readonly way: Way; readonly lines: readonly string[] }[]
}

/** How lines reach the browser. */
export const WAYS = [
  'typed',
  'fetch-same',
  'fetch-sibling',
  'fetch-cross',
  'iframe-cross',
  'img-cross',
  'script',
  'script-in-iframe',
  'http',
  'top-post',
  'redirect-get',
  'sibling',
  'typed-date-ahead',
  'typed-date-behind',
  'fetch-in-nested',
] as const
export type Way = (typeof WAYS)[number]

const HOUR = 3_600_000
export const SKEW: Partial<Record<Way, number>> = { 'typed-date-ahead': HOUR, 'typed-date-behind': -HOUR }

export const insecure = (at: Place): Place => ({ ...at, scheme: 'http' })

/** The exchange in which a way's lines arrive. */
export function exchangeOf(way: Way, target: Place): Exchange {
  switch (way) {
    case 'fetch-same':
      return { url: target, kind: 'fetch', page: target }
    case 'fetch-sibling':
      return { url: target, kind: 'fetch', page: SIBLING }
    case 'fetch-cross':
      return { url: target, kind: 'fetch', page: OTHER }
    case 'iframe-cross':
      return { url: target, kind: 'iframe', page: OTHER }
    case 'img-cross':
      return { url: target, kind: 'img', page: OTHER }
    case 'script':
      return { url: target, kind: 'script', page: target }
    case 'script-in-iframe':
      return { url: target, kind: 'script', page: OTHER, frame: target }
    case 'http':
      return { url: insecure(target), kind: 'typed', page: insecure(target) }
    case 'top-post':
      return { url: target, kind: 'top-post', page: OTHER }
    case 'redirect-get':
      return { url: target, kind: 'top-get', page: OTHER, redirects: [OTHER] }
    case 'sibling':
      return { url: SIBLING, kind: 'typed', page: SIBLING }
    case 'fetch-in-nested':
      return { url: target, kind: 'fetch', page: target, frame: OTHER }
    default:
      return { url: target, kind: 'typed', page: target }
  }
}

export interface Reading {
  readonly key: string
  readonly exchange: Exchange
}

/** Every request of a batch's second half, in order. */
export function readingsOf(target: Place): readonly Reading[] {
  const at = (path: string): Place => ({ ...target, path })
  const http = insecure(target)
  return [
    { key: 'typed', exchange: { url: target, kind: 'typed', page: target } },
    { key: 'script', exchange: { url: target, kind: 'script', page: target } },
    { key: 'fetch-same', exchange: { url: target, kind: 'fetch', page: target } },
    { key: 'post-same', exchange: { url: target, kind: 'fetch', page: target, method: 'POST' } },
    { key: 'path-parent', exchange: { url: at('/deep'), kind: 'fetch', page: target } },
    { key: 'path-slash', exchange: { url: at('/deep/'), kind: 'fetch', page: target } },
    { key: 'path-longer', exchange: { url: at('/deeper/path'), kind: 'fetch', page: target } },
    { key: 'path-other', exchange: { url: at('/other/x'), kind: 'fetch', page: target } },
    { key: 'path-root', exchange: { url: at('/'), kind: 'img', page: target } },
    { key: 'to-sibling', exchange: { url: SIBLING, kind: 'fetch', page: target } },
    { key: 'to-child', exchange: { url: place('c.a.shop.test'), kind: 'fetch', page: target } },
    { key: 'to-parent', exchange: { url: place('shop.test'), kind: 'img', page: target } },
    { key: 'to-other', exchange: { url: OTHER, kind: 'fetch', page: target } },
    {
      key: 'by-redirect',
      exchange: { url: target, kind: 'fetch', page: target, redirects: [OTHER] },
    },
    { key: 'iframe-same', exchange: { url: target, kind: 'iframe', page: target } },
    { key: 'nested', exchange: { url: target, kind: 'fetch', page: target, frame: OTHER } },
    { key: 'x-fetch', exchange: { url: target, kind: 'fetch', page: OTHER } },
    { key: 'x-post', exchange: { url: target, kind: 'fetch', page: OTHER, method: 'POST' } },
    { key: 'x-img', exchange: { url: target, kind: 'img', page: OTHER } },
    { key: 'x-iframe', exchange: { url: target, kind: 'iframe', page: OTHER } },
    { key: 'x-script', exchange: { url: target, kind: 'script', page: OTHER, frame: target } },
    { key: 'x-top-get', exchange: { url: target, kind: 'top-get', page: OTHER } },
    { key: 'x-top-post', exchange: { url: target, kind: 'top-post', page: OTHER } },
    {
      key: 'x-top-redirect',
      exchange: { url: target, kind: 'top-get', page: target, redirects: [OTHER] },
    },
    { key: 's-typed', exchange: { url: SIBLING, kind: 'typed', page: SIBLING } },
    { key: 's-fetch', exchange: { url: target, kind: 'fetch', page: SIBLING } },
    { key: 's-iframe', exchange: { url: target, kind: 'iframe', page: SIBLING } },
    { key: 's-top-post', exchange: { url: target, kind: 'top-post', page: SIBLING } },
    { key: 'http-typed', exchange: { url: http, kind: 'typed', page: http } },
    { key: 'http-script', exchange: { url: http, kind: 'script', page: http } },
    { key: 'http-fetch', exchange: { url: target, kind: 'fetch', page: http } },
    { key: 'http-top-get', exchange: { url: target, kind: 'top-get', page: http } },
  ]
}

export const urlOf = ({ scheme, host, path }: Place, query: string): string => `${scheme}://${host}${path}?${query}`

/** What a script writes is text; the jar counts bytes. */
export const asWritten = (way: Way, line: string): string => (way.startsWith('script') ? toBytes(line) : line)
