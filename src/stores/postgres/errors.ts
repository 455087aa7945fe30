/** What Postgres's error codes (SQLSTATE, its manual's appendix A) and a broken connection mean to us. */
import { AuthError } from '../../errors.ts'

/** The code of an error that the server sent; null for everything else. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  // Only an error of the server's has a severity; node's have codes of their own (ECONNREFUSED).
  return 'severity' in error && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null
}

/** The server undid the whole step, for others were in its way: it may be taken again. */
export function isContention(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** The connection is of no more use: it is gone, or leads to a server that cannot serve us. */
export function isBroken(error: unknown): boolean {
  const state = sqlState(error)
  return state === null || state === '25006' || /^(08|57P|58|XX)/.test(state)
}

/** What a caller of the store is told. Errors that are neither the server's nor the connection's pass unchanged. */
export function asStoreError(cause: unknown): unknown {
  if (cause instanceof AuthError || cause instanceof TypeError || cause instanceof RangeError) return cause
  const state = sqlState(cause)
  if (state === null) return unavailable('the database does not answer', cause)
  switch (state) {
    case '25006':
      return unavailable('the database is read-only: it is a replica, or has been made one', cause)
    case '53100':
      return unavailable('the disk that holds the database is full', cause)
    case '53300':
      return unavailable('the database takes no more connections', cause)
    case '55P03':
      return unavailable('a transaction of the application, or another step, holds what is to be changed', cause, 1)
    case 'SJ001':
      return unavailable('the transactions of this role must be READ COMMITTED', cause)
    case '42501':
      return unavailable('this role lacks a right that the store needs', cause)
    case '28000':
    case '28P01':
      return unavailable('the database does not let this role in', cause)
    case '3D000':
      return unavailable('there is no such database', cause)
  }
  switch (state.slice(0, 2)) {
    // A value, or a key too large for its index.
    case '22':
    case '23':
    case '54':
      return new TypeError('a value does not have the shape that the store was promised', { cause })
    case '3F':
    case '42':
      return new AuthError('store.corrupt', 'a table or function of the store is missing or is another one', { cause })
    case 'XX':
      return new AuthError('store.corrupt', 'the database is damaged', { cause })
    case '40':
    case '53':
    case '55':
    case '57':
      return unavailable('the database is busy, or is starting or stopping', cause, 1)
    default:
      return unavailable('the database refused', cause)
  }
}

function unavailable(message: string, cause: unknown, retryAfterSeconds?: number): AuthError {
  return new AuthError(
    'store.unavailable',
    message,
    retryAfterSeconds === undefined ? { cause } : { cause, retryAfterSeconds },
  )
}
