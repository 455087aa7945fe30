/** The Postgres store keeps the contract. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createPostgresStore } from '../../src/stores/postgres/index.ts'
import { storeContract } from '../../src/testing/index.ts'
import { describeWithPostgres, type PostgresServer, startPostgres } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'

describeWithPostgres('on a Postgres server', () => {
  let server: PostgresServer
  let stores = 0
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  // A schema of its own for each: as good as a database, and quicker made.
  storeContract({ describe, it }, 'Postgres', () =>
    createPostgresStore({ url: server.url, ...PATIENT, schema: `test_${++stores}` }),
  )
})
