/** Several stores of one process on one file: POSIX drops a process's locks on a file whenever it closes any handle of it. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, it } from 'vitest'
import { type Connection, wrap } from '../../src/stores/sqlite/connection.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { openConnection } from '../../src/stores/sqlite/open.ts'
import { assertOurs } from '../../src/stores/sqlite/schema.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aSession, T0 } from '../support/store-fixtures.ts'
import { startWorker } from '../support/store-processes.ts'

const LOCKS = '/proc/locks'
const files = databaseFiles()
afterAll(files.remove)

/** Whether this process holds a lock on the database file itself. */
function isHeld(path: string): boolean {
  const { ino } = statSync(path)
  const held = new RegExp(` ${process.pid} [0-9a-f]+:[0-9a-f]+:${ino} `)
  return readFileSync(LOCKS, 'utf8')
    .split('\n')
    .some((line) => held.test(line))
}

it.skipIf(!existsSync(LOCKS))(
  'keeps its lock on the file when another store of the process comes and goes',
  async () => {
    const path = files.next()
    const store = createSqliteStore({ path })
    await store.ping()
    expect(isHeld(path)).toBe(true)
    const other = createSqliteStore({ path })
    expect(isHeld(path)).toBe(true)
    await other.close()
    expect(isHeld(path)).toBe(true)
    await store.close()
    expect(isHeld(path)).toBe(false)
  },
)

it('keeps the write-ahead log when another process comes and goes', async () => {
  const path = files.next()
  const store = createSqliteStore({ path })
  for (const id of ['first', 'second']) {
    await store.sessions.create(aSession({ id }), null, T0)
    const visitor = await startWorker(path)
    expect(await visitor.call({ startAtMs: 0, port: 'sessions', method: 'find', args: [id, T0] })).not.toBeNull()
    await visitor.stop()
    expect(existsSync(`${path}-wal`)).toBe(true)
  }
  await store.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
})

it('does not take a file for a foreign one whose tables another process makes at this moment', () => {
  const path = files.next()
  mkdirSync(dirname(path), { recursive: true })
  const connection = wrap(new DatabaseSync(path))
  let other: Connection | null = null
  // After the first look of any kind: whatever is read next is from another snapshot.
  const meeting: Connection = {
    ...connection,
    get(sql, ...values) {
      const row = connection.get(sql, ...values)
      other ??= openConnection(path)
      return row
    },
  }
  expect(() => assertOurs(meeting)).not.toThrow()
  expect(other).not.toBeNull()
})
