/** kill -9 in mid-write: what a process acknowledged is there, what it did not finish is not there by halves. */
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { createSqliteStore, type SqliteStore } from '../../src/stores/sqlite/index.ts'
import { databaseFiles } from '../support/store-files.ts'
import { T0 } from '../support/store-fixtures.ts'
import { startScript } from '../support/store-processes.ts'

const ROUNDS = 12
const files = databaseFiles()
afterAll(files.remove)

/** Lets a process write, kills it soon after it has acknowledged `writes` and answers all that it had acknowledged until then. */
async function writeAndKill(path: string, writes: number): Promise<readonly string[][]> {
  const child = startScript(new URL('../support/store-writer.ts', import.meta.url), [path])
  let output = ''
  const ended = once(child, 'close')
  const enough = new Promise<void>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.split('\n').length > writes) resolve()
    })
  })
  await Promise.race([enough, ended])
  await sleep(Math.random() * 5)
  child.kill('SIGKILL')
  const [code, signal] = await ended
  expect([code, signal]).toEqual([null, 'SIGKILL'])
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
}

async function expectAcknowledged(store: SqliteStore, lines: readonly string[][]): Promise<void> {
  const log = await store.revocations.readAfter(0, 1_000_000)
  expect(log.map(({ offset }) => offset)).toEqual(log.map((_, i) => i + 1))
  const over = new Set(lines.flatMap(([verb, id]) => (verb === 'rotated' || verb === 'ended' ? [id] : [])))
  for (const [verb, one = '', two = '', three = ''] of lines) {
    if (verb === 'created' && !over.has(one)) {
      const rotatedUnheard = log.some(({ event }) => event.kind === 'session' && event.sessionId === one)
      expect((await store.sessions.find(one, T0)) !== null || rotatedUnheard, `created ${one}`).toBe(true)
    }
    if (verb === 'appended') expect(log[Number(one) - 1]?.event).toMatchObject({ kind: 'token', tokenId: two })
    if (verb === 'put') expect(await store.records('code').find(one, T0)).not.toBeNull()
    if (verb === 'rotated') {
      expect(log[Number(three) - 1]?.event).toMatchObject({ kind: 'session', sessionId: one })
      expect(await store.sessions.find(one, T0)).toBeNull()
    }
    if (verb === 'ended') {
      expect(log[Number(two) - 1]?.event).toMatchObject({ kind: 'session', sessionId: one })
      expect(await store.sessions.find(one, T0)).toBeNull()
      expect(await store.families.findBySession(one, T0)).toBeNull()
    }
  }
}

/** Steps of several statements are there whole or not at all. */
function expectWhole(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true })
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([])
  // Killed before its first entry, a process leaves an empty log.
  const sql = `SELECT (SELECT head FROM state) AS head, coalesce((SELECT max(position) FROM log), 0) AS last,
    count(*) AS n FROM log`
  const { head, last, n } = database.prepare(sql).get() ?? {}
  expect([last, n]).toEqual([head, head])
  // A session that was rotated or ended left its line in the log in the same step.
  const both = `SELECT count(*) AS n FROM sessions JOIN log ON log.kind = 'session' AND log.key = sessions.id`
  expect(database.prepare(both).get()).toEqual({ n: 0 })
  database.close()
}

it(`loses nothing acknowledged over ${ROUNDS} kills`, { timeout: 120_000 }, async () => {
  const path = files.next()
  const acknowledged: string[][] = []
  for (let round = 0; round < ROUNDS; round++) {
    // By count and not by time, so that a busy machine tests no less; the first one before anything is in the log.
    acknowledged.push(...(await writeAndKill(path, 1 + round * 8)))
    const store = createSqliteStore({ path })
    await expectAcknowledged(store, acknowledged)
    expectWhole(path)
    await store.close()
  }
  console.log(`${acknowledged.length} acknowledged writes over ${ROUNDS} kills, none lost`)
  expect(acknowledged.length).toBeGreaterThan(ROUNDS * 40)
})
