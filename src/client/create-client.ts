/** `createClient`: a login in a browser or a native program, kept fresh, with events when it changes. */
import type { Client } from './client.ts'
import { createCookieClient } from './cookie-client.ts'
import type { ClientOptions } from './options.ts'
import { createTokenClient } from './token-client.ts'

/**
 * Of either mode. Who needs one only imports `createCookieClient` or `createTokenClient` and leaves the rest out of the bundle.
 * @throws TypeError for an origin that is none or would send tokens in the clear
 */
export function createClient(options: ClientOptions): Client {
  return options.mode === 'token' ? createTokenClient(options) : createCookieClient(options)
}
