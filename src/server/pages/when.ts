/** Instants in words, with the exact time beside them. */
import { type Html, html } from '../../http/html.ts'

const STEPS: readonly (readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit])[] = [
  [86_400 * 365, 'year'],
  [86_400 * 30, 'month'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
]

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `5 minutes ago`, `yesterday`, `in 3 days`; both in seconds since 1970. */
export function inWords(at: number, now: number): string {
  const away = at - now
  for (const [seconds, unit] of STEPS) {
    const count = Math.trunc(away / seconds)
    if (count !== 0) return relative.format(count, unit)
  }
  return away > 0 ? 'in a moment' : 'just now'
}

/** The words for people, the exact instant for whoever asks for it. */
export function when(at: number, now: number): Html {
  const exact = new Date(at * 1000).toISOString()
  const shown = `${exact.slice(0, 10)} ${exact.slice(11, 16)} UTC`
  return html`<time datetime="${exact}" title="${shown}">${inWords(at, now)}</time>`
}
