/** The schema of the Postgres store: who makes it, whose it is, and what a role needs to use it. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createPostgresStore, type PostgresStoreOptions } from '../../src/stores/postgres/index.ts'
import { describeWithPostgres, type PostgresServer, startPostgres } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

describeWithPostgres('the schema', () => {
  let server: PostgresServer
  let admin: Client
  beforeAll(async () => {
    server = await startPostgres()
    admin = new Client({ connectionString: server.url })
    await admin.connect()
  })
  afterAll(async () => {
    await admin?.end()
    await server?.stop()
  })

  const open = async (schema: string, options: Partial<PostgresStoreOptions> = {}) => {
    const store = await createPostgresStore({ url: server.url, ...PATIENT, schema, ...options })
    onTestFinished(() => store.close())
    return store
  }
  const as = (role: string): { url: string } => ({ url: server.url.replace('sojourn@', `${role}@`) })

  it('is made once by whoever comes first', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => open('many')))
    const renewals = await Promise.all(stores.map((store, i) => store.revocations.renew(`v${i}`)))
    expect(new Set(renewals.map(({ incarnation }) => incarnation)).size).toBe(1)
    const { rows } = await admin.query('SELECT * FROM many.schema_version')
    expect(rows).toEqual([{ product: 'sojourn', version: 1 }])
  })

  it('is one of its own for each name: two fleets in one database know nothing of each other', async () => {
    const [one, other] = [await open('fleet_one'), await open('fleet_two')]
    const session = aSession()
    await one.sessions.create(session, null, T0)
    await one.sessions.endSubject('subject-1', null, UNTIL, T0)
    expect(await other.sessions.find(session.id, T0)).toBeNull()
    expect(await other.revocations.readAfter(0, 9)).toEqual([])
    expect(await other.revocations.subject('subject-1')).toMatchObject({ generation: 0 })
  })

  it('of a newer version is refused, and left as it is', async () => {
    await (await open('newer')).close()
    await admin.query('UPDATE newer.schema_version SET version = 99')
    await expect(open('newer')).rejects.toMatchObject({ code: 'store.version', message: expect.stringContaining('99') })
    expect((await admin.query('SELECT version FROM newer.schema_version')).rows).toEqual([{ version: 99 }])
  })

  it('with a table of another program is refused by name, and left as it is', async () => {
    for (const [schema, table] of [
      ['theirs', 'sessions (sid text, sess json)'],
      ['alembic', 'schema_version (version_num text)'],
      ['likewise', 'schema_version (product text, version integer)'],
    ]) {
      await admin.query(`CREATE SCHEMA ${schema}`)
      await admin.query(`CREATE TABLE ${schema}.${table}`)
      const name = table?.split(' ')[0] ?? ''
      await expect(open(schema ?? '')).rejects.toMatchObject({
        code: 'store.corrupt',
        message: expect.stringContaining(`"${schema}"."${name}"`),
      })
      const sql = 'SELECT table_name FROM information_schema.tables WHERE table_schema = $1'
      expect((await admin.query(sql, [schema])).rows).toEqual([{ table_name: name }])
    }
  })

  it('may hold tables of other names', async () => {
    await admin.query('CREATE SCHEMA shared')
    await admin.query('CREATE TABLE shared.orders (n int)')
    expect(await (await open('shared')).revocations.floor()).toBe(0)
  })

  it('can be made by one role and used by another that has no more rights than it needs', async () => {
    await (await open('lean')).close()
    await admin.query('CREATE ROLE web LOGIN')
    await expect(open('lean', as('web'))).rejects.toMatchObject({ code: 'store.unavailable' })
    await admin.query(`GRANT USAGE ON SCHEMA lean TO web;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA lean TO web`)
    const store = await open('lean', { ...as('web'), migrate: false })
    const session = aSession()
    expect(await store.sessions.create(session, 5, T0)).toBe('created')
    expect(await store.sessions.touch(session.id, T0 + 1, T0)).toBe(true)
    expect(await store.revocations.renew('v')).toMatchObject({ settled: true })
    expect(await store.sessions.end(session.id, UNTIL, T0)).toMatchObject({ offset: 1 })
    expect(await store.revocations.raiseFloor(['k'], UNTIL, T0)).toMatchObject({ floor: 1 })
    await store.audit.append({
      at: T0,
      action: 'floor.raised',
      actor: { kind: 'system' },
      subject: null,
      sessionId: null,
      address: null,
      detail: {},
    })
    await store.records('code').put('k', 1, null, T0)
    expect(await store.records('code').take('k', T0)).toBe(1)
    expect(await store.revocations.prune(UNTIL)).toBe(2)
    await expect(open('absent', { ...as('web'), migrate: false })).rejects.toMatchObject({ code: 'store.version' })
    await expect(open('absent', as('web'))).rejects.toMatchObject({ code: 'store.unavailable' })
  })

  it('owned by a role that may make no other', async () => {
    await admin.query('CREATE ROLE owner LOGIN; CREATE SCHEMA owned AUTHORIZATION owner')
    expect(await (await open('owned', as('owner'))).revocations.floor()).toBe(0)
  })

  it('that lost a function, or a row its sense, is said to be damaged', async () => {
    const store = await open('damaged')
    const session = aSession()
    await store.sessions.create(session, null, T0)
    await store.revocations.revokeToken('t', UNTIL, T0)
    await admin.query("UPDATE damaged.sessions SET details = '{'")
    await expect(store.sessions.find(session.id, T0)).rejects.toMatchObject({
      code: 'store.corrupt',
      message: expect.stringContaining(`sessions/${session.id}`),
    })
    await admin.query("UPDATE damaged.log SET kind = 'strange'")
    await expect(store.revocations.readAfter(0, 9)).rejects.toMatchObject({ code: 'store.corrupt' })
    await admin.query('DROP FUNCTION damaged.touch_session')
    await expect(store.sessions.touch(session.id, T0, T0)).rejects.toMatchObject({ code: 'store.corrupt' })
  })

  it('is asked for with options that can be meant', async () => {
    const wrong: readonly object[] = [
      {},
      { url: server.url, pool: { connect() {} } },
      { url: 'mysql://localhost/test' },
      { url: 5 },
      { pool: {} },
      { url: server.url, schema: 'a"; DROP SCHEMA public' },
      { url: server.url, schema: 'x'.repeat(41) },
      { url: server.url, migrate: 'no' },
      { url: server.url, connections: 0 },
      { url: server.url, timeoutMs: Number.NaN },
    ]
    for (const options of wrong) {
      await expect(createPostgresStore(options as PostgresStoreOptions), JSON.stringify(options)).rejects.toThrow(
        TypeError,
      )
    }
  })

  it('is looked for where there is a server, a database and a role', async () => {
    const error = await open('x', { url: 'postgres://sojourn:hunter2@127.0.0.1:1/test' }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ code: 'store.unavailable' })
    expect(String(error) + JSON.stringify(error)).not.toContain('hunter2')
    await expect(open('x', as('nobody'))).rejects.toMatchObject({ code: 'store.unavailable' })
    const elsewhere = server.url.replace('/test', '/elsewhere')
    await expect(open('x', { url: elsewhere })).rejects.toMatchObject({
      code: 'store.unavailable',
      message: expect.stringContaining('no such database'),
    })
  })

  it('demands READ COMMITTED, and says how to get it', async () => {
    await admin.query('CREATE ROLE strict LOGIN SUPERUSER')
    const store = await open('isolation', as('strict'))
    await admin.query("ALTER ROLE strict SET default_transaction_isolation = 'serializable'")
    await expect(open('isolation', as('strict'))).rejects.toMatchObject({
      code: 'store.unavailable',
      message: expect.stringContaining('ALTER ROLE'),
    })
    expect(await store.revocations.floor()).toBe(0)
  })
})
