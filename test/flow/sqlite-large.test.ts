/** 100 000 sessions in one file: everything that runs often goes by an index, and opening takes no longer than for ten. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccounts } from '../../src/stores/sqlite/accounts.ts'
import { createAudit } from '../../src/stores/sqlite/audit.ts'
import type { Connection } from '../../src/stores/sqlite/connection.ts'
import type { Database } from '../../src/stores/sqlite/database.ts'
import { createFamilies } from '../../src/stores/sqlite/families.ts'
import { createSqliteStore, type SqliteStore } from '../../src/stores/sqlite/index.ts'
import { openConnection } from '../../src/stores/sqlite/open.ts'
import { createRecords } from '../../src/stores/sqlite/records.ts'
import { createRevocations } from '../../src/stores/sqlite/revocations.ts'
import { createSessions } from '../../src/stores/sqlite/sessions.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aFamily, anAccount, anAuditEvent, aSession, hashOf, T0, UNTIL } from '../support/store-fixtures.ts'

const COUNT = 100_000
const DEVICES = 4
const files = databaseFiles()
afterAll(files.remove)

describe(`${COUNT} sessions`, { timeout: 120_000 }, () => {
  const path = files.next()
  const ids: string[] = []
  let store: SqliteStore
  beforeAll(() => {
    store = createSqliteStore({ path })
  })
  afterAll(() => store.close())

  /** Runs `act` and prints how long it took, in all and for each of `count`. `cpuMs` is the same on a busy machine. */
  const timed = async <T>(what: string, count: number, act: () => Promise<T>) => {
    const started = performance.now()
    const before = process.cpuUsage()
    const value = await act()
    const { user, system } = process.cpuUsage(before)
    const cpuMs = (user + system) / 1000
    const ms = performance.now() - started
    console.log(`${what}: ${ms.toFixed(1)} ms, ${((ms * 1000) / count).toFixed(1)} us each`)
    return { value, ms, cpuMs }
  }

  it('are created', async () => {
    await timed('create, 1000 at a time', COUNT, async () => {
      for (let from = 0; from < COUNT; from += 1000) {
        await Promise.all(
          Array.from({ length: 1000 }, (_, i) => {
            const n = from + i
            // A tenth of them is soon idle.
            const idleTimeoutSeconds = n % 10 === 0 ? 10 : 500
            const session = aSession({
              subject: `subject-${n % (COUNT / DEVICES)}`,
              createdAt: T0 + n,
              idleTimeoutSeconds,
            })
            ids.push(session.id)
            return store.sessions.create(session, 10, T0)
          }),
        )
      }
    })
    expect(await store.sessions.count(T0)).toBe(COUNT)
  })

  it('do not slow down opening', async () => {
    await store.close()
    const { cpuMs } = await timed('open', 1, async () => {
      store = createSqliteStore({ path })
      await store.ping()
    })
    expect(cpuMs).toBeLessThan(250)
  })

  it('are found, and touched, and listed by subject', async () => {
    const some = ids.filter((_, i) => i % 10 === 1)
    await timed(`find ${some.length}`, some.length, async () => {
      for (const id of some) expect((await store.sessions.find(id, T0))?.id).toBe(id)
    })
    await timed('touch 1000, one after another', 1000, async () => {
      for (const id of some.slice(0, 1000)) await store.sessions.touch(id, T0 + 1, T0 + 1)
    })
    await timed('touch 10000, at once', 10_000, () =>
      Promise.all(some.map((id) => store.sessions.touch(id, T0 + 2, T0 + 2))),
    )
    await timed('list 1000 subjects', 1000, async () => {
      for (let i = 0; i < 1000; i++) {
        const { sessions } = await store.sessions.listBySubject(`subject-${i}`, null, 10, T0)
        expect(sessions).toHaveLength(DEVICES)
      }
    })
  })

  it('are listed to the last by cursor', async () => {
    const seen = new Set<string>()
    await timed('list all by 500', COUNT, async () => {
      let cursor: string | null = null
      do {
        const page = await store.sessions.list(cursor, 500, T0)
        for (const { id } of page.sessions) seen.add(id)
        cursor = page.cursor
      } while (cursor !== null)
    })
    expect(seen.size).toBe(COUNT)
  })

  it('are counted', async () => {
    const { value, cpuMs } = await timed('count', 1, () => store.sessions.count(T0 + 10))
    expect(value).toBe(COUNT * 0.9)
    expect(cpuMs).toBeLessThan(250)
  })

  it('are deleted when they have expired, while others are still served', async () => {
    let worst = 0
    let last = performance.now()
    const ticker = setInterval(() => {
      worst = Math.max(worst, performance.now() - last - 5)
      last = performance.now()
    }, 5)
    const { value, ms } = await timed('delete 10000 expired', COUNT / 10, () =>
      store.sessions.deleteExpired(T0 + 10, COUNT),
    )
    clearInterval(ticker)
    console.log(`the event loop was late by ${worst.toFixed(1)} ms at worst`)
    expect(value).toBe(COUNT / 10)
    // In portions: none of them takes a large part of the whole, however busy the machine is.
    expect(worst).toBeLessThan(Math.max(500, ms / 2))
    expect(await store.sessions.count(T0 + 10)).toBe(COUNT * 0.9)
  })

  it('leave the log fast', async () => {
    await timed('append 1000 to the log, one after another', 1000, async () => {
      for (let i = 0; i < 1000; i++) await store.revocations.revokeToken(`token-${i}`, UNTIL, T0)
    })
    await timed('append 10000 to the log, at once', 10_000, () =>
      Promise.all(Array.from({ length: 10_000 }, (_, i) => store.revocations.revokeToken(`more-${i}`, UNTIL, T0))),
    )
    const { value } = await timed('read 11000 entries', 11_000, () => store.revocations.readAfter(0, 20_000))
    expect(value).toHaveLength(11_000)
  })
})

