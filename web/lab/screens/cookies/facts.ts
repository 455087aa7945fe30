/** What is known of a stored cookie, in words. */
import type { Facts, Harm } from '../../jar/audit.ts'
import { toText } from '../../jar/bytes.ts'
import { LIFETIME_LIMIT_MS } from '../../jar/expiry.ts'
import { NAME_VALUE_LIMIT } from '../../jar/set-cookie.ts'

const HARM: Readonly<Record<Harm, string>> = {
  replace: 'can replace it',
  shadow: 'can set a second one of this name beside it: the server then gets both',
  nothing: 'cannot touch it',
}

const DAY_SECONDS = 86_400

export function factRows(facts: Facts, nowMs: number, laterMs: number): readonly (readonly [string, string])[] {
  const { cookie } = facts
  const scope = cookie.hostOnly ? `${cookie.domain} only` : `${cookie.domain} and every host below it`
  const rows: (readonly [string, string])[] = [
    ['Goes to', `${scope}, from ${toText(cookie.path)}`],
    ['A script on the page', `${facts.readableByScript ? 'reads it' : 'cannot read it'}, ${HARM[facts.byScript]}`],
    ['A sibling host', HARM[facts.bySibling]],
    ['Size', `${facts.byteCount} of ${NAME_VALUE_LIMIT} bytes`],
    ['Expires', expiryText(cookie.expiresMs, nowMs, laterMs)],
  ]
  if (cookie.partition !== null) rows.push(['Partition', cookie.partition])
  if (facts.encoding.length > 0) rows.push(['Encoding', facts.encoding.join('; ')])
  return rows
}

function expiryText(expiresMs: number | null, nowMs: number, laterMs: number): string {
  if (expiresMs === null) return 'when the browser closes (or never, if it restores its tabs)'
  const left = Math.round((expiresMs - nowMs - laterMs) / 1000)
  const whole = expiresMs - nowMs
  const cap = whole >= LIFETIME_LIMIT_MS ? '; 400 days is the most a browser allows' : ''
  return `${left <= 0 ? `gone since ${span(-left)}` : `in ${span(left)}`} by the virtual clock${cap}`
}

function span(seconds: number): string {
  if (seconds >= 2 * DAY_SECONDS) return `${Math.floor(seconds / DAY_SECONDS)} days`
  if (seconds >= 7200) return `${Math.floor(seconds / 3600)} hours`
  return seconds >= 120 ? `${Math.floor(seconds / 60)} minutes` : `${seconds} seconds`
}
