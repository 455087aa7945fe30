/** Whatever is done to them, the memory store and the stores on disk give the same answers. */
import { afterAll, expect, it } from 'vitest'
import { createPostgresStore } from '../../src/stores/postgres/index.ts'

import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { settledRedisStore } from '../support/redis-stores.ts'
import { describeWithPostgres, describeWithRedis, startPostgres, startRedis } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'
import { databaseFiles } from '../support/store-files.ts'
import { answersAlike } from '../support/store-model.ts'

const files = databaseFiles()
afterAll(files.remove)

it('answers alike in memory and on SQLite', { timeout: 120_000 }, async () => {
  const operations = await answersAlike(() => {
    files.remove()
    return createSqliteStore({ path: files.next() })
  }, 300)
  expect(operations).toBeGreaterThan(300)
  console.log(`${operations} operations on both stores`)
})

describeWithPostgres('a Postgres store', () => {
  it('answers as memory does', { timeout: 120_000 }, async () => {
    const server = await startPostgres()
    try {
      let stores = 0
      const operations = await answersAlike(
        () => createPostgresStore({ url: server.url, ...PATIENT, schema: `model_${++stores}`, connections: 2 }),
        40,
      )
      expect(operations).toBeGreaterThan(40)
      console.log(`${operations} operations on both stores`)
    } finally {
      await server.stop()
    }
  })
})

describeWithRedis('a Redis store', () => {
  it('answers as memory does', { timeout: 120_000 }, async () => {
    const server = await startRedis()
    try {
      let stores = 0
      const operations = await answersAlike(
        () => settledRedisStore({ url: server.url, prefix: `model-${++stores}` }),
        100,
      )
      expect(operations).toBeGreaterThan(100)
      console.log(`${operations} operations on both stores`)
    } finally {
      await server.stop()
    }
  })
})
