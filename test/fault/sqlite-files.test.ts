/** Files that cannot be used: each is refused with one line that says which file and why. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { isAuthError } from '../../src/errors.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aFamily, anAccount, anAuditEvent, aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const files = databaseFiles()
let path: string
beforeEach(() => {
  path = files.next()
  mkdirSync(dirname(path), { recursive: true })
})
afterAll(files.remove)

/** What opening the file says. */
function refusal(at = path): { readonly code: string; readonly message: string } {
  try {
    createSqliteStore({ path: at })
  } catch (error) {
    if (isAuthError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('it was opened')
}

describe('opening', () => {
  it('makes file and directory for this user alone', async () => {
    const fresh = files.next()
    const store = createSqliteStore({ path: fresh })
    await store.accounts.create(anAccount())
    const mode = (file: string) => (statSync(file).mode & 0o777).toString(8)
    expect(mode(dirname(fresh))).toBe('700')
    for (const suffix of ['', '-wal', '-shm']) expect(mode(fresh + suffix), suffix).toBe('600')
    await store.close()
    expect(mode(fresh)).toBe('600')
  })

  it('refuses a file that is no database, and leaves it as it was', () => {
    for (const content of ['garbage', 'garbage'.repeat(1000), 'SQLite format 3\0'.padEnd(4096, 'x')]) {
      writeFileSync(path, content)
      expect(refusal()).toEqual({
        code: 'store.corrupt',
        message: `${path}: the database file is damaged or is no database`,
      })
      expect(readFileSync(path, 'latin1')).toBe(content)
    }
  })

  it("refuses another program's database, and leaves it as it was", () => {
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE notes (text TEXT); PRAGMA user_version = 1')
    other.close()
    const before = readFileSync(path)
    expect(refusal()).toEqual({ code: 'store.corrupt', message: `${path}: it is the database of another program` })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('refuses a newer schema, also when it appears while we run', async () => {
    const store = createSqliteStore({ path })
    await store.sessions.create(aSession({ id: 'kept' }), null, T0)
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    await expect(store.sessions.create(aSession(), null, T0)).rejects.toMatchObject({ code: 'store.version' })
    await store.close()
    const told = refusal()
    expect(told.code).toBe('store.version')
    expect(told.message).toMatch(/^.*sojourn\.db: the database has schema version 99, this Sojourn knows up to \d+: /)
  })

  it('refuses a directory, a path below a file and a path that is too long', () => {
    expect(refusal(dirname(path))).toMatchObject({
      code: 'store.unavailable',
      message: `${dirname(path)}: it is a directory, not a database file`,
    })
    writeFileSync(path, '')
    expect(refusal(`${path}/below/sojourn.db`)).toMatchObject({
      code: 'store.unavailable',
      message: `${path}/below/sojourn.db: its directory cannot be made: a part of the path is a file`,
    })
    expect(refusal(`${path}${'x'.repeat(300)}`)).toMatchObject({
      code: 'store.unavailable',
      message: expect.stringContaining('ENAMETOOLONG'),
    })
  })

  it('refuses what this user may not write', () => {
    createSqliteStore({ path }).close()
    chmodSync(path, 0o400)
    chmodSync(dirname(dirname(path)), 0o755)
    chmodSync(dirname(path), 0o755)
    const store = fileURLToPath(new URL('../../src/stores/sqlite/index.ts', import.meta.url))
    const script = `import { createSqliteStore } from ${JSON.stringify(store)}
      try { createSqliteStore({ path: ${JSON.stringify(path)} }) } catch (error) { console.log(error.code, error.message) }`
    // Root may write anything, so somebody else tries.
    const somebody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...somebody })
    expect(stdout.toString()).toBe(
      `store.unavailable ${path}: this user may not write the database file or its directory\n`,
    )
  })

  it('refuses options that cannot be meant', () => {
    expect(() => createSqliteStore({ path: '' })).toThrow(TypeError)
    expect(() => createSqliteStore({ path: ':memory:' })).toThrow(TypeError)
    expect(() => createSqliteStore({ path: 'a\0b' })).toThrow(TypeError)
    expect(() => createSqliteStore({ path: 7 as unknown as string })).toThrow(TypeError)
    expect(() => createSqliteStore({ path, busyTimeoutMs: -1 })).toThrow(TypeError)
    expect(() => createSqliteStore({ path, busyTimeoutMs: Number.NaN })).toThrow(TypeError)
  })

  it('takes a name for a name, never for a URI', async () => {
    const odd = `${dirname(path)}/file:x?mode=memory&a='b'`
    const store = createSqliteStore({ path: odd })
    await store.ping()
    expect(existsSync(odd)).toBe(true)
    await store.close()
  })
})

describe('a damaged file', () => {
  it('is store.corrupt when its pages are overwritten', async () => {
    const store = createSqliteStore({ path })
    for (let i = 0; i < 200; i++) await store.sessions.create(aSession({ data: 'x'.repeat(500) }), null, T0)
    await store.close()
    const file = openSync(path, 'r+')
    const { size } = statSync(path)
    for (let at = 4096; at < size; at += 4096) writeSync(file, Buffer.alloc(512, 0xa5), 0, 512, at)
    closeSync(file)
    const codes: unknown[] = []
    try {
      const damaged = createSqliteStore({ path })
      await damaged.sessions.list(null, 500, T0).catch((error: unknown) => codes.push(error))
      await damaged.close()
    } catch (error) {
      codes.push(error)
    }
    expect(codes).toMatchObject([{ code: 'store.corrupt' }])
  })

  const session = aSession({ id: 'session-1' })
  const family = aFamily(session.id, { id: 'family-1' })
  it.each([
    ['sessions', "details = '{'", 'sessions/session-1'],
    ['sessions', "details = 'null'", 'sessions/session-1'],
    ['sessions', `details = json_set(details, '$.amr', 7)`, 'sessions/session-1'],
    ['sessions', `details = json_remove(details, '$.data')`, 'sessions/session-1'],
    ['sessions', `details = json_set(details, '$.device.address', 7)`, 'sessions/session-1'],
    ['sessions', "mode = 'other'", 'sessions/session-1'],
    ['sessions', 'created_at = 9007199254740993', null],
    ['families', "details = '[]'", 'families/family-1'],
    ['families', 'step = -1', 'families/family-1'],
    ['accounts', "claims = '7'", 'accounts/account-1'],
    ['audit', `actor = '{"kind":"ghost"}'`, 'audit/1'],
    ['log', `event = '{"kind":"other","until":1}'`, 'log/1'],
    ['log', `event = '{"kind":"token","until":1}'`, 'log/1'],
    ['members', 'acked = -1', 'members/v'],
    ['subjects', 'dead_below = -1', 'subjects/subject-1'],
    ['records', "value = '{'", 'records/code/sha256:'],
    ['records', 'version = -1', 'records/code/sha256:'],
  ])('names the row: UPDATE %s SET %s', async (table, change, place) => {
    const store = createSqliteStore({ path })
    await store.sessions.create(session, null, T0)
    await store.families.create(family, T0)
    await store.accounts.create(anAccount({ id: 'account-1' }))
    await store.audit.append(anAuditEvent())
    await store.revocations.renew('v')
    await store.revocations.bumpClaims('subject-1', UNTIL, T0)
    await store.records('code').put('secret key', 1, null, T0)
    const vandal = new DatabaseSync(path)
    vandal.exec(`UPDATE ${table} SET ${change}`)
    vandal.close()
    const reads: Record<string, () => Promise<unknown>> = {
      sessions: () => store.sessions.find('session-1', T0),
      families: () => store.families.find('family-1', T0),
      accounts: () => store.accounts.list(null, 9),
      audit: () => store.audit.list({}, null, 9),
      log: () => store.revocations.readAfter(0, 9),
      members: () => store.revocations.members(),
      subjects: () => store.revocations.subject('subject-1'),
      records: () => store.records('code').find('secret key', T0),
    }
    const error = await reads[table]!().catch((caught: unknown) => caught)
    expect(isAuthError(error, 'store.corrupt'), String(error)).toBe(true)
    const { message } = error as Error
    if (place) expect(message).toContain(place)
    expect(message).not.toContain('secret')
    await store.close()
  })

  it('refuses a value of a shape that was not promised, and writes nothing', async () => {
    const store = createSqliteStore({ path })
    for (const wrong of [{ createdAt: 'now' }, { subject: '\ud800' }, { version: 1.5 }, { mode: undefined }]) {
      const creating = store.sessions.create(aSession(wrong as never), null, T0)
      await expect(creating, JSON.stringify(wrong)).rejects.toThrow(TypeError)
    }
    expect(await store.sessions.count(T0)).toBe(0)
    await store.close()
  })
})
