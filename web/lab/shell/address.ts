/**
 * Which screen an address means. Served: the last part of the path (`/lab/compare#v=1&instances=4`). As one file from disk there
 * are no paths: the fragment begins with the screen (`#/compare?v=1&instances=4`).
 */
import type { ScreenName } from './screen.ts'

export interface Address {
  readonly screen: string
  readonly settings: string
}
type Place = Pick<Location, 'protocol' | 'pathname' | 'hash'>

export function readAddress(place: Place, inOneFile: boolean): Address {
  const fragment = place.hash.slice(1)
  if (inOneFile) {
    const [, screen = '', settings = ''] = /^\/([a-z]*)\??(.*)$/s.exec(fragment) ?? []
    return { screen, settings }
  }
  const last = place.pathname.slice(place.pathname.lastIndexOf('/') + 1).replace(/\.html$/, '')
  return { screen: last === 'index' ? '' : last, settings: fragment }
}

/** Relative to the page that is open. */
export function writeAddress(screen: ScreenName, settings: string, inOneFile: boolean): string {
  if (inOneFile) return `#/${screen}${settings === '' ? '' : `?${settings}`}`
  return `./${screen}${settings === '' ? '' : `#${settings}`}`
}
