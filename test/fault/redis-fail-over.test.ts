/** A primary that is led away, comes back, or is cut off from its replicas while our connections stay open. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { createRedisStore } from '../../src/stores/redis/index.ts'
import { eventually, redisCommand, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const running: RedisServer[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

async function start(config: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const server = await startRedis({ 'repl-diskless-sync-delay': '0', ...config })
  running.push(server)
  return server
}

const follow = (primary: RedisServer): Promise<RedisServer> => start({ replicaof: `127.0.0.1 ${primary.port}` })
const lead = (server: RedisServer): Promise<unknown> => redisCommand(server.url, 'REPLICAOF', 'NO', 'ONE')

async function inStep(primary: RedisServer, replicas = 1): Promise<void> {
  const endMs = Date.now() + 30_000
  for (;;) {
    const info = String(await redisCommand(primary.url, 'INFO', 'replication'))
    if ((info.match(/state=online/g) ?? []).length >= replicas) return
    if (Date.now() > endMs) throw new Error('the replicas do not follow')
    await sleep(25)
  }
}

describeWithRedis('a fail-over that connections outlive', () => {
  it('is followed by all lanes together: no read is answered by a former primary', { timeout: 90_000 }, async () => {
    const former = await start()
    const next = await follow(former)
    await inStep(former)
    const store = await eventually(() =>
      settledRedisStore({ urls: [former.url, next.url], replicas: 1, commandTimeoutMs: 2000 }),
    )
    const session = aSession({ id: store.sessions.newId('subject-1') })
    await store.sessions.create(session, null, T0)
    expect(await store.sessions.find(session.id, T0)).not.toBeNull()
    // The former one is cut off from its replica, but not from us.
    await lead(next)
    await follow(next)
    await inStep(next)
    const { incarnation } = await eventually(() => store.revocations.renew('v'))
    await store.revocations.settle(incarnation)
    expect((await eventually(() => store.sessions.end(session.id, UNTIL, T0))).ended).not.toBeNull()
    expect(await eventually(() => store.sessions.find(session.id, T0))).toBeNull()
    await store.close()
  })

  it('is noticed by the next renewal when it led back to the same server with less in it', {
    timeout: 90_000,
  }, async () => {
    const primary = await start()
    const lagging = await follow(primary)
    await inStep(primary)
    const store = await settledRedisStore({ url: primary.url, commandTimeoutMs: 2000 })
    const session = aSession({ id: store.sessions.newId('subject-1') })
    await store.sessions.create(session, null, T0)
    const before = await store.revocations.renew('v')
    await sleep(1100)
    await lead(lagging)
    await store.sessions.end(session.id, UNTIL, T0)
    await redisCommand(primary.url, 'REPLICAOF', '127.0.0.1', String(lagging.port))
    await inStep(lagging)
    await lead(primary)
    const after = await eventually(() => store.revocations.renew('v'))
    expect(after.incarnation).not.toBe(before.incarnation)
    expect(after.settled).toBe(false)
    await store.close()
  })

  it('makes one incarnation, however long some connections have been idle', { timeout: 90_000 }, async () => {
    const primary = await start()
    const other = await follow(primary)
    await inStep(primary)
    const idle = await settledRedisStore({ url: primary.url, commandTimeoutMs: 2000 })
    await idle.revocations.renew('idle')
    await lead(other)
    await redisCommand(primary.url, 'REPLICAOF', '127.0.0.1', String(other.port))
    await inStep(other)
    await lead(primary)
    const fresh = await createRedisStore({ url: primary.url, commandTimeoutMs: 2000 })
    const seen = new Set<string>()
    for (let i = 0; i < 6; i++) {
      for (const store of [idle, fresh]) seen.add((await eventually(() => store.revocations.renew('v'))).incarnation)
    }
    expect(seen.size).toBe(1)
    await idle.close()
    await fresh.close()
  })

  it('cannot be left to luck: more replicas than confirm are refused', { timeout: 60_000 }, async () => {
    const primary = await start()
    await Promise.all([follow(primary), follow(primary)])
    await inStep(primary, 2)
    await expect(createRedisStore({ url: primary.url, replicas: 1 })).rejects.toMatchObject({
      code: 'store.unavailable',
      message: expect.stringContaining('2 replicas are connected, and 1 are to confirm every write'),
    })
  })

  it('does not call a disk durable that a rewrite switches off', async () => {
    const settings = { appendonly: 'yes', appendfsync: 'always', 'no-appendfsync-on-rewrite': 'yes' }
    const store = await createRedisStore({ url: (await start(settings)).url })
    expect([store.revocations.durability, store.durabilityReason]).toEqual([
      'D0',
      'the disk may lack the last writes (no-appendfsync-on-rewrite yes)',
    ])
    await store.close()
  })
})
