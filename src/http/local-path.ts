/** Where a form may send the browser afterwards: to a path of this origin and nowhere else. */

const MAX_LENGTH = 2048
/** Visible ASCII without the backslash, which browsers read as a slash. Tabs and line ends, which they drop, are refused too. */
const PLAIN = /^\/(?:[!-.0-[\]-~][!-[\]-~]*)?$/

/**
 * The path, query and fragment, if `value` is an absolute path of this origin; otherwise null. Refused: other schemes and hosts
 * (`//host`, `/\host`), control characters and white space, anything that a URL parser would resolve to another origin.
 */
export function localPath(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || !PLAIN.test(value)) return null
  const base = 'https://origin.invalid'
  if (!URL.canParse(value, base)) return null
  const url = new URL(value, base)
  // Dot segments may leave an empty first segment behind (`/.//host`), which a later resolution would read as a host.
  if (url.origin !== base || url.pathname.startsWith('//')) return null
  return url.pathname + url.search + url.hash
}
