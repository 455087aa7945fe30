/** The pragmas that durability and integrity rest on: set, and proved by reading them back. */
import { AuthError } from '../../errors.ts'
import type { Connection, Value } from './connection.ts'

/** Pragmas of every connection, with the value that must be read back. */
const SETTINGS: readonly (readonly [name: string, set: string, expected: Value])[] = [
  ['journal_mode', 'WAL', 'wal'],
  // FULL: a commit returns when the write-ahead log is on the disk. A weaker one loses acknowledged revocations.
  ['synchronous', 'FULL', 2],
  ['foreign_keys', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  // macOS: fsync alone does not reach the platter.
  ['fullfsync', 'ON', 1],
  ['busy_timeout', '0', 0],
  ['journal_size_limit', '67108864', 67_108_864],
]

export function applySettings(connection: Connection): void {
  for (const [name, value] of SETTINGS) connection.get(`PRAGMA ${name} = ${value}`)
  assertSettings(connection)
}

/** What the live connection says of itself now. */
export function readSettings(connection: Connection): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    SETTINGS.map(([name]) => {
      const row = connection.get(`PRAGMA ${name}`)
      const value = row && Object.values(row)[0]
      return [name, typeof value === 'string' || typeof value === 'number' ? value : null]
    }),
  )
}

/** @throws AuthError `store.unavailable` when a setting that durability or integrity rests on does not hold */
export function assertSettings(connection: Connection): void {
  const settings = readSettings(connection)
  for (const [name, , expected] of SETTINGS) {
    if (settings[name] === expected) continue
    throw new AuthError(
      'store.unavailable',
      `the database must run with ${name} = ${expected}, but it says ${settings[name]}; is it on a network file system?`,
    )
  }
}
