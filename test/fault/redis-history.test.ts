/** The log of a Redis store belongs to one life of one server: whatever may have lost an entry shows as another incarnation. */
import { afterEach, expect, it } from 'vitest'
import type { Store } from '../../src/login/store.ts'
import { createRedisStore } from '../../src/stores/redis/index.ts'
import { redisCommand as command, eventually, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/servers.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).toReversed()) await one.stop()
})

async function start(config: Readonly<Record<string, string>> = {}): Promise<{ server: RedisServer; store: Store }> {
  const server = await startRedis(config)
  const store = await settledRedisStore({ url: server.url, commandTimeoutMs: 1000 })
  running.push(server, { stop: () => store.close() })
  return { server, store }
}

describeWithRedis('the history of a Redis store', () => {
  it('keeps what was acknowledged over kill -9 with appendonly always, in another incarnation', async () => {
    const { server, store } = await start({ appendonly: 'yes', appendfsync: 'always' })
    expect(store.revocations.durability).toBe('D1')
    const before = await store.revocations.renew('v')
    expect(before.settled).toBe(true)
    const ended: string[] = []
    const session = aSession({ id: store.sessions.newId('subject-1') })
    await store.sessions.create(session, null, T0)
    // Killed in the middle of it; what was answered must be there afterwards.
    const ending = (async () => {
      for (let i = 0; ; i++) {
        await store.revocations.revokeToken(`t${i}`, UNTIL, T0)
        ended.push(`t${i}`)
      }
    })()
    const failed = expect(ending).rejects.toMatchObject({ code: 'store.unavailable' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    await server.kill()
    await failed
    await expect(store.ping()).rejects.toMatchObject({ code: 'store.unavailable' })
    await server.restart()
    const after = await eventually(() => store.revocations.renew('v'))
    expect(after.incarnation).not.toBe(before.incarnation)
    expect(after.settled).toBe(false)
    expect(after.head).toBeGreaterThanOrEqual(ended.length)
    const log = await store.revocations.readAfter(0, 100_000, after.incarnation)
    const held = new Set(log.map(({ event }) => (event.kind === 'token' ? event.tokenId : '')))
    expect(ended.filter((id) => !held.has(id))).toEqual([])
    expect(ended.length).toBeGreaterThan(0)
    expect(await store.sessions.find(session.id, T0)).toEqual(session)
    await expect(store.revocations.readAfter(0, 9, before.incarnation)).rejects.toMatchObject({
      code: 'store.unavailable',
    })
  })

  it('is another one after a restart without its data, and after FLUSHALL', async () => {
    const { server, store } = await start()
    expect(store.revocations.durability).toBe('D0')
    await store.revocations.revokeToken('t', UNTIL, T0)
    const seen = [(await store.revocations.members()).incarnation]
    await server.kill()
    await server.restart()
    const restarted = await eventually(() => store.revocations.renew('v'))
    expect(restarted).toMatchObject({ head: 0, firstRetained: 1, settled: false })
    seen.push(restarted.incarnation)
    await command(server.url, 'FLUSHALL')
    const flushed = await store.revocations.renew('v')
    expect(flushed).toMatchObject({ head: 0, settled: false })
    seen.push(flushed.incarnation)
    expect(new Set(seen).size).toBe(3)
    // Its ids go on as they were: the key that places rows is still known here.
    const session = aSession({ id: store.sessions.newId('subject-1') })
    expect(await store.sessions.create(session, null, T0)).toBe('created')
  })

  it('is the same for all who meet it, and stays the same when a connection breaks', async () => {
    const { server, store } = await start()
    const others = await Promise.all([1, 2, 3].map(() => createRedisStore({ url: server.url })))
    for (const other of others) running.push({ stop: () => other.close() })
    const { incarnation } = await store.revocations.members()
    await command(server.url, 'CLIENT', 'KILL', 'TYPE', 'normal')
    for (const one of [store, ...others]) {
      expect(await eventually(() => one.revocations.members())).toMatchObject({ incarnation, settled: true })
    }
    await server.kill()
    await server.restart()
    const found = await Promise.all([store, ...others].map((one) => eventually(() => one.revocations.renew('v'))))
    expect(new Set(found.map((renewal) => renewal.incarnation)).size).toBe(1)
    expect(found[0]?.incarnation).not.toBe(incarnation)
  })

  it('is another one when an end of the log is gone', async () => {
    const { server, store } = await start()
    for (const id of ['a', 'b', 'c']) await store.revocations.revokeToken(id, UNTIL, T0)
    const before = await store.revocations.renew('v')
    await command(server.url, 'DEL', '{sojourn}log')
    const after = await store.revocations.renew('v')
    expect(after.incarnation).not.toBe(before.incarnation)
    expect(after).toMatchObject({ head: 3, firstRetained: 4, settled: false })
  })

  it('gives numbers with a wide step while nobody has said what was lost', async () => {
    const server = await startRedis()
    const store = await createRedisStore({ url: server.url })
    running.push(server, { stop: () => store.close() })
    expect((await store.revocations.bumpClaims('u', UNTIL, T0)).generation).toBe(65_536)
    expect((await store.sessions.endSubject('u', null, UNTIL, T0))?.generation).toBe(131_072)
    expect((await store.revocations.raiseFloor([], UNTIL, T0)).floor).toBe(65_536)
    await store.revocations.settle((await store.revocations.members()).incarnation)
    expect((await store.revocations.bumpClaims('u', UNTIL, T0)).generation).toBe(131_073)
  })
})
