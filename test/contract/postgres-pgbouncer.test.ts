/** Behind PgBouncer in transaction mode the Postgres store keeps the contract; only notifications need a way of their own. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresStore } from '../../src/stores/postgres/index.ts'
import { storeContract } from '../../src/testing/index.ts'
import { describeWithPgBouncer, type PostgresServer, startPgBouncer, startPostgres } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'
import { T0, UNTIL } from '../support/store-fixtures.ts'

describeWithPgBouncer('behind PgBouncer', () => {
  let server: PostgresServer
  let bouncer: Awaited<ReturnType<typeof startPgBouncer>>
  let stores = 0
  beforeAll(async () => {
    server = await startPostgres()
    bouncer = await startPgBouncer(server)
  })
  afterAll(async () => {
    await bouncer?.stop()
    await server?.stop()
  })
  const schema = (): string => `test_${++stores}`

  storeContract({ describe, it }, 'Postgres behind PgBouncer', () =>
    createPostgresStore({ url: bouncer.url, ...PATIENT, schema: schema() }),
  )

  it('says that it is, and that notifications do not come through', async () => {
    const store = await createPostgresStore({ url: bouncer.url, ...PATIENT, schema: schema() })
    onTestFinished(() => store.close())
    onTestFinished(store.revocations.watch(() => undefined))
    await sleep(300)
    expect(await store.settings()).toMatchObject({ pooled: true, listening: false })
  })

  it('is told of appends by a connection of its own to the server', async () => {
    const options = { url: bouncer.url, listenUrl: server.url, ...PATIENT, schema: schema() }
    const [store, other] = [await createPostgresStore(options), await createPostgresStore(options)]
    onTestFinished(() => Promise.all([store.close(), other.close()]).then(() => undefined))
    let woken = 0
    onTestFinished(store.revocations.watch(() => woken++))
    const settled = async (isSo: () => boolean | Promise<boolean>) => {
      for (let tries = 0; tries < 500 && !(await isSo()); tries++) await sleep(10)
      expect(await isSo()).toBe(true)
    }
    await settled(async () => (await store.settings()).listening === true)
    await sleep(100)
    const since = woken
    await other.revocations.revokeToken('t', UNTIL, T0)
    await settled(() => woken > since)
  })

  it('takes a pool of the application, and leaves it open', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 3 })
    onTestFinished(() => pool.end())
    const store = await createPostgresStore({ pool, schema: schema() })
    expect(await store.settings()).toMatchObject({ pooled: false, listening: false })
    expect(await store.revocations.revokeToken('t', UNTIL, T0)).toMatchObject({ offset: 1 })
    await store.close()
    await expect(store.ping()).rejects.toMatchObject({ code: 'store.unavailable' })
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })
})