/** Every statement that the ports run, as they run it. */
async function recordStatements(): Promise<{
  readonly connection: Connection
  readonly statements: ReadonlySet<string>
}> {
  const connection = openConnection(files.next())
  const statements = new Set<string>()
  const noted = (sql: string) => {
    statements.add(sql)
    return sql
  }
  const recording: Connection = {
    get: (sql, ...values) => connection.get(noted(sql), ...values),
    all: (sql, ...values) => connection.all(noted(sql), ...values),
    run: (sql, ...values) => connection.run(noted(sql), ...values),
    appended: false,
    inTransaction: false,
    close: () => connection.close(),
  }
  const database: Database = {
    read: async (step) => step(recording),
    write: async (step) => step(recording),
    watch: () => () => {},
    close: async () => connection.close(),
  }
  const sessions = createSessions(database)
  const families = createFamilies(database, () => performance.now())
  const revocations = createRevocations(database)
  const accounts = createAccounts(database)
  const audit = createAudit(database)
  const records = createRecords(database)('code')
  const [one, two, three, four] = [aSession(), aSession(), aSession(), aSession()]
  const family = aFamily(one.id)
  const stolen = aFamily(four.id)
  await sessions.create(one, 5, T0)
  await sessions.create(three, 5, T0)
  await sessions.create(four, 5, T0)
  await families.create(family, T0)
  await families.create(stolen, T0)
  await families.find(family.id, T0)
  await sessions.findWithSubject(one.id, T0)
  await families.findBySession(one.id, T0)
  const next = { secretHash: hashOf(1), sealedSuccessor: 's' }
  for (const { id } of [family, stolen]) await families.rotate(id, { step: 0, hash: hashOf(0) }, next, 10, UNTIL, T0)
  await families.rotate(stolen.id, { step: 0, hash: hashOf(0) }, next, 0, UNTIL, T0)
  await families.revoke(family.id)
  await families.deleteExpired(T0, 10)
  await sessions.touch(one.id, T0, T0)
  await sessions.save({ ...one, version: 2 }, T0)
  await sessions.rotate(one.id, 2, two, UNTIL, T0)
  await sessions.end(three.id, UNTIL, T0)
  await sessions.listBySubject('subject-1', null, 10, T0)
  await sessions.list(null, 10, T0)
  await sessions.count(T0)
  await sessions.deleteExpired(T0, 10)
  await sessions.endSubject('subject-1', { session: aSession(), onlyIfAlive: two.id }, UNTIL, T0)
  await revocations.renew('v')
  await revocations.readAfter(0, 10)
  await revocations.ack('v', 1)
  await revocations.members()
  await revocations.reap('v', 9)
  await revocations.leave('v')
  await revocations.revokeToken('t', UNTIL, T0)
  await revocations.bumpClaims('subject-1', UNTIL, T0)
  await revocations.publishPatch('subject-1', 2, {}, UNTIL, T0)
  await revocations.raiseFloor([], UNTIL, T0)
  await revocations.subject('subject-1')
  await revocations.judge({ sessionId: 's', subject: 'u', tokenId: 't', generation: 0 }, T0)
  await revocations.prune(T0)
  const account = anAccount()
  await accounts.create(account)
  await accounts.findById(account.id)
  await accounts.findByEmail(account.email)
  await accounts.save({ ...account, version: 2 })
  await accounts.list(null, 10)
  await audit.append(anAuditEvent())
  await audit.list({}, null, 10)
  await audit.list({ subject: 'u' }, null, 10)
  await audit.list({ sessionId: 's' }, 5, 10)
  await audit.list({ action: 'a' }, null, 10)
  await audit.list({ subject: 'u', sessionId: 's', action: 'a' }, 5, 10)
  await records.put('k', 1, T0, T0)
  await records.find('k', T0)
  await records.compareAndSet('k', null, 1, T0, T0)
  await records.take('k', T0)
  await records.list(null, 10, T0)
  await records.deleteExpired(T0, 10)
  return { connection, statements }
}

describe('the plan of every statement', () => {
  it('looks at no more rows than it must', async () => {
    const { connection, statements } = await recordStatements()
    const slow: string[] = []
    for (const sql of statements) {
      const holes = Array.from(sql.matchAll(/\?/g), () => null)
      for (const { detail } of connection.all(`EXPLAIN QUERY PLAN ${sql}`, ...holes)) {
        const step = String(detail)
        // `state` has one row; `members` is one of a few processes each; `log` and `audit` are read in order from one end.
        const bounded = /^SCAN (state|members|m)\b/.test(step) || (/LIMIT/.test(sql) && /^SCAN log$/.test(step))
        if (/^SCAN /.test(step) && !/^SCAN (CONSTANT ROW|\d+ CONSTANT|\(subquery)/.test(step) && !bounded)
          slow.push(`${step}: ${sql}`)
        if (/TEMP B-TREE/.test(step)) slow.push(`${step}: ${sql}`)
      }
    }
    expect(slow).toEqual([])
    expect(statements.size).toBeGreaterThan(50)
    connection.close()
  })
})
