/** Twenty processes on one Postgres database: of twenty callers one wins; the first race is who makes the tables. */
import { afterAll, beforeAll } from 'vitest'
import { describeWithPostgres, type PostgresServer, startPostgres } from '../support/servers.ts'
import { storeRaces } from '../support/store-races.ts'

describeWithPostgres('twenty processes on one database', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  storeRaces(() => server.url)
})
