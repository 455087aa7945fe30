/** A Postgres server that dies, stalls, follows or is replaced: what a store on it answers meanwhile, and what is left after. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { createPostgresStore, type PostgresStore, type PostgresStoreOptions } from '../../src/stores/postgres/index.ts'
import { describeWithPostgres, type PostgresOptions, type PostgresServer, startPostgres } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'

const GONE = { code: 'store.unavailable' }

async function serve(options?: PostgresOptions): Promise<PostgresServer> {
  const server = await startPostgres(options)
  onTestFinished(() => server.stop())
  return server
}

async function open(url: string, options: Partial<PostgresStoreOptions> = PATIENT): Promise<PostgresStore> {
  const store = await createPostgresStore({ url, ...options })
  onTestFinished(() => store.close())
  return store
}

async function sql(server: PostgresServer, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** Until the store answers again, without having been opened anew. */
async function answering<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (tries === 200) throw error
      await sleep(100)
    }
  }
}

describeWithPostgres('a Postgres server that is killed', () => {
  it('keeps what was acknowledged, in the same incarnation', { timeout: 120_000 }, async () => {
    // What the server would leave to a later flush, our steps do not.
    const server = await serve({ durable: true, settings: { synchronous_commit: 'off' } })
    const store = await open(server.url)
    expect(store.revocations.durability).toBe('D1')
    const { incarnation } = await store.revocations.renew('verifier')
    const acknowledged: (readonly [string, number])[] = []
    let isDown = false
    const write = async (): Promise<void> => {
      while (!isDown) {
        const session = aSession()
        try {
          await store.sessions.create(session, null, T0)
          const { offset } = await store.sessions.end(session.id, UNTIL, T0)
          acknowledged.push([session.id, offset])
        } catch (error) {
          expect(error).toMatchObject(GONE)
        }
      }
    }
    for (let round = 1; round <= 2; round++) {
      isDown = false
      const writers = Array.from({ length: 8 }, write)
      while (acknowledged.length < round * 40) await sleep(5)
      await server.kill()
      isDown = true
      await Promise.all(writers)
      const startedMs = performance.now()
      await expect(store.revocations.members()).rejects.toMatchObject(GONE)
      await expect(store.sessions.create(aSession(), null, T0)).rejects.toMatchObject(GONE)
      expect(performance.now() - startedMs, 'a server that is gone is noticed at once').toBeLessThan(5_000)
      await sleep(500)
      await server.restart()
      expect(await answering(() => store.revocations.renew('verifier'))).toMatchObject({ incarnation, settled: true })
    }
    const log = await store.revocations.readAfter(0, 1_000_000)
    expect(log.map(({ offset }) => offset)).toEqual(log.map((_, i) => i + 1))
    for (const [sessionId, offset] of acknowledged) expect(log[offset - 1]?.event).toMatchObject({ sessionId })
    console.log(`${acknowledged.length} acknowledged ends over 2 kills, none lost`)
  })

  it('is another incarnation where it does not write through', { timeout: 60_000 }, async () => {
    const server = await serve()
    const store = await open(server.url)
    expect(store.revocations.durability).toBe('D0')
    const { incarnation, settled } = await store.revocations.renew('v')
    expect(settled).toBe(true)
    await server.kill()
    await sleep(500)
    await server.restart()
    const renewed = await answering(() => store.revocations.renew('v'))
    expect(renewed.incarnation).not.toBe(incarnation)
    expect(renewed.settled).toBe(false)
    expect(await store.sessions.endSubject('u', null, UNTIL, T0)).toMatchObject({ generation: 65_536, settled: false })
    await store.revocations.settle(renewed.incarnation)
    expect(await store.revocations.raiseFloor([], UNTIL, T0)).toMatchObject({ floor: 1, settled: true })
  })
})

describeWithPostgres('a Postgres server whose disk is put back', () => {
  it('is another incarnation to whoever knew it before', { timeout: 120_000 }, async () => {
    const server = await serve({ durable: true })
    const [store, other] = [await open(server.url), await open(server.url)]
    const { incarnation } = await store.revocations.renew('v')
    await other.revocations.renew('w')
    await server.kill()
    await sleep(500)
    const data = join(server.directory, 'data')
    execFileSync('cp', ['-a', data, `${data}.snapshot`])
    await server.restart()
    await answering(() => store.revocations.revokeToken('lost', UNTIL, T0))
    await Promise.all(Array.from({ length: 300 }, () => store.sessions.create(aSession(), null, T0)))
    expect(await store.revocations.renew('v')).toMatchObject({ incarnation, head: 1 })
    await answering(() => other.revocations.renew('w'))
    await server.kill()
    await sleep(500)
    execFileSync('rm', ['-r', data])
    execFileSync('mv', [`${data}.snapshot`, data])
    await server.restart()
    // An ack of the entry that is lost is none of the one that has its number now.
    await answering(() => other.revocations.revokeToken('new', UNTIL, T0))
    await answering(() => store.revocations.ack('v', 1))
    expect((await other.revocations.members()).members).toContainEqual({ id: 'v', renewals: 1, acked: 0 })
    const renewed = await answering(() => store.revocations.renew('v'))
    expect(renewed).toMatchObject({ head: 1, settled: false })
    expect(renewed.incarnation).not.toBe(incarnation)
    // Once is enough, however many have noticed.
    expect(await answering(() => other.revocations.renew('w'))).toMatchObject({ incarnation: renewed.incarnation })
  })

  it('or copied into another database, is another incarnation', { timeout: 60_000 }, async () => {
    const server = await serve()
    const store = await open(server.url)
    const { incarnation } = await store.revocations.renew('v')
    await store.close()
    const postgres = new Client({ connectionString: server.url.replace('/test', '/postgres') })
    await postgres.connect()
    await answering(() => postgres.query('CREATE DATABASE copy TEMPLATE test'))
    await postgres.end()
    const copy = await open(server.url.replace('/test', '/copy'))
    const renewed = await copy.revocations.renew('v')
    expect(renewed.incarnation).not.toBe(incarnation)
    expect(renewed.settled).toBe(false)
  })
})

