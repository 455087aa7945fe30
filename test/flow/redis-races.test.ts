/** Twenty processes on one Redis: of twenty callers one wins. */
import { afterAll, beforeAll } from 'vitest'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'
import { storeRaces } from '../support/store-races.ts'

describeWithRedis('twenty processes on one Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  storeRaces(() => server.url)
})
