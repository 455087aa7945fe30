/** Content negotiation (RFC 9110 §12.5): whether one thing that a path can give is among those that a client takes. */

/**
 * @param header of `Accept` or `Accept-Encoding`; null: the client takes anything
 * @param offered a media type or a coding, in lower case
 */
export function accepts(header: string | null, offered: string): boolean {
  if (header === null) return true
  const [family] = offered.split('/')
  // The most exact one that fits decides, wherever it stands.
  let [exactness, isTaken] = [0, false]
  for (const entry of header.split(',')) {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    const fit = range === offered ? 3 : range === `${family}/*` ? 2 : range === '*/*' || range === '*' ? 1 : 0
    if (fit <= exactness) continue
    exactness = fit
    isTaken = !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter))
  }
  return isTaken
}
