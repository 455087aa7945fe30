/** Steps that meet in Postgres: each is held in the middle, and the other shown to wait for it and to see what it did. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { randomId } from '../../src/crypto/random.ts'
import type { Session } from '../../src/session/session.ts'
import { createPostgresStore, type PostgresStore } from '../../src/stores/postgres/index.ts'
import { sessionJson } from '../../src/stores/postgres/session-rows.ts'
import { describeWithPostgres, type PostgresServer, startPostgres } from '../support/servers.ts'
import { PATIENT } from '../support/store-at.ts'
import { aFamily, aSession, hashOf, T0, UNTIL } from '../support/store-fixtures.ts'

describeWithPostgres('steps that meet', () => {
  let server: PostgresServer
  let store: PostgresStore
  /** Another process, in the middle of a step. */
  let other: Client

  beforeAll(async () => {
    server = await startPostgres()
    store = await createPostgresStore({ url: server.url, ...PATIENT, connections: 20 })
    other = new Client({ connectionString: server.url })
    await other.connect()
  })
  afterAll(async () => {
    await other?.end()
    await store?.close()
    await server?.stop()
  })

  /** Takes `mine` while the other's step is done but not committed: it must wait, and then see it. */
  const after = async <T>(step: string, values: unknown[], mine: () => Promise<T>): Promise<T> => {
    await other.query('BEGIN')
    await other.query(`SELECT * FROM sojourn.${step}`, values)
    let isOver = false
    const answer = mine().finally(() => {
      isOver = true
    })
    await sleep(150)
    expect(isOver, `waits for ${step}`).toBe(false)
    await other.query('COMMIT')
    return answer
  }
  const started = async (change: Partial<Session> = {}): Promise<Session> => {
    const session = aSession({ subject: randomId(), ...change })
    expect(await store.sessions.create(session, null, T0)).toBe('created')
    return session
  }

  it('a sign-in under way is ended by log out everywhere', async () => {
    const session = aSession({ subject: 'in' })
    const ended = await after('create_session($1, NULL, $2)', [sessionJson(session), T0], () =>
      store.sessions.endSubject('in', null, UNTIL, T0),
    )
    expect(ended).toMatchObject({ generation: 1, ended: 1 })
    expect(await store.sessions.find(session.id, T0)).toBeNull()
  })

  it('log out everywhere under way refuses a sign-in, and so does a change of claims', async () => {
    const signIn = (subject: string) => () => store.sessions.create(aSession({ subject }), null, T0)
    const everywhere = 'end_subject($1, NULL, NULL, NULL, NULL, $2, $3)'
    expect(await after(everywhere, ['out', UNTIL, T0], signIn('out'))).toBe('superseded')
    expect(await after('bump_claims($1, $2)', ['bumped', UNTIL], signIn('bumped'))).toBe('superseded')
  })

  it('a rotation under way and an end: the old id ends twice, the new one lives', async () => {
    const [old, next] = [await started(), aSession({ subject: 'rotated' })]
    const step = 'rotate_session($1, 1, $2, $3, $4)'
    const ended = await after(step, [old.id, sessionJson(next), UNTIL, T0], () => store.sessions.end(old.id, UNTIL, T0))
    expect(ended.ended).toBeNull()
    expect(await store.sessions.find(next.id, T0)).toEqual(next)
  })

  it('an end under way leaves nothing to rotate, to save, to touch or to refresh', async () => {
    const attempts: readonly ((session: Session, family: string) => Promise<unknown>)[] = [
      ({ id, subject }) => store.sessions.rotate(id, 1, aSession({ subject }), UNTIL, T0),
      (session) => store.sessions.save({ ...session, version: 2 }, T0),
      ({ id }) => store.sessions.touch(id, T0 + 1, T0),
      ({ id }) => store.families.create(aFamily(id), T0),
      (_, family) =>
        store.families.rotate(
          family,
          { step: 0, hash: hashOf(0) },
          { secretHash: 'h', sealedSuccessor: 's' },
          9,
          UNTIL,
          T0,
        ),
    ]
    for (const [i, attempt] of attempts.entries()) {
      const session = await started()
      const family = aFamily(session.id)
      if (i === 4) await store.families.create(family, T0)
      const answer = await after('end_session($1, NULL, $2, $3)', [session.id, UNTIL, T0], () =>
        attempt(session, family.id),
      )
      const over = [{ outcome: 'missing' }, 'missing', false, 'missing', { outcome: 'missing' }]
      expect(answer).toEqual(over[i])
    }
  })

  it('a refresh under way is followed to the session that its own was rotated into', async () => {
    const [old, next] = [await started(), aSession()]
    const family = aFamily(old.id)
    await store.families.create(family, T0)
    const rotated = await after('rotate_session($1, 1, $2, $3, $4)', [old.id, sessionJson(next), UNTIL, T0], () =>
      store.families.rotate(
        family.id,
        { step: 0, hash: hashOf(0) },
        { secretHash: 'h', sealedSuccessor: 's' },
        9,
        UNTIL,
        T0,
      ),
    )
    expect(rotated).toMatchObject({ outcome: 'rotated', family: { sessionId: next.id, step: 1 } })
  })

  it('an end that has to wait holds up no other, though many share a transaction', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => started()))
    const [held] = sessions
    await other.query('BEGIN')
    await other.query('SELECT FROM sojourn.sessions WHERE id = $1 FOR KEY SHARE', [held?.id])
    let isOver = false
    const ends = sessions.map(({ id }) => store.sessions.end(id, UNTIL, T0))
    const first = ends[0]?.finally(() => {
      isOver = true
    })
    const answers = await Promise.all(ends.slice(1))
    expect(answers.map(({ ended }) => ended)).toEqual(sessions.slice(1))
    expect(isOver).toBe(false)
    await other.query('COMMIT')
    expect(await first).toMatchObject({ ended: held })
    const offsets = (await store.revocations.readAfter(0, 1_000)).map(({ offset }) => offset)
    expect(offsets).toEqual(offsets.map((_, i) => i + 1))
  })

  it('two thousand ends at once are all done', { timeout: 60_000 }, async () => {
    const { head } = await store.revocations.renew('known')
    const ends = await Promise.all(Array.from({ length: 2_000 }, (_, i) => store.sessions.end(`s${i}`, UNTIL, T0)))
    expect(new Set(ends.map(({ offset }) => offset)).size).toBe(2_000)
    expect(await store.revocations.renew('known')).toMatchObject({ head: head + 2_000 })
  })

  it('whoever joins during an append reads a head that holds it', async () => {
    const { head } = await store.revocations.renew('known')
    const joined = await after('revoke_token($1, $2)', ['t', UNTIL], () => store.revocations.renew('joining'))
    expect(joined.head).toBe(head + 1)
  })

  it('an append names whoever was joining', async () => {
    const appended = await after('renew($1, NULL, NULL)', ['just joined'], () =>
      store.revocations.revokeToken('u', UNTIL, T0),
    )
    expect(appended.members.map(({ id }) => id)).toContain('just joined')
  })

  it('nobody who only reads, renews or acknowledges waits for an append', async () => {
    const session = await started()
    const { head } = await store.revocations.renew('known')
    await other.query('BEGIN')
    await other.query('SELECT * FROM sojourn.end_session($1, NULL, $2, $3)', [session.id, UNTIL, T0])
    expect(await store.revocations.renew('known')).toMatchObject({ head })
    await store.revocations.ack('known', head)
    expect(await store.sessions.findWithSubject(session.id, T0)).toMatchObject({ session })
    const cookie = { sessionId: session.id, subject: session.subject ?? '', tokenId: null, generation: 0 }
    expect(await store.revocations.judge(cookie, T0)).toBe('alive')
    expect(await store.sessions.deleteExpired(T0, 100)).toBe(0)
    await other.query('COMMIT')
    expect(await store.revocations.judge(cookie, T0)).toBe('dead')
  })

  it('entries become visible in the order of their numbers', async () => {
    const { head } = await store.revocations.renew('known')
    await other.query('BEGIN')
    await other.query('SELECT * FROM sojourn.revoke_token($1, $2)', ['first', UNTIL])
    const second = store.revocations.revokeToken('second', UNTIL, T0)
    await sleep(150)
    expect(await store.revocations.readAfter(head, 9)).toEqual([])
    await other.query('COMMIT')
    expect((await second).offset).toBe(head + 2)
    expect((await store.revocations.readAfter(head, 9)).map(({ event }) => event)).toMatchObject([
      { tokenId: 'first' },
      { tokenId: 'second' },
    ])
  })

  it('a recovery and a log out everywhere that meet take the sessions in one order', async () => {
    // Made in another order than that of their ids.
    const subject = 'met'
    for (const [i, id] of ['met-z', 'met-m', 'met-a'].entries()) await started({ id, subject, createdAt: T0 + i })
    await other.query('BEGIN')
    await other.query("SELECT FROM sojourn.sessions WHERE id = 'met-m' FOR KEY SHARE")
    const events = ['met-a', 'met-m', 'met-z'].map(
      (sessionId) => ({ kind: 'session', sessionId, subject, until: UNTIL }) as const,
    )
    const restored = store.revocations.restore(events, T0)
    await sleep(150)
    const ended = store.sessions.endSubject(subject, null, UNTIL, T0)
    await sleep(150)
    await other.query('COMMIT')
    await restored
    expect(await ended).toMatchObject({ ended: 0, generation: 1 })
    expect(server.output()).not.toContain('deadlock detected')
  })

  it('none of them waits for another in a circle', { timeout: 120_000 }, async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const one = (from: readonly string[]): string => from[Math.floor(Math.random() * from.length)] ?? ''
    const subject = () => one(['u', 'v', 'w'])
    const any = async (): Promise<unknown> => {
      const { generation } = await store.revocations.subject(subject())
      const createdAt = T0 - Math.floor(Math.random() * 50)
      const session = aSession({ id: one(ids), subject: subject(), generation, createdAt })
      const events = ids.map((id) => ({ kind: 'session', sessionId: id, subject: 'u', until: UNTIL }) as const)
      const steps: readonly (() => Promise<unknown>)[] = [
        () => store.sessions.create(session, one(['', 'x']) ? 3 : null, T0),
        () => store.sessions.rotate(one(ids), 1, session, UNTIL, T0),
        () => store.sessions.end(one(ids), UNTIL, T0),
        () => store.sessions.endSubject(subject(), null, UNTIL, T0),
        () =>
          store.sessions
            .endSubject('u', { session: { ...session, subject: 'u' }, onlyIfAlive: one(ids) }, UNTIL, T0)
            .catch(ofMisuse),
        () => store.sessions.save({ ...session, version: 2 }, T0),
        () => store.families.create(aFamily(one(ids), { id: one(ids) }), T0),
        () =>
          store.families.rotate(
            one(ids),
            { step: 0, hash: hashOf(0) },
            { secretHash: hashOf(1), sealedSuccessor: 's' },
            0,
            UNTIL,
            T0,
          ),
        () => store.families.revoke(one(ids)),
        () => store.families.deleteExpired(T0 + 200, 10),
        () => store.sessions.deleteExpired(T0 + 200, 10),
        () => store.revocations.bumpClaims(subject(), UNTIL, T0),
        () =>
          store.revocations.restore(
            events.toSorted(() => Math.random() - 0.5),
            T0,
          ),
        () => store.revocations.renew(one(ids)),
        () => store.revocations.prune(T0),
      ]
      return steps[Math.floor(Math.random() * steps.length)]?.()
    }
    let taken = 0
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let i = 0; i < 250; i++, taken++) await any()
      }),
    )
    await sleep(1_000)
    const { rows } = await other.query("SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = 'test'")
    console.log(`${taken} steps at random, ${rows[0].n} deadlocks`)
    // The server says which two steps: worth more than the number.
    const circles = server.output().match(/deadlock detected[\s\S]*?(?=STATEMENT)/g)
    expect(circles ?? []).toEqual([])
    expect(rows[0].n).toBe(0)
  })
})

/** An id in use, or a replacement that is gone meanwhile. */
function ofMisuse(error: unknown): void {
  if (!(error instanceof TypeError)) throw error
}
