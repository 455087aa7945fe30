/** The known races of cached logins, on every store that processes share. */
import { afterAll, beforeAll, describe } from 'vitest'
import { loginRaces } from '../support/login-races.ts'
import {
  describeWithPostgres,
  describeWithRedis,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '../support/servers.ts'
import { databaseFiles } from '../support/store-files.ts'

const files = databaseFiles()
afterAll(files.remove)

describe('on one SQLite file', () => loginRaces(() => `sqlite:${files.next()}`))

describeWithRedis('on Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  loginRaces(() => server.url)
})

describeWithPostgres('on Postgres', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  loginRaces(() => server.url)
})
