/** Opens the database file, and says in one line what is wrong with it. */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AuthError } from '../../errors.ts'
import { type Connection, wrap } from './connection.ts'
import { asStoreError, isBusy } from './errors.ts'
import { assertOurs, migrate } from './schema.ts'
import { applySettings } from './settings.ts'

/**
 * Opens or makes the file (0600; a missing parent directory 0700) and brings its schema up to date.
 *
 * @throws AuthError `store.version`, `store.corrupt`, `store.unavailable`, each message naming the file and the fault
 * @throws SQLite's own error when the file is busy (`isBusy`): try again
 */
export function openConnection(path: string): Connection {
  let database: DatabaseSync | undefined
  try {
    makeFile(path)
    database = new DatabaseSync(path, { timeout: 0, allowExtension: false, enableForeignKeyConstraints: true })
    const connection = wrap(database)
    assertOurs(connection)
    applySettings(connection)
    migrate(connection)
    return connection
  } catch (cause) {
    database?.close()
    if (isBusy(cause)) throw cause
    throw openingError(path, cause)
  }
}

/**
 * Makes the file where there is none: SQLite would make it with the process's umask, and -wal and -shm take its mode.
 * A file that is there is not opened here: POSIX drops all locks that this process holds on a file when any of its
 * handles is closed, those of another store of ours included.
 */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) {
    try {
      closeSync(openSync(path, 'wx', 0o600))
    } catch (error) {
      // Another process was first.
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
  if (statSync(path).isDirectory()) throw new AuthError('store.unavailable', 'it is a directory, not a database file')
  accessSync(path, constants.R_OK | constants.W_OK)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** One line that a person who starts the server can act on. */
function openingError(path: string, cause: unknown): unknown {
  const code = codeOf(cause)
  const say = (what: string) => new AuthError('store.unavailable', `${path}: ${what}`, { cause })
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return say('this user may not write the database file or its directory')
    case 'ENOTDIR':
    case 'EEXIST':
      return say('its directory cannot be made: a part of the path is a file')
    case 'ENOSPC':
    case 'EDQUOT':
      return say('the disk is full')
  }
  if (typeof code === 'string' && code !== 'ERR_SQLITE_ERROR' && !(cause instanceof AuthError)) {
    return say(`the database file cannot be opened (${code})`)
  }
  const error = asStoreError(cause)
  return error instanceof AuthError ? new AuthError(error.code, `${path}: ${error.message}`, { cause }) : error
}
