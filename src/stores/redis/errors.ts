/** What Redis's error replies and a broken connection mean to us. */
import { AuthError } from '../../errors.ts'

/** Replies of our own scripts; each is one word at the start of the message. */
export const OTHER_RUN = 'SOJOURNRUN'
export const LOST = 'SOJOURNLOST'
export const CORRUPT = 'SOJOURNCORRUPT'

/** The server answered, and has not done what it was told: with another address, or in a moment, it may. */
const NOT_DONE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|LOADING|READONLY|MASTERDOWN|NOREPLICAS) ?/

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The first word of a reply that says that nothing was done, or null. */
export function refusalOf(error: unknown): string | null {
  return NOT_DONE.exec(messageOf(error))?.[1] ?? null
}

export function startsWith(error: unknown, word: string): boolean {
  return messageOf(error).startsWith(word)
}

export function unavailable(what: string, cause?: unknown): AuthError {
  return new AuthError('store.unavailable', what, { cause, retryAfterSeconds: 1 })
}

/** What a caller of the store is told. */
export function asStoreError(cause: unknown): unknown {
  if (cause instanceof AuthError || cause instanceof TypeError) return cause
  const message = messageOf(cause)
  if (message.startsWith(CORRUPT)) {
    return new AuthError('store.corrupt', `${placeIn(message)} is damaged`, { cause })
  }
  if (message.startsWith(LOST))
    return new AuthError('store.corrupt', 'a part of the revocation log is missing', { cause })
  if (message.startsWith('WRONGTYPE')) {
    return new AuthError('store.corrupt', 'a key under our prefix holds a value of another program', { cause })
  }
  if (message.includes('smaller than the target stream top item')) {
    return new AuthError('store.corrupt', 'the revocation log does not end where its head says', { cause })
  }
  if (message.startsWith('OOM')) return unavailable('the memory of Redis is full', cause)
  if (message.startsWith('MISCONF')) return unavailable('Redis cannot write to its disk', cause)
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)/.test(message)) {
    return unavailable('Redis refuses our user: name, password or its permissions', cause)
  }
  if (cause instanceof Error && 'syscall' in cause) return unavailable('Redis cannot be reached', cause)
  return unavailable('Redis does not answer as it should', cause)
}

/** `SOJOURNCORRUPT sessions/abc script: ...`: the second word; no secret is ever named there. */
function placeIn(message: string): string {
  return message.split(' ')[1] ?? 'a row'
}
