/** The database file is removed or replaced while a server has it open: nobody is let in by what nobody else can see. */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { createClient } from '../support/http-client.ts'
import { OPERATOR_KEY, startTestServer } from '../support/running-server.ts'
import { databaseFiles } from '../support/store-files.ts'
import { anAccount } from '../support/store-fixtures.ts'

const files = databaseFiles()
afterAll(files.remove)

/** The file, its log and its index. */
const ALL = ['', '-wal', '-shm']

/** Puts a copy in its place, as whoever brings back a backup does. */
function replace(path: string): void {
  const copy = `${path}.copy`
  const database = new DatabaseSync(path)
  database.prepare('VACUUM INTO ?').run(copy)
  database.close()
  for (const suffix of ALL) rmSync(path + suffix, { force: true })
  renameSync(copy, path)
}

describe.each([
  ['removed', (path: string) => ALL.forEach((suffix) => void rmSync(path + suffix, { force: true }))],
  ['replaced', replace],
])('a file that was %s', (_what, strike) => {
  it('is neither read nor written, and no new one is made', async () => {
    const path = files.next()
    const store = createSqliteStore({ path })
    await store.accounts.create(anAccount())
    strike(path)
    const was = existsSync(path)
    await expect(store.accounts.count()).rejects.toMatchObject({ code: 'store.unavailable' })
    await expect(
      store.accounts.create(anAccount({ id: 'B'.repeat(22), email: 'b@example.org' })),
    ).rejects.toMatchObject({
      code: 'store.unavailable',
    })
    await expect(store.ping()).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(existsSync(path)).toBe(was)
    await store.close()
  })

  it('lets a server decide nothing any more once its lease is over, and says so', async () => {
    const server = await startTestServer()
    const client = createClient(server.url)
    const json = { email: 'ada@example.org', password: 'plum-otter-cargo' }
    await client.post('/auth/sign-up', { json })
    strike(`${server.directory}/sojourn.db`)
    expect((await client.post('/auth/sign-in', { json })).json.code).toBe('store.unavailable')
    expect((await client.get('/readyz')).json.checks.store).toBe('store.unavailable')
    await expect.poll(() => server.instance.revocations.view.leaseHolds(), { timeout: 14_000 }).toBe(false)
    const answer = await client.get('/auth/session')
    expect([answer.status, answer.json.code]).toEqual([503, 'store.unavailable'])
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(answer.headers.getSetCookie()).toEqual([])
    const revoked = await client.post('/admin/revoke', {
      json: { subject: 'A'.repeat(22) },
      headers: { Authorization: `Bearer ${OPERATOR_KEY}` },
    })
    expect(revoked.status).toBe(503)
    expect(server.log.some((line) => line.includes('removed or replaced while it was open'))).toBe(true)
    await server.close()
  }, 30_000)
})

it('a file that was moved away and back goes on', async () => {
  const path = files.next()
  const store = createSqliteStore({ path })
  await store.accounts.create(anAccount())
  renameSync(path, `${path}.away`)
  await expect(store.accounts.count()).rejects.toMatchObject({ code: 'store.unavailable' })
  renameSync(`${path}.away`, path)
  expect(await store.accounts.count()).toBe(1)
  await store.close()
})
