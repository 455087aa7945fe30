/** "Will it be sent?": kinds of request against kinds of cookie. */
import type { Exchange, Kind } from './exchange.ts'
import { closenessOf } from './exchange.ts'
import { createJar } from './jar.ts'
import type { Place } from './place.ts'
import { withheldText } from './reasons.ts'
import type { SendVerdict } from './sending.ts'
import type { JarSettings } from './settings.ts'
import type { StoredCookie } from './stored-cookie.ts'

export const ROWS = ['typed', 'top-get', 'top-post', 'redirect', 'fetch', 'iframe', 'img'] as const
export type Row = (typeof ROWS)[number]
export const COLUMNS = ['strict', 'lax', 'none', 'unset', 'partitioned'] as const
export type Column = (typeof COLUMNS)[number]

export const ROW_TEXT: Readonly<Record<Row, string>> = {
  typed: 'address typed',
  'top-get': 'link (top GET)',
  'top-post': 'form (top POST)',
  redirect: 'link, by redirect over a third site',
  fetch: 'fetch with credentials',
  iframe: 'iframe',
  img: 'image',
}
/** As it stands in "this is a cross-site …". */
const WHAT: Readonly<Record<Row, string>> = {
  typed: 'navigation',
  'top-get': 'navigation',
  'top-post': 'POST',
  redirect: 'navigation',
  fetch: 'fetch',
  iframe: 'iframe',
  img: 'image',
}
export const COLUMN_TEXT: Readonly<Record<Column, string>> = {
  strict: 'Strict',
  lax: 'Lax',
  none: 'None',
  unset: 'unset',
  partitioned: 'Partitioned',
}
export const LINES: Readonly<Record<Column, string>> = {
  strict: 'strict=1; Path=/; Secure; SameSite=Strict',
  lax: 'lax=1; Path=/; Secure; SameSite=Lax',
  none: 'none=1; Path=/; Secure; SameSite=None',
  unset: 'unset=1; Path=/; Secure',
  partitioned: 'partitioned=1; Path=/; Secure; SameSite=None; Partitioned',
}

export interface Question {
  readonly page: Place
  readonly url: Place
  /** How old the cookies are. */
  readonly ageMs: number
  readonly settings: JarSettings
}

export interface Answer {
  readonly sent: boolean
  /** In words, for a person. */
  readonly why: string
}

export function exchangeOf(row: Row, { page, url }: Question): Exchange {
  const kind: Kind = row === 'redirect' ? 'top-get' : row
  const elsewhere: Place = { scheme: 'https', host: 'elsewhere.test', site: 'elsewhere.test', path: '/' }
  return { url, kind, page, ...(row === 'redirect' ? { redirects: [elsewhere] } : {}) }
}

/** A cookie of each kind, set on a page of the site that the request goes to. */
export function matrix(question: Question): Readonly<Record<Row, Readonly<Record<Column, Answer>>>> {
  const { url, settings, ageMs } = question
  const home: Place = { ...url, scheme: 'https' }
  const jar = createJar(settings)
  for (const column of COLUMNS) jar.set(LINES[column], { url: home, kind: 'typed', page: home }, 0)
  const rowOf = (row: Row) => {
    const verdicts = jar.judge(exchangeOf(row, question), ageMs)
    const cells = COLUMNS.map((column) => {
      const verdict = verdicts.find(({ cookie }) => cookie.name === column)
      return [column, verdict ? answer(verdict, row, question) : { sent: false, why: 'never stored' }] as const
    })
    return Object.fromEntries(cells) as Record<Column, Answer>
  }
  return Object.fromEntries(ROWS.map((row) => [row, rowOf(row)])) as Record<Row, Record<Column, Answer>>
}

export function answer({ cookie, withheld, byYouth }: SendVerdict, row: Row, question: Question): Answer {
  if (withheld.length > 0) {
    return { sent: false, why: `withheld: ${withheld.map((code) => withheldText(code, WHAT[row])).join('; ')}` }
  }
  if (byYouth)
    return { sent: true, why: 'sent only because it is younger than 2 minutes: no SameSite, cross-site POST' }
  return { sent: true, why: `sent: ${reasonToSend(cookie, exchangeOf(row, question))}` }
}

function reasonToSend(cookie: StoredCookie, exchange: Exchange): string {
  const closeness = closenessOf(exchange)
  if (closeness === 'strict')
    return exchange.kind === 'typed' ? 'no other site asked for it' : 'page and request are of one site'
  if (cookie.sameSite === 'none') {
    return closeness === 'cross' ? 'SameSite=None, and third-party cookies are allowed' : 'SameSite=None'
  }
  return 'a navigation of the tab by GET, which Lax allows'
}
