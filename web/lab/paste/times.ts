/** One instant in the ways that people read it. */

export const TIME_VIEWS = ['relative', 'local', 'utc', 'raw'] as const
export type TimeView = (typeof TIME_VIEWS)[number]

/** @param now seconds since 1970 */
export function showInstant(at: number, view: TimeView, now: number): string {
  const date = new Date(at * 1000)
  if (view === 'raw' || Number.isNaN(date.getTime())) return String(at)
  if (view === 'local') return date.toLocaleString()
  if (view === 'utc') return date.toISOString().replace('T', ' ').replace('.000Z', ' UTC')
  return at >= now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`
}

/** `4 m 12 s`: the two largest units. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds)
  const units = [
    [Math.floor(whole / 31_557_600), 'y'],
    [Math.floor((whole % 31_557_600) / 86_400), 'd'],
    [Math.floor((whole % 86_400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'm'],
    [whole % 60, 's'],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  if (first < 0) return '0 s'
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** The next way, in a circle. */
export function nextView(view: TimeView): TimeView {
  return TIME_VIEWS[(TIME_VIEWS.indexOf(view) + 1) % TIME_VIEWS.length] ?? 'raw'
}
