/** What the Cookies screen is about: who sets, who asks, when. Only settings, so that a link may hold them. */
import type { Exchange } from '../../jar/exchange.ts'
import { COLUMNS, ROWS } from '../../jar/matrix.ts'
import type { Place } from '../../jar/place.ts'
import { readShapes, type Shape, writeShapes } from '../../jar/shape.ts'
import { type Field, flag, oneOf, whole } from '../../shell/settings.ts'

export const PAGES = ['same', 'sibling', 'other', 'http'] as const
export type PageName = (typeof PAGES)[number]
export const WAYS = ['page', 'fetch', 'iframe', 'script'] as const
export type Way = (typeof WAYS)[number]

const shapes: Field<readonly Shape[]> = { preset: [], write: writeShapes, read: readShapes }

export const SHAPE = {
  page: oneOf(PAGES, 'other'),
  way: oneOf(WAYS, 'page'),
  row: oneOf(ROWS, 'top-post'),
  column: oneOf(COLUMNS, 'lax'),
  old: flag(false),
  third: flag(false),
  days: whole(0, 410, 0),
  cookies: shapes,
}

export const OTHER: Place = { scheme: 'https', host: 'app-two.test', site: 'app-two.test', path: '/' }

export function pageAt(name: PageName, url: Place): Place {
  if (name === 'same') return { ...url, path: '/' }
  if (name === 'http') return { ...url, scheme: 'http', path: '/' }
  if (name === 'sibling') return { ...url, host: `sibling.${url.site ?? url.host}`, path: '/' }
  return OTHER
}

export function pageText(name: PageName, url: Place): string {
  const { scheme, host } = pageAt(name, url)
  const kind = { same: 'same host', sibling: 'sibling host', other: 'another site', http: 'same host, by http' }[name]
  return `${kind}: ${scheme}://${host}`
}

/** How the lines come to the browser. */
export function arrival(way: Way, url: Place): Exchange {
  switch (way) {
    case 'fetch':
      return { url, kind: 'fetch', page: OTHER }
    case 'iframe':
      return { url, kind: 'iframe', page: OTHER }
    case 'script':
      return { url, kind: 'script', page: url }
    default:
      return { url, kind: 'typed', page: url }
  }
}

export const WAY_TEXT: Readonly<Record<Way, string>> = {
  page: 'on a page of its own site',
  fetch: 'by a fetch from another site',
  iframe: 'in an iframe on another site',
  script: 'by document.cookie',
}

export const SAMPLE = `Set-Cookie: __Host-Http-sid=dGhpcyBpcyBub3QgYSByZWFsIGlkIQ; Path=/; Secure; HttpOnly; SameSite=Lax
Set-Cookie: __Host-a=1; Path=/account; Secure
Set-Cookie: theme=dark; Domain=app-one.test; Path=/; Max-Age=99999999
Set-Cookie: widget=7; SameSite=None
Set-Cookie: embed=7; Secure; SameSite=None; Partitioned`
