/** The fence: once a revocation has returned, no transaction of the application that was fenced by the login commits any more. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createAuth } from '../../src/index.ts'
import { createFence } from '../../src/login/fence.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createPostgresStore, type PostgresStore } from '../../src/stores/postgres/index.ts'
import { describeWithPostgres, type PostgresServer, startPostgres } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'
import { aSession, T0, UNTIL } from '../support/store-fixtures.ts'
import { startScript } from '../support/store-processes.ts'

const clock = { ...systemClock, now: () => T0 }

describeWithPostgres('a fence', () => {
  let server: PostgresServer
  let store: PostgresStore
  let client: Client

  beforeAll(async () => {
    server = await startPostgres()
    store = await createPostgresStore({ url: server.url, ...PATIENT })
    client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query('CREATE TABLE effects (n bigserial, session text)')
  })
  afterAll(async () => {
    await client?.end()
    await store?.close()
    await server?.stop()
  })

  const loginOf = async (change: Parameters<typeof aSession>[0] = {}) => {
    const session = aSession(change)
    await store.sessions.create(session, null, T0)
    return { sessionId: session.id, subject: session.subject ?? '', session, token: null }
  }
  const tokenOf = async () => {
    const { session, ...login } = await loginOf()
    return { ...login, session: null, token: { jti: `token of ${session.id}`, gen: 0 } }
  }
  const effectsOf = async (sessionId: string): Promise<number> => {
    const { rows } = await client.query('SELECT count(*)::int AS n FROM effects WHERE session = $1', [sessionId])
    return rows[0].n
  }
  /** How many effects came to light after a revocation had returned, while processes wrote them. */
  const effectsAfterRevoke = async (how: 'fenced' | 'checked', processes: number): Promise<number> => {
    const { sessionId, subject } = await loginOf()
    const auth = createAuth({
      store,
      issuer: 'https://app.example',
      secrets: 'a secret of thirty-two characters',
      clock,
    })
    await auth.ready()
    const script = new URL('../support/fence-worker.ts', import.meta.url)
    const workers = Array.from({ length: processes }, () => startScript(script, [server.url, sessionId, subject, how]))
    const ends = Promise.all(workers.map((worker) => once(worker, 'exit')))
    while ((await effectsOf(sessionId)) < 10) await sleep(20)
    await auth.revoke({ session: sessionId })
    const atReturn = await effectsOf(sessionId)
    await sleep(200)
    const later = await effectsOf(sessionId)
    for (const worker of workers) if (how === 'checked') worker.kill('SIGKILL')
    const codes = await ends
    if (how === 'fenced') expect(codes.map(([code]) => code)).toEqual(codes.map(() => 0))
    await auth.close()
    return later - atReturn
  }

  it('lets no effect through after the revocation has returned', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 3; round++) expect(await effectsAfterRevoke('fenced', 2)).toBe(0)
  })

  it('is needed: a check before the transaction lets some through', { timeout: 120_000 }, async () => {
    let found = 0
    for (let round = 0; round < 20 && found === 0; round++) found += await effectsAfterRevoke('checked', 2)
    expect(found).toBeGreaterThan(0)
  })

  it('makes whatever would end the login wait for the transaction', async () => {
    const fence = createFence(store, clock)
    const ends: readonly [string, (login: Awaited<ReturnType<typeof loginOf>>) => Promise<unknown>][] = [
      ['end', ({ sessionId }) => store.sessions.end(sessionId, UNTIL, T0)],
      ['endSubject', ({ subject }) => store.sessions.endSubject(subject, null, UNTIL, T0)],
      ['rotate', ({ sessionId, subject }) => store.sessions.rotate(sessionId, 1, aSession({ subject }), UNTIL, T0)],
      ['raiseFloor', () => store.revocations.raiseFloor([], UNTIL, T0)],
    ]
    for (const [name, end] of ends) {
      const { generation } = await store.revocations.subject(name)
      const login = await loginOf({ subject: name, generation })
      await client.query('BEGIN')
      await fence(login, client)
      // What does not end it goes on meanwhile.
      expect(await store.sessions.touch(login.sessionId, T0 + 1, T0), name).toBe(true)
      let isOver = false
      const ending = end(login).then(() => {
        isOver = true
      })
      await sleep(150)
      expect(isOver, name).toBe(false)
      await client.query('COMMIT')
      await ending
      await client.query('BEGIN')
      await expect(fence(login, client), name).rejects.toMatchObject({ code: 'session.ended' })
      await client.query('ROLLBACK')
    }
  })

  it('holds off the end of one token as well', async () => {
    const fence = createFence(store, clock)
    const { floor } = { floor: await store.revocations.floor() }
    const session = aSession({ floor })
    await store.sessions.create(session, null, T0)
    const login = { sessionId: session.id, subject: 'subject-1', session: null, token: { jti: 'jti-1', gen: 0 } }
    await client.query('BEGIN')
    await fence(login, client)
    let isOver = false
    const ending = store.revocations.revokeToken('jti-1', UNTIL, T0).then(() => {
      isOver = true
    })
    await sleep(150)
    expect(isOver).toBe(false)
    await client.query('COMMIT')
    await ending
    await client.query('BEGIN')
    await expect(fence(login, client)).rejects.toMatchObject({ code: 'session.ended' })
    await client.query('ROLLBACK')
    await expect(fence({ ...login, token: { jti: 'jti-2' } }, client)).rejects.toThrow(TypeError)
  })

  it('is waited for three seconds; then the revocation fails, and nothing has ended', { timeout: 60_000 }, async () => {
    const fence = createFence(store, clock)
    const floor = await store.revocations.floor()
    const login = await loginOf({ subject: 'slow', floor })
    await client.query('BEGIN')
    await fence(login, client)
    const startedMs = performance.now()
    await expect(store.sessions.end(login.sessionId, UNTIL, T0)).rejects.toMatchObject({
      code: 'store.unavailable',
      retryAfterSeconds: 1,
    })
    expect(performance.now() - startedMs).toBeGreaterThan(2_500)
    expect(await store.sessions.find(login.sessionId, T0)).not.toBeNull()
    await client.query('COMMIT')
    expect(await store.sessions.end(login.sessionId, UNTIL, T0)).toMatchObject({ ended: { id: login.sessionId } })
  })

  it('is refused where it would protect nothing', async () => {
    const floor = await store.revocations.floor()
    const login = await loginOf({ subject: 'misuse', floor })
    const fence = createFence(store, clock)
    await expect(fence(login, client)).rejects.toThrow(/BEGIN/)
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await expect(fence(login, client)).rejects.toThrow(/READ COMMITTED/)
    await client.query('ROLLBACK')
    expect(() => createFence(createMemoryStore(), clock)).toThrow(TypeError)
    const token = await tokenOf()
    await expect(fence({ ...token, token: null }, client)).rejects.toThrow(TypeError)
  })

  it('is one call of an application, which asks for it at the start', async () => {
    const options = { issuer: 'https://app.example', secrets: 'a secret of thirty-two characters' }
    expect(() => createAuth({ ...options, store: createMemoryStore(), fence: true })).toThrow(TypeError)
    const auth = createAuth({ ...options, store, fence: true })
    const [headers, method] = [new Headers({ origin: 'https://app.example' }), 'POST']
    const { setCookie } = await auth.logIn({ subject: 'ana' }, { method, headers, address: null })
    const login = await auth.require({
      method: 'GET',
      headers: new Headers({ cookie: setCookie?.split(';')[0] ?? '' }),
    })
    await client.query('BEGIN')
    await auth.fence(login, client)
    await client.query('COMMIT')
    await auth.logOut(login)
    await client.query('BEGIN')
    await expect(auth.fence(login, client)).rejects.toMatchObject({ code: 'session.ended' })
    await client.query('ROLLBACK')
    await auth.close()
    const plain = createAuth({ ...options, store })
    await expect(plain.fence(login, client)).rejects.toThrow(TypeError)
    await plain.close()
  })

  it('needs no right but its own', async () => {
    await client.query('CREATE ROLE shop LOGIN')
    await client.query('GRANT USAGE ON SCHEMA sojourn TO shop')
    const shop = new Client({ connectionString: server.url.replace('sojourn@', 'shop@') })
    await shop.connect()
    onTestFinished(() => shop.end())
    const fence = createFence(store, clock)
    const floor = await store.revocations.floor()
    const login = await loginOf({ subject: 'shopper', floor })
    await shop.query('BEGIN')
    await expect(fence(login, shop)).rejects.toMatchObject({ code: 'store.unavailable' })
    await shop.query('ROLLBACK')
    await client.query('GRANT EXECUTE ON FUNCTION sojourn.fence TO shop')
    await shop.query('BEGIN')
    await fence(login, shop)
    await shop.query('COMMIT')
    await expect(shop.query('SELECT * FROM sojourn.sessions')).rejects.toThrow(/permission denied/)
  })
})
