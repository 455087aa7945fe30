/** A full disk: `store.unavailable`, nothing half-written, and work goes on when there is room again. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { commitBatch, type Job, jobOf } from '../../src/stores/sqlite/batch.ts'
import type { Connection } from '../../src/stores/sqlite/connection.ts'
import type { Database } from '../../src/stores/sqlite/database.ts'
import { openConnection } from '../../src/stores/sqlite/open.ts'
import { createRecords } from '../../src/stores/sqlite/records.ts'
import { createSessions } from '../../src/stores/sqlite/sessions.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const files = databaseFiles()
afterAll(files.remove)

/** A database that may hold only so many pages more; what is written at once is committed as one batch by `flush`. */
function crampedDatabase(pagesLeft: number) {
  const connection = openConnection(files.next())
  const { page_count: pages } = connection.get('PRAGMA page_count') ?? {}
  const limitTo = (count: number) => connection.get(`PRAGMA max_page_count = ${count}`)
  limitTo(Number(pages) + pagesLeft)
  let jobs: Job[] = []
  const database: Database = {
    read: async (step) => step(connection),
    write: <T>(step: (connection: Connection) => T) =>
      new Promise<T>((resolve, reject) => {
        jobs.push(jobOf(step, Number.POSITIVE_INFINITY, resolve, reject))
      }),
    watch: () => () => {},
    close: async () => connection.close(),
  }
  const flush = () => {
    const batch = jobs
    jobs = []
    return commitBatch({ connect: () => connection, reset: () => {} }, batch, () => {})
  }
  return { connection, database, flush, makeRoom: () => limitTo(1_000_000) }
}

it('fails what does not fit, and nothing else of the same transaction', async () => {
  const { connection, database, flush, makeRoom } = crampedDatabase(4)
  const records = createRecords(database)('code')
  const outcomes = Promise.allSettled([
    records.put('small 1', 'x', null, T0),
    records.put('huge', 'x'.repeat(200_000), null, T0),
    records.put('small 2', 'x', null, T0),
  ])
  expect(flush()).toBeNull()
  expect(await outcomes).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'store.unavailable', message: 'the disk that holds the database is full' } },
    { status: 'fulfilled' },
  ])
  expect((await records.list(null, 9, T0)).map(({ key }) => key)).toEqual(['small 1', 'small 2'])
  expect(connection.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' })
  makeRoom()
  const again = records.put('huge', 'x'.repeat(200_000), null, T0)
  flush()
  await again
  await database.close()
})

it('leaves a step of several statements undone as a whole', async () => {
  const { connection, database, flush } = crampedDatabase(0)
  const sessions = createSessions(database)
  const session = aSession({ data: 'x' })
  const created = sessions.create(session, null, T0)
  flush()
  expect(await created).toBe('created')
  const next = aSession({ data: 'x'.repeat(100_000) })
  const rotated = sessions.rotate(session.id, 1, next, UNTIL, T0)
  flush()
  await expect(rotated).rejects.toMatchObject({ code: 'store.unavailable' })
  expect(await sessions.find(session.id, T0)).toEqual(session)
  expect(connection.get('SELECT head, (SELECT count(*) FROM log) AS entries FROM state')).toEqual({
    head: 0,
    entries: 0,
  })
  await database.close()
})

/** A file system of one megabyte, seen by the child alone and gone with it. */
const IN_SMALL_DISK = 'mount -t tmpfs -o size=1500k tmpfs "$1" && exec "$2" "$3" "$4"'
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /tmp']).status === 0

it.skipIf(!canMount)('says so on a disk that is really full', { timeout: 60_000 }, () => {
  const path = files.next()
  mkdirSync(dirname(path), { recursive: true })
  const filler = fileURLToPath(new URL('../support/store-filler.ts', import.meta.url))
  const output = execFileSync(
    'unshare',
    ['-rm', 'sh', '-c', IN_SMALL_DISK, 'sh', dirname(path), process.execPath, filler, path],
    { encoding: 'utf8' },
  )
  const told = JSON.parse(output)
  expect(told).toMatchObject({ code: 'store.unavailable', lost: 0, answersPing: true, afterwards: 'created' })
  expect(told.message).toBe('the disk that holds the database is full')
  expect(told.acknowledged).toBeGreaterThan(20)
  // A step either happened or did not.
  expect(told.stateWhileFull.generation).toBe(told.endedWhileFull === 'ended' ? 1 : 0)
})
