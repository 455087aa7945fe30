/** What SQLite's result codes mean to us (sqlite.org/rescode.html). */
import { AuthError } from '../../errors.ts'

const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
/** Two processes met while one of them recovered the write-ahead log. */
const PROTOCOL = 15
const CONSTRAINT = 19
const MISMATCH = 20
const NOTADB = 26

/** The primary result code, or null when it is no error of SQLite. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

/** Another process (or connection) holds the lock: worth another try. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === BUSY || code === LOCKED || code === PROTOCOL
}

/** What a caller of the store is told. Errors that are not SQLite's own pass unchanged. */
export function asStoreError(cause: unknown): unknown {
  const code = resultCode(cause)
  if (code === null) {
    // node:sqlite refuses an integer that a number cannot hold: no row of ours has one.
    return isOutOfRange(cause) ? new AuthError('store.corrupt', 'the database holds a damaged row', { cause }) : cause
  }
  switch (code) {
    case BUSY:
    case LOCKED:
    case PROTOCOL:
      return new AuthError('store.unavailable', 'the database is busy', { cause, retryAfterSeconds: 1 })
    case CORRUPT:
    case NOTADB:
      return new AuthError('store.corrupt', 'the database file is damaged or is no database', { cause })
    case FULL:
      return new AuthError('store.unavailable', 'the disk that holds the database is full', { cause })
    case READONLY:
    case CANTOPEN:
      return new AuthError('store.unavailable', 'the database file cannot be opened for writing', { cause })
    case IOERR:
      return new AuthError('store.unavailable', 'the disk that holds the database failed', { cause })
    case CONSTRAINT:
    case MISMATCH:
      return new TypeError('a value does not have the shape that the store was promised', { cause })
    default:
      return new AuthError('store.unavailable', 'the database refused', { cause })
  }
}

function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE'
}
