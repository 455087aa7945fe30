/** A Redis that is stopped, full, a replica by now, or without its replicas: said quickly, and over without a restart. */
import { afterEach, expect, it } from 'vitest'
import type { Store } from '../../src/login/store.ts'
import { createRedisStore, type RedisStoreOptions } from '../../src/stores/redis/index.ts'
import { eventually, redisCommand, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
})

async function start(config: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const server = await startRedis(config)
  running.push(() => server.stop())
  return server
}

async function open(options: RedisStoreOptions): Promise<Store> {
  const store = await eventually(() => settledRedisStore({ commandTimeoutMs: 1000, ...options }))
  running.push(() => store.close())
  return store
}

/** A primary and its replica, in step. */
async function startPair(): Promise<readonly [RedisServer, RedisServer]> {
  const atOnce = { 'repl-diskless-sync-delay': '0' }
  const primary = await start(atOnce)
  const replica = await start({ ...atOnce, replicaof: `127.0.0.1 ${primary.port}` })
  await inStep(primary)
  return [primary, replica]
}

async function inStep(primary: RedisServer): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (/slave0:.*state=online/.test(String(await redisCommand(primary.url, 'INFO', 'replication')))) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the replica did not come')
}

const unavailable = { code: 'store.unavailable' }

describeWithRedis('a Redis that does not do its part', () => {
  it('is given up in time while it hangs, and used again when it goes on', async () => {
    const server = await start()
    const store = await open({ url: server.url })
    const session = aSession({ id: store.sessions.newId('subject-1') })
    await store.sessions.create(session, null, T0)
    let woken = 0
    const stopWatching = store.revocations.watch(() => woken++)
    server.pause()
    const startedAt = Date.now()
    const calls = await Promise.allSettled([
      store.sessions.find(session.id, T0),
      store.sessions.end(session.id, UNTIL, T0),
      store.revocations.renew('v'),
      store.records('r').find('k', T0),
    ])
    for (const call of calls) expect(call).toMatchObject({ status: 'rejected', reason: unavailable })
    for (let i = 0; i < 20; i++) await expect(store.ping()).rejects.toMatchObject(unavailable)
    // A second for the command, another for a connection that is taken and not served; not one for each call.
    expect(Date.now() - startedAt).toBeLessThan(15_000)
    server.resume()
    await eventually(() => store.ping())
    // The end was sent before the server stopped: it may have happened, and then it is in the log.
    const log = await store.revocations.readAfter(0, 9)
    expect((await store.sessions.find(session.id, T0)) === null).toBe(log.length > 0)
    const since = woken
    await store.revocations.revokeToken('t', UNTIL, T0)
    for (let tries = 0; woken === since && tries < 600; tries++) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(woken).toBeGreaterThan(since)
    stopWatching()
  })

  it('is refused quickly while it is gone, and found again', async () => {
    const server = await start()
    const store = await open({ url: server.url })
    await server.kill()
    await expect(store.ping()).rejects.toMatchObject(unavailable)
    const startedAt = Date.now()
    for (let i = 0; i < 1000; i++) await expect(store.sessions.find('a', T0)).rejects.toMatchObject(unavailable)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
    await server.restart()
    await eventually(() => store.ping())
  })

  it('ends sessions and keeps the fleet going when it is full, and takes nothing new', async () => {
    const server = await start()
    const store = await open({ url: server.url })
    const [one, two] = [0, 1].map(() => aSession({ id: store.sessions.newId('subject-1') }))
    if (!one || !two) throw new Error('two sessions')
    for (const session of [one, two]) await store.sessions.create(session, null, T0)
    await store.revocations.revokeToken('old', T0 + 1, T0)
    await redisCommand(server.url, 'CONFIG', 'SET', 'maxmemory', '1')
    const full = { code: 'store.unavailable', message: 'the memory of Redis is full' }
    const fresh = aSession({ id: store.sessions.newId('u'), subject: 'u' })
    await expect(store.sessions.create(fresh, null, T0)).rejects.toMatchObject(full)
    await expect(store.records('r').put('k', 1, null, T0)).rejects.toMatchObject(full)
    expect(await store.sessions.find(fresh.id, T0)).toBeNull()
    const { head } = await store.revocations.renew('v')
    await store.revocations.ack('v', head)
    expect(await store.sessions.end(one.id, UNTIL, T0)).toMatchObject({
      ended: one,
      members: [{ id: 'v', acked: head }],
    })
    expect(await store.sessions.endSubject('subject-1', null, UNTIL, T0)).toMatchObject({ ended: 1, generation: 1 })
    expect(await store.revocations.prune(T0 + 1)).toBe(1)
    for (const { id } of [one, two]) expect(await store.sessions.find(id, T0)).toBeNull()
    await redisCommand(server.url, 'CONFIG', 'SET', 'maxmemory', '0')
    expect(await store.sessions.create(fresh, null, T0)).toBe('created')
  })

  it('counts a write only when the replica has it', { timeout: 60_000 }, async () => {
    const [primary, replica] = await startPair()
    const store = await open({ url: primary.url, replicas: 1 })
    expect(store.revocations).toMatchObject({ durability: 'D2', overlapMs: 0 })
    const appended = await Promise.all(
      Array.from({ length: 200 }, (_, i) => store.revocations.revokeToken(`t${i}`, UNTIL, T0)),
    )
    // All of them are there by now, without any wait here.
    expect(await redisCommand(replica.url, 'XLEN', '{sojourn}log')).toBe(appended.length)
    replica.pause()
    await expect(store.revocations.renew('v')).rejects.toMatchObject(unavailable)
    await expect(store.revocations.revokeToken('late', UNTIL, T0)).rejects.toMatchObject(unavailable)
    // What needs nobody else goes on.
    expect(await store.sessions.find('nobody', T0)).toBeNull()
    await expect(
      store.revocations.judge({ sessionId: 's', subject: 'u', tokenId: null, generation: 0 }, T0),
    ).rejects.toMatchObject(unavailable)
    replica.resume()
    await eventually(() => store.revocations.renew('v'))
  })

  it('follows a promotion: what was acknowledged is there, in another incarnation', { timeout: 60_000 }, async () => {
    const [primary, replica] = await startPair()
    const store = await open({ urls: [replica.url, primary.url], replicas: 1 })
    const before = await eventually(() => store.revocations.renew('v'))
    const { offset } = await store.revocations.revokeToken('t', UNTIL, T0)
    await primary.kill()
    await expect(store.revocations.renew('v')).rejects.toMatchObject(unavailable)
    await redisCommand(replica.url, 'REPLICAOF', 'NO', 'ONE')
    // Alone it may not take anything: what it takes could be lost with it.
    await expect(store.revocations.renew('v')).rejects.toMatchObject(unavailable)
    await primary.restart()
    await redisCommand(primary.url, 'REPLICAOF', '127.0.0.1', String(replica.port))
    await inStep(replica)
    const after = await eventually(() => store.revocations.renew('v'))
    expect(after.incarnation).not.toBe(before.incarnation)
    expect(after).toMatchObject({ settled: false, head: offset })
    const log = await store.revocations.readAfter(0, 9, after.incarnation)
    expect(log.map(({ event }) => event)).toContainEqual({ kind: 'token', tokenId: 't', until: UNTIL })
  })

  it('does not let a former primary renew anybody (guard G7)', { timeout: 60_000 }, async () => {
    const [primary, replica] = await startPair()
    const behind = await open({ url: primary.url, replicas: 1 })
    await eventually(() => behind.revocations.renew('v'))
    // The replica is promoted while the primary, cut off, still takes itself for one.
    await redisCommand(replica.url, 'REPLICAOF', 'NO', 'ONE')
    await expect(behind.revocations.renew('v')).rejects.toMatchObject(unavailable)
    await expect(behind.revocations.revokeToken('t', UNTIL, T0)).rejects.toMatchObject(unavailable)
    const ahead = await createRedisStore({ url: replica.url })
    running.push(() => ahead.close())
    expect((await ahead.revocations.renew('w')).settled).toBe(false)
  })

  it('leaves a former primary that still runs for the one that has the replicas', { timeout: 60_000 }, async () => {
    const [primary, replica] = await startPair()
    const next = await start({ 'repl-diskless-sync-delay': '0', replicaof: `127.0.0.1 ${replica.port}` })
    await inStep(replica)
    const store = await open({ urls: [primary.url, replica.url, next.url], replicas: 1 })
    const before = await eventually(() => store.revocations.renew('v'))
    await redisCommand(replica.url, 'REPLICAOF', 'NO', 'ONE')
    const after = await eventually(() => store.revocations.renew('v'))
    expect(after.incarnation).not.toBe(before.incarnation)
    // Every lane has moved.
    expect((await eventually(() => store.revocations.members())).incarnation).toBe(after.incarnation)
    const { offset } = await eventually(() => store.revocations.revokeToken('t', UNTIL, T0))
    expect(await redisCommand(replica.url, 'HGET', '{sojourn}meta', 'head')).toBe(String(offset))
  })

  it('finds the primary again when the one it knew is a replica', { timeout: 60_000 }, async () => {
    const [primary, replica] = await startPair()
    const store = await open({ urls: [primary.url, replica.url] })
    await store.revocations.renew('v')
    await redisCommand(replica.url, 'REPLICAOF', 'NO', 'ONE')
    await redisCommand(primary.url, 'REPLICAOF', '127.0.0.1', String(replica.port))
    const { offset } = await eventually(() => store.revocations.revokeToken('t', UNTIL, T0))
    expect(await redisCommand(replica.url, 'HGET', '{sojourn}meta', 'head')).toBe(String(offset))
  })
})
