/** Twenty processes on one store: of twenty callers one wins, whatever they race for. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { randomId } from '../../src/crypto/random.ts'
import type { Store } from '../../src/login/store.ts'
import type { RotateOutcome } from '../../src/refresh/store.ts'
import type { Appended } from '../../src/revocation/engine.ts'
import { openStoreAt } from './store-at.ts'
import { aFamily, anAccount, aSession, hashOf, T0, tally, UNTIL } from './store-fixtures.ts'
import { startWorkers, type Worker, type WorkerCall } from './store-processes.ts'

const CALLERS = 20

/** @param makePlace  where no store is yet (`openStoreAt`) */
export function storeRaces(makePlace: () => Promise<string> | string): void {
  let workers: Worker[]
  let store: Store

  beforeAll(async () => {
    const place = await makePlace()
    // The first race: nobody has made the store yet.
    workers = await startWorkers(CALLERS, place)
    store = await openStoreAt(place)
    // Twenty processes take their time to start on a busy machine.
  }, 240_000)
  afterAll(async () => {
    await store?.close()
    await Promise.all(workers?.map((worker) => worker.stop()) ?? [])
  })

  /** Lets every process make its call at the same moment. */
  const race = <T>(make: (caller: number) => Omit<WorkerCall, 'id' | 'startAtMs'>): Promise<T[]> => {
    const startAtMs = Date.now() + 100
    return Promise.all(workers.map((worker, caller) => worker.call({ startAtMs, ...make(caller) }) as Promise<T>))
  }
  const outcomes = (answers: readonly { readonly outcome: string }[]) => tally(answers.map(({ outcome }) => outcome))

  it('have all opened one store', async () => {
    const answers = await race<{ incarnation: string }>((i) => ({
      port: 'revocations',
      method: 'renew',
      args: [`verifier-${i}`],
    }))
    expect(new Set(answers.map(({ incarnation }) => incarnation)).size).toBe(1)
    expect((await store.revocations.members()).members).toHaveLength(CALLERS)
    const reaped = await race((i) => ({ port: 'revocations', method: 'reap', args: [`verifier-${i % 10}`, 1] }))
    expect(tally(reaped)).toEqual({ true: 10, false: 10 })
  })

  it('create one session', async () => {
    const session = aSession()
    const answers = await race((i) => ({ port: 'sessions', method: 'create', args: [{ ...session, data: i }, 1, T0] }))
    expect(tally(answers)).toEqual({ created: 1, exists: 19 })
    expect((await store.sessions.find(session.id, T0))?.data).toBe(answers.indexOf('created'))
  })

  it('sign in no more often than the limit allows', async () => {
    const subject = randomId()
    const answers = await race(() => ({ port: 'sessions', method: 'create', args: [aSession({ subject }), 3, T0] }))
    expect(tally(answers)).toEqual({ created: 3, limit: 17 })
  })

  it('save one version', async () => {
    const session = aSession({ subject: randomId() })
    await store.sessions.create(session, null, T0)
    const answers = await race((i) => ({
      port: 'sessions',
      method: 'save',
      args: [{ ...session, version: 2, data: i }, T0],
    }))
    expect(tally(answers)).toEqual({ saved: 1, conflict: 19 })
    expect((await store.sessions.find(session.id, T0))?.data).toBe(answers.indexOf('saved'))
  })

  it('rotate a session once', async () => {
    const session = aSession({ subject: randomId() })
    await store.sessions.create(session, null, T0)
    const answers = await race<{ outcome: string }>(() => ({
      port: 'sessions',
      method: 'rotate',
      args: [session.id, 1, aSession({ subject: session.subject }), UNTIL, T0],
    }))
    expect(outcomes(answers)).toEqual({ rotated: 1, missing: 19 })
    expect((await store.sessions.listBySubject(session.subject!, null, 99, T0)).sessions).toHaveLength(1)
  })

  it('rotate a family once, and replay one successor', async () => {
    const session = aSession({ subject: randomId() })
    const family = aFamily(session.id)
    await store.sessions.create(session, null, T0)
    await store.families.create(family, T0)
    const answers = await race<RotateOutcome>((i) => ({
      port: 'families',
      method: 'rotate',
      args: [
        family.id,
        { step: 0, hash: hashOf(0) },
        { secretHash: hashOf(1), sealedSuccessor: `sealed by ${i}` },
        10,
        T0 + 3600,
        T0,
      ],
    }))
    expect(outcomes(answers)).toEqual({ rotated: 1, replayed: 19 })
    const successors = answers.map((answer) => ('family' in answer ? answer.family.sealedSuccessor : null))
    expect(new Set(successors).size).toBe(1)
  })

  it('take a record once', async () => {
    await store.records('code').put('k', 'prize', null, T0)
    const answers = await race(() => ({ port: 'records', kind: 'code', method: 'take', args: ['k', T0] }))
    expect(tally(answers)).toEqual({ prize: 1, null: 19 })
  })

  it('set a record once, from nothing and from a version', async () => {
    for (const version of [null, 1]) {
      const answers = await race((i) => ({
        port: 'records',
        kind: 'race',
        method: 'compareAndSet',
        args: ['k', version, i, null, T0],
      }))
      expect(tally(answers)).toEqual({ true: 1, false: 19 })
      expect((await store.records('race').find('k', T0))?.value).toBe(answers.indexOf(true))
    }
  })

  it('publish one patch, each having raised the generation', async () => {
    const subject = randomId()
    const bumps = await race<{ generation: number }>(() => ({
      port: 'revocations',
      method: 'bumpClaims',
      args: [subject, UNTIL, T0],
    }))
    expect(new Set(bumps.map(({ generation }) => generation)).size).toBe(CALLERS)
    const published = await race<Appended | null>((i) => ({
      port: 'revocations',
      method: 'publishPatch',
      args: [subject, bumps[i]!.generation, { by: i }, UNTIL, T0],
    }))
    expect(tally(published.map((answer) => (answer ? 'published' : 'late')))).toEqual({ published: 1, late: 19 })
  })

  it('register one email', async () => {
    const answers = await race(() => ({ port: 'accounts', method: 'create', args: [anAccount({ email: 'a@b.c' })] }))
    expect(tally(answers)).toEqual({ created: 1, exists: 19 })
  })

  it('leave no session behind when one of them ends the subject', async () => {
    const subject = randomId()
    await race((i) =>
      i === 7
        ? { port: 'sessions', method: 'endSubject', args: [subject, null, UNTIL, T0] }
        : { port: 'sessions', method: 'create', args: [aSession({ subject }), null, T0] },
    )
    expect((await store.sessions.listBySubject(subject, null, 99, T0)).sessions).toEqual([])
  })

  it('write one log without a gap', async () => {
    const { head } = await store.revocations.renew('reader')
    const answers = await race<Appended>((i) => ({
      port: 'revocations',
      method: 'revokeToken',
      args: [`t${i}`, UNTIL, T0],
    }))
    expect(answers.map(({ offset }) => offset).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: CALLERS }, (_, i) => head + 1 + i),
    )
    const log = await store.revocations.readAfter(0, 1000)
    expect(log.map(({ offset }) => offset)).toEqual(Array.from({ length: head + CALLERS }, (_, i) => i + 1))
  })

  it('notice what another has appended', async () => {
    const delays: number[] = []
    for (let i = 0; i < 20; i++) {
      const { head } = await store.revocations.renew('reader')
      let stop = () => {}
      const seen = new Promise<number>((resolve) => {
        stop = store.revocations.watch(() => {
          void store.revocations.readAfter(head, 1).then((entries) => entries.length > 0 && resolve(performance.now()))
        })
      })
      await workers[i]!.call({ startAtMs: 0, port: 'revocations', method: 'revokeToken', args: [`w${i}`, UNTIL, T0] })
      const told = performance.now()
      delays.push((await seen) - told)
      stop()
    }
    delays.sort((a, b) => a - b)
    console.log(
      `another process's append is seen after: p50 ${delays[10]?.toFixed(1)} ms, max ${delays[19]?.toFixed(1)} ms`,
    )
    // It is polled for every 20 ms; a busy machine adds to that, a missed change would cost a heartbeat.
    expect(delays[10]).toBeLessThan(250)
  })
}