describeWithPostgres('a Postgres server that stalls', () => {
  it('is given up in time, and used again when it goes on', { timeout: 60_000 }, async () => {
    const server = await serve()
    const store = await open(server.url, { connectTimeoutMs: 300, timeoutMs: 700, connections: 3 })
    const session = aSession()
    await answering(() => store.sessions.create(session, null, T0))
    let woken = 0
    const stop = store.revocations.watch(() => woken++)
    onTestFinished(stop)
    server.pause()
    const startedMs = performance.now()
    const asked = await Promise.allSettled([
      ...Array.from({ length: 10 }, () => store.sessions.find(session.id, T0)),
      ...Array.from({ length: 10 }, () => store.revocations.revokeToken('t', UNTIL, T0)),
      store.ping(),
    ])
    for (const one of asked) expect(one).toMatchObject({ status: 'rejected', reason: GONE })
    expect(performance.now() - startedMs, 'nobody waits past the deadline').toBeLessThan(10_000)
    server.resume()
    expect(await answering(() => store.sessions.find(session.id, T0))).toEqual(session)
    const since = woken
    await answering(() => store.revocations.revokeToken('u', UNTIL, T0))
    await answering(async () => expect(woken).toBeGreaterThan(since))
  })

  it('lets go of a store that is closed', { timeout: 60_000 }, async () => {
    const server = await serve()
    const store = await createPostgresStore({ url: server.url, ...PATIENT })
    await store.ping()
    store.revocations.watch(() => undefined)
    await store.revocations.renew('v')
    server.pause()
    const startedMs = performance.now()
    await store.close()
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    server.resume()
  })

  it('is read-only for a while', { timeout: 60_000 }, async () => {
    const server = await serve()
    const store = await open(server.url)
    await sql(server, 'ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()')
    await answering(() => expect(store.sessions.create(aSession(), null, T0)).rejects.toThrow(/read-only/))
    const still = 'SET default_transaction_read_only = off'
    await sql(server, still, 'ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()')
    expect(await answering(() => store.sessions.create(aSession(), null, T0))).toBe('created')
  })
})

describeWithPostgres('a Postgres server with a standby', () => {
  it('is the only one of the two that serves, until the other is promoted', { timeout: 120_000 }, async () => {
    const primary = await serve({ durable: true })
    const store = await open(primary.url)
    const session = aSession()
    await store.sessions.create(session, null, T0)
    const standby = await serve({ durable: true, standbyOf: primary })
    await expect(createPostgresStore({ url: standby.url, ...PATIENT })).rejects.toMatchObject({
      ...GONE,
      message: expect.stringMatching(/standby/),
    })
    await sql(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'", 'SELECT pg_reload_conf()')
    await answering(async () => {
      await store.revocations.renew('v')
      expect(store.revocations.durability).toBe('D3')
    })
    const before = await store.revocations.revokeToken('t', UNTIL, T0)

    // The standby is cut off: what it has not got is not acknowledged, a renewal as little as a revocation.
    standby.pause()
    const hasty = await open(primary.url, { connectTimeoutMs: 5_000, timeoutMs: 1_000 })
    await expect(hasty.revocations.renew('v')).rejects.toMatchObject(GONE)
    await expect(hasty.revocations.revokeToken('u', UNTIL, T0)).rejects.toMatchObject(GONE)
    standby.resume()
    await answering(() => store.revocations.revokeToken('w', UNTIL, T0))

    await primary.kill()
    await sql(standby, 'SELECT pg_promote()')
    const heir = await open(standby.url)
    const renewed = await heir.revocations.renew('v')
    expect(renewed.incarnation).not.toBe(before.incarnation)
    expect(renewed.settled).toBe(false)
    expect((await heir.revocations.readAfter(0, 9)).map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ tokenId: 'w' }),
    )
    expect(await heir.sessions.find(session.id, T0)).toEqual(session)
  })
})
