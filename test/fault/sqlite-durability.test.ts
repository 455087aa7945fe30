/** kill -9 does not notice a weaker `synchronous`, for the kernel still holds the pages: so it is asserted here. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { wrap } from '../../src/stores/sqlite/connection.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { applySettings, assertSettings } from '../../src/stores/sqlite/settings.ts'
import { databaseFiles } from '../support/store-files.ts'

const files = databaseFiles()
afterAll(files.remove)

describe('the live connection', () => {
  it('says that it waits for the disk at each commit, and keeps its other promises', async () => {
    const store = createSqliteStore({ path: files.next() })
    expect(await store.settings()).toMatchObject({
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      trusted_schema: 0,
      busy_timeout: 0,
    })
    await store.close()
  })

  it.each([
    ['synchronous', 'NORMAL'],
    ['synchronous', 'OFF'],
    ['foreign_keys', 'OFF'],
    ['trusted_schema', 'ON'],
    ['journal_mode', 'DELETE'],
  ])('is refused with %s = %s', async (name, value) => {
    const path = files.next()
    await createSqliteStore({ path }).close()
    const connection = wrap(new DatabaseSync(path))
    applySettings(connection)
    expect(() => assertSettings(connection)).not.toThrow()
    connection.get(`PRAGMA ${name} = ${value}`)
    expect(() => assertSettings(connection)).toThrow(new RegExp(`${name} = `))
    connection.close()
  })
})

/** Traces which files a writer of so many rounds has flushed; null where tracing is not possible. */
function tracedFlushes(rounds: number): readonly string[] | null {
  if (spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status !== 0) return null
  const path = files.next()
  const out = join(dirname(dirname(path)), 'trace')
  const writer = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url))
  const watched = ['-f', '-y', '-e', 'trace=fsync,fdatasync', '-o', out]
  execFileSync('strace', [...watched, process.execPath, writer, path, String(rounds)])
  return readFileSync(out, 'utf8').split('\n')
}

const ROUNDS = 5
/** Transactions of one round of the writer. */
const WRITES_PER_ROUND = 6
const flushes = tracedFlushes(ROUNDS)

it.skipIf(flushes === null)('flushes the write-ahead log at each of its commits', () => {
  const ofLog = flushes?.filter((line) => line.includes('sojourn.db-wal') && line.includes('= 0')) ?? []
  expect(ofLog.length).toBeGreaterThanOrEqual(ROUNDS * WRITES_PER_ROUND)
})
