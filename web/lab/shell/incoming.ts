/** Links of other tools carry tokens. From the fragment it is taken once and wiped from the address; from a query never. */

const NAMES = ['token', 'id_token', 'access_token', 'jwt']

export interface Incoming {
  /** From the fragment, which no server has seen; null: none came. */
  readonly token: string | null
  /** For people: what happened. */
  readonly notice: string
}
type Page = {
  readonly location: Pick<Location, 'pathname' | 'search' | 'hash'>
  readonly history: Pick<History, 'replaceState'>
}

/** Null: the address carries none. Otherwise it is clean when this returns. */
export function takeIncoming({ location, history }: Page): Incoming | null {
  const inFragment = tokenIn(location.hash)
  const inQuery = tokenIn(location.search)
  if (inFragment === null && inQuery === null) return null
  history.replaceState(null, '', location.pathname)
  if (inQuery !== null) {
    return {
      token: null,
      notice: 'The token in the link was sent to a server with the request: not used. Treat it as known to others.',
    }
  }
  return { token: inFragment, notice: 'The token in the link was taken, and removed from the address.' }
}

function tokenIn(part: string): string | null {
  const given = new URLSearchParams(part.slice(1).replace(/^\/[a-z]*\??/, ''))
  return NAMES.map((name) => given.get(name)).find((value) => value !== null && value !== '') ?? null
}
