/** What a Redis store refuses at its start, and what it says of it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisStore } from '../../src/stores/redis/index.ts'
import { redisCommand } from '../support/redis-stores.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'

describeWithRedis('the start of a Redis store', () => {
  let server: RedisServer
  let made = 0
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  const open = (options: Partial<Parameters<typeof createRedisStore>[0]> = {}) =>
    createRedisStore({ url: server.url, prefix: `start${made}`, ...options })
  const refused = (options: Partial<Parameters<typeof createRedisStore>[0]>, code: string, message: RegExp) =>
    expect(open(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })

  it('refuses a server that evicts keys, also one that comes to it later', async () => {
    made++
    const store = await open()
    await redisCommand(server.url, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    try {
      await refused({}, 'store.unavailable', /maxmemory-policy allkeys-lru.*set it to noeviction/)
      await redisCommand(server.url, 'CLIENT', 'KILL', 'TYPE', 'normal')
      await expect(store.ping()).rejects.toMatchObject({ code: 'store.unavailable' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      await expect(store.ping()).rejects.toMatchObject({ message: expect.stringMatching(/noeviction/) })
    } finally {
      await redisCommand(server.url, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      await store.close()
    }
  })

  it('knows another fleet under its prefix', async () => {
    made++
    const store = await open({ fleet: 'https://one.example' })
    await refused(
      { fleet: 'https://two.example' },
      'store.corrupt',
      /belong to https:\/\/one.example.*prefix of its own/,
    )
    await (await open({ fleet: 'https://one.example' })).close()
    await (await open({ prefix: `start${made}-two`, fleet: 'https://two.example' })).close()
    await store.close()
  })

  it('refuses another layout', async () => {
    made++
    await (await open()).close()
    await redisCommand(server.url, 'HSET', `{start${made}}meta`, 'format', '2')
    await refused({}, 'store.version', /layout 2/)
  })

  it('refuses keys of another program, and what is left of ours without its log', async () => {
    made++
    await redisCommand(server.url, 'SET', `{start${made}:ab}something`, 'theirs')
    await refused({}, 'store.corrupt', new RegExp(`\\{start${made}:ab\\} are there`))
    made++
    await redisCommand(server.url, 'SET', `{start${made}}meta`, 'theirs')
    await refused({}, 'store.corrupt', /value of another program/)
    made++
    const store = await open()
    await store.revocations.revokeToken('t', 2_000_000_000, 1_800_000_000)
    await redisCommand(server.url, 'DEL', `{start${made}}meta`)
    await expect(store.revocations.renew('v')).rejects.toMatchObject({ code: 'store.corrupt' })
    await refused({}, 'store.corrupt', /a part of ours is lost/)
    await store.close()
  })

  it('says when nobody answers, in time', async () => {
    const startedAt = Date.now()
    await refused({ url: 'redis://127.0.0.1:1' }, 'store.unavailable', /cannot be reached/)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
  })

  it('says when replicas are missing', async () => {
    made++
    await refused({ replicas: 1 }, 'store.unavailable', /1 replicas are to confirm every write, and 0 are connected/)
  })

  it('says when it may not enter, without the password', async () => {
    const locked = await startRedis({ requirepass: 'open-sesame' })
    try {
      await refused({ url: locked.url }, 'store.unavailable', /refuses our user/)
      await refused(
        { url: locked.url.replace('//', '//:wrong-word@') },
        'store.unavailable',
        /^(?!.*wrong-word).*refuses our user/,
      )
      const store = await open({ url: locked.url.replace('//', '//:open-sesame@') })
      await store.ping()
      await store.close()
    } finally {
      await locked.stop()
    }
  })

  it('needs no CONFIG, and then says why its class is no better', async () => {
    const durable = await startRedis({ appendonly: 'yes', appendfsync: 'always' })
    try {
      await redisCommand(durable.url, 'ACL', 'SETUSER', 'plain', 'on', '>word', '~*', '&*', '+@all', '-config')
      const store = await open({ url: durable.url.replace('//', '//plain:word@') })
      expect(store.revocations.durability).toBe('D0')
      expect(store.durabilityReason).toMatch(/CONFIG GET appendfsync is forbidden/)
      await store.close()
    } finally {
      await durable.stop()
    }
  })

  it('refuses options that cannot be meant', async () => {
    await expect(createRedisStore({})).rejects.toThrow(TypeError)
    for (const options of [{ url: 'http://localhost' }, { prefix: 'a b' }, { prefix: '{x}' }, { replicas: -1 }]) {
      await expect(open(options)).rejects.toThrow(TypeError)
    }
    await expect(open({ commandTimeoutMs: 0 })).rejects.toThrow(TypeError)
  })
})
