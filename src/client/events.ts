/** What the client knows of the login, and what it tells about it. */
import type { JsonObject } from '../json.ts'

/**
 * `here`: signed out by this client, another tab included. `elsewhere`: ended by somebody else, on another device perhaps.
 * `expired`: too old, or unused for too long. `reused`: a copy of the refresh token was used: somebody may have stolen it.
 */
export type SignedOutReason = 'here' | 'elsewhere' | 'expired' | 'reused'

export type ClientEvent =
  /** Here or in another tab. */
  | { readonly type: 'signedIn' }
  | { readonly type: 'signedOut'; readonly reason: SignedOutReason }
  /** null: they have changed, and the server does not tell this client how. */
  | { readonly type: 'claimsChanged'; readonly claims: JsonObject | null }
  /** The server cannot be asked at the moment. Nobody is signed out by that. */
  | { readonly type: 'unavailable'; readonly retryAfterSeconds: number }
  /** The storage port failed: the login goes on, but may not outlive this program. */
  | { readonly type: 'storageFailed'; readonly cause: unknown }

export interface ClientState {
  /** `unknown` until the storage, another tab or the server has been asked: `session()` does. */
  readonly status: 'unknown' | 'signedIn' | 'signedOut'
  /** As the server last told; null before. */
  readonly subject: string | null
  readonly sessionId: string | null
  readonly claims: JsonObject | null
}

export interface Events {
  emit(event: ClientEvent): void
  subscribe(listener: (event: ClientEvent) => void): () => void
}

export function createEvents(): Events {
  const listeners = new Set<(event: ClientEvent) => void>()
  return {
    emit(event) {
      for (const listener of [...listeners]) {
        // Each on its own: a listener that throws is the application's fault and shows as such, but stops nobody else.
        queueMicrotask(() => listeners.has(listener) && listener(event))
      }
    },
    subscribe(listener) {
      // A function of its own, so that one listener can be subscribed twice.
      const own = (event: ClientEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
