/** A file of the first schema version is brought up to date, whole, once, whoever comes first. */
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'
import { startWorkers } from '../support/store-processes.ts'
import { buildVersion1 } from '../support/store-version-1.ts'

const files = databaseFiles()
let path: string
beforeEach(() => {
  path = files.next()
  buildVersion1(path, T0)
})
afterAll(files.remove)

/** Tables, columns and indexes, whatever way they came to be. */
function shape(at: string): unknown {
  const database = new DatabaseSync(at, { readOnly: true })
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  const columns = tables.map(({ name }) => database.prepare(`PRAGMA table_xinfo(${name})`).all())
  const indexes = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").all()
  const version = database.prepare('PRAGMA user_version').get()
  database.close()
  return { tables, columns, indexes, version }
}

it('keeps every row', async () => {
  const store = createSqliteStore({ path })
  expect(await store.sessions.find('live', T0 + 99)).toEqual({
    id: 'live',
    secretHash: 'hash',
    subject: 'subject-1',
    mode: 'cookie',
    generation: 3,
    floor: 1,
    version: 5,
    createdAt: T0,
    lastSeenAt: T0,
    idleTimeoutSeconds: 100,
    absoluteExpiresAt: T0 + 1000,
    authenticatedAt: T0,
    acr: null,
    amr: ['pwd'],
    clientId: null,
    browserId: 'b',
    device: { userAgent: 'UA', address: null },
    claims: { roles: ['reader'] },
    claimsGeneration: 4,
    data: { kept: true },
  })
  expect(await store.sessions.find('live', T0 + 100)).toBeNull()
  expect(await store.sessions.count(T0 + 10)).toBe(1)
  expect(await store.families.findBySession('live', T0)).toMatchObject({ id: 'family-1', step: 2, rotatedAt: T0 })
  expect(await store.revocations.subject('subject-1')).toEqual({ generation: 4, deadBelow: 2, staleBelow: 4 })
  expect(await store.revocations.floor()).toBe(1)
  expect(await store.revocations.members()).toEqual({
    incarnation: 'incarnation-of-version-1',
    members: [{ id: 'verifier-1', renewals: 7, acked: 2 }],
    settled: true,
  })
  expect((await store.revocations.readAfter(0, 9)).map(({ offset }) => offset)).toEqual([2, 3])
  const token = { sessionId: 'live', subject: 'subject-1', tokenId: 'token-1', generation: 4 }
  expect(await store.revocations.judge(token, T0)).toBe('dead')
  expect(await store.revocations.judge({ ...token, tokenId: 'other' }, T0)).toBe('alive')
  expect(await store.accounts.findByEmail('a@example.com')).toMatchObject({ id: 'subject-1', version: 3 })
  expect(await store.audit.list({ sessionId: 'live' }, null, 9)).toMatchObject([
    { sequence: 9, actor: { kind: 'cli' } },
  ])
  expect(await store.records('code').find('k', T0 + 49)).toEqual({ value: 'v', version: 6 })
  await store.close()
})

it('goes on from there', async () => {
  const store = createSqliteStore({ path })
  expect(await store.sessions.deleteExpired(T0 + 10, 99)).toBe(1)
  expect(await store.sessions.create(aSession({ generation: 4, floor: 1 }), null, T0)).toBe('created')
  expect(await store.sessions.end('live', UNTIL, T0)).toMatchObject({
    offset: 4,
    incarnation: 'incarnation-of-version-1',
  })
  await store.close()
})

it('ends in the same schema as a new file', async () => {
  const fresh = files.next()
  await createSqliteStore({ path: fresh }).close()
  await createSqliteStore({ path }).close()
  expect(shape(path)).toEqual(shape(fresh))
  expect(shape(path)).toMatchObject({ version: { user_version: 2 } })
})

it('is done once by five processes that come at the same time', async () => {
  const workers = await startWorkers(5, path)
  const found = await Promise.all(
    workers.map((worker) => worker.call({ startAtMs: 0, port: 'sessions', method: 'find', args: ['live', T0] })),
  )
  expect(found).toMatchObject(Array.from({ length: 5 }, () => ({ id: 'live', version: 5 })))
  await Promise.all(workers.map((worker) => worker.stop()))
})

it('leaves the old version whole when it fails half-way', async () => {
  const blocker = new DatabaseSync(path)
  blocker.exec('CREATE INDEX audit_by_action ON audit (at)')
  blocker.close()
  const before = shape(path)
  expect(() => createSqliteStore({ path })).toThrow(expect.objectContaining({ code: 'store.unavailable' }))
  expect(shape(path)).toEqual(before)
})
