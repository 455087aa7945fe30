/** What the provider's hooks, called from deep inside the library, know of the request that they are called in. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Login } from '../login/login.ts'

export interface ProviderRequest {
  /** The cookie login of the browser, on the routes that people come to; it alone decides who is logged in. */
  readonly login: Login | null
  /** Ends that login as a sign-out does. */
  signOut(): Promise<void>
}

const storage = new AsyncLocalStorage<ProviderRequest>()

export function inRequest<T>(request: ProviderRequest, work: () => T): T {
  return storage.run(request, work)
}

/** The cookie login of the request at hand, or null. */
export function loginAtHand(): Login | null {
  return storage.getStore()?.login ?? null
}

/** The request at hand; undefined outside of one. */
export function requestAtHand(): ProviderRequest | undefined {
  return storage.getStore()
}
