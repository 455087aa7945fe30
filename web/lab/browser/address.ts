/** Addresses of the simulated network, as the cookie jar wants them. All its hosts end in `.test`, so the site is two labels. */
import type { Place } from '../jar/place.ts'

export function placeOf(url: string): Place {
  const { protocol, hostname, pathname } = new URL(url)
  return {
    scheme: protocol === 'https:' ? 'https' : 'http',
    host: hostname,
    site: hostname.split('.').slice(-2).join('.'),
    path: pathname,
  }
}

export function originOf({ scheme, host }: Place): string {
  return `${scheme}://${host}`
}
