/** When a cookie expires: `Max-Age` first, then `Expires`, never more than 400 days ahead. */
import { lowerAscii } from './bytes.ts'

export const DAY_MS = 86_400_000
export const LIFETIME_LIMIT_MS = 400 * DAY_MS

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** Everything in ASCII that is printable, no letter, no digit and no colon; and the tab. */
const DELIMITERS = /[\t !"#$%&'()*+,\-./;<=>?@[\\\]^_`{|}~]+/
const INT64_MAX = 2n ** 63n - 1n

export interface ExpirySource {
  readonly maxAge: string | null
  readonly expires: string | null
}

/**
 * @param serverMs what the response's `Date` header said, if it had one: Chromium adds the difference to `Expires`
 * @returns milliseconds since 1970; `-Infinity` for "already gone"; null for "until the browser closes"
 */
export function expiryOf({ maxAge, expires }: ExpirySource, nowMs: number, serverMs: number = nowMs): number | null {
  const cap = nowMs + LIFETIME_LIMIT_MS
  const seconds = maxAge === null ? null : parseMaxAge(maxAge)
  if (seconds !== null) return seconds <= 0 ? Number.NEGATIVE_INFINITY : Math.min(nowMs + seconds * 1000, cap)
  const date = expires === null ? null : parseCookieDate(expires)
  return date === null ? null : Math.min(date + nowMs - serverMs, cap)
}

/** Seconds; saturated when the number is too long; null when it is no whole number, and then `Expires` decides. */
export function parseMaxAge(text: string): number | null {
  const digits = /^([+-]?)(\d+)/.exec(text)
  if (!digits) return null
  const [all, sign = '', number = ''] = digits
  const size = BigInt(number)
  if (sign === '-' ? size > INT64_MAX + 1n : size > INT64_MAX) return sign === '-' ? -Infinity : Infinity
  if (all.length !== text.length) return null
  return sign === '-' ? -Number(number) : Number(number)
}

/**
 * The lenient date of cookies, read as Chromium reads it: a token is a month, a time, a day or a year by its shape, in
 * any order; the zone is ignored.
 * @returns milliseconds since 1970, or null when a part is missing or no such day exists
 */
export function parseCookieDate(text: string): number | null {
  let month: number | null = null
  let day: number | null = null
  let year: number | null = null
  let time: readonly number[] | null = null
  for (const token of text.split(DELIMITERS)) {
    if (token === '') continue
    if (!/^\d/.test(token)) {
      const index = MONTHS.indexOf(lowerAscii(token.slice(0, 3)))
      if (month === null && index >= 0) month = index
    } else if (token.includes(':')) {
      if (time === null && /^\d+:\d+:\d+$/.test(token)) time = token.split(':').map(Number)
    } else if (!/^\d+$/.test(token)) continue
    else if (day === null && token.length <= 2) day = Number(token)
    else if (year === null && token.length <= 5) year = Number(token)
  }
  if (month === null || day === null || year === null || time === null) return null
  if (year >= 70 && year <= 99) year += 1900
  else if (year <= 69) year += 2000
  return instant(year, month, day, time)
}

/** `Date.UTC` would carry 31 February over into March; Chromium finds no such day. */
function instant(year: number, month: number, day: number, time: readonly number[]): number | null {
  const [hour = 0, minute = 0, second = 0] = time
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  date.setUTCHours(hour, minute, second)
  const same = date.getUTCMonth() === month && date.getUTCDate() === day
  return same && date.getUTCHours() === hour && date.getUTCMinutes() === minute && date.getUTCSeconds() === second
    ? date.getTime()
    : null
}
