/** What `createClient` is given, checked at the door. */
import type { Environment } from './environment.ts'
import type { TokenStorage } from './token-storage.ts'

interface CommonOptions {
  /** Where the server with the `/auth` routes is: `https://app.example`. In a page: its own origin when left out. */
  readonly issuer?: string
  /**
   * Tells logins of one origin apart, where there are several: an account's id, for example. Tabs with the same issuer and
   * name share one login. Default: there is one.
   */
  readonly name?: string
  /** Parts of the machine to replace. */
  readonly environment?: Partial<Environment>
}

export interface CookieClientOptions extends CommonOptions {
  /** The browser holds an HttpOnly cookie that no script sees: right for pages. */
  readonly mode: 'cookie'
}

export interface TokenClientOptions extends CommonOptions {
  /** The client holds tokens: for native programs, and for pages where the audience allows browsers. */
  readonly mode: 'token'
  /** What the access tokens are for. Default: the issuer itself, which alone answers `session`, `devices` and their like. */
  readonly audience?: string
  /** Origins besides the issuer's that are sent the access token: the API's. No other ever sees it. */
  readonly origins?: readonly string[]
  /** Keeps the refresh token over restarts. Default: memory alone. */
  readonly storage?: TokenStorage
}

export type ClientOptions = CookieClientOptions | TokenClientOptions

/** A token must not travel in the clear, but on the machine itself. */
export function checkOrigin(given: string | undefined): string {
  const text = given ?? globalThis.location?.origin
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : null
  const local = url !== null && /^(localhost|127\.0\.0\.1|\[::1\]|.+\.localhost)$/.test(url.hostname)
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && local)) || url.href !== `${url.origin}/`) {
    throw new TypeError(`${text} is no https origin`)
  }
  return url.origin
}
