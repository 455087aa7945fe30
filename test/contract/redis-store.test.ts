/** The Redis store keeps the contract, on a real Redis. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { storeContract } from '../../src/testing/index.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { redisCommand, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'

// An empty store for each test: under the same prefix, so that the server has the scripts.
const PREFIX = 'contract'

describeWithRedis('on one server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  storeContract({ describe, it }, 'Redis', async () => {
    await redisCommand(server.url, 'FLUSHALL')
    return settledRedisStore({ url: server.url, prefix: PREFIX })
  })
})

describeWithRedis('on a cluster of three primaries', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 90_000)
  afterAll(() => cluster?.stop())

  storeContract({ describe, it }, 'Redis Cluster', async () => {
    await Promise.all(cluster.urls.map((url) => redisCommand(url, 'FLUSHALL')))
    return settledRedisStore({ urls: cluster.urls, prefix: PREFIX })
  })
})
