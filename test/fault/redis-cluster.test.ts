/** A Redis Cluster in which a process dies between two steps, or a slot moves to another node while it is used. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AuthError, isAuthError } from '../../src/errors.ts'
import type { Store } from '../../src/login/store.ts'
import { openRedisStore } from '../../src/stores/redis/redis-store.ts'
import type { Steps } from '../../src/stores/redis/steps.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { eventually, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis } from '../support/servers.ts'
import { aFamily, aSession, hashOf, T0, UNTIL } from '../support/store-fixtures.ts'

/** Once so many steps have been taken the process is dead: nothing that it sends arrives any more. */
function mortalSteps(steps: Steps, life: { left: number }): Steps {
  const alive = async <T>(step: () => Promise<T>): Promise<T> => {
    if (life.left === 0) throw new AuthError('store.unavailable', 'the process has died')
    life.left--
    return step()
  }
  return {
    ...steps,
    on: (...args) => alive(() => steps.on(...args)),
    log: (...args) => alive(() => steps.log(...args)),
    row: (...args) => alive(() => steps.row(...args)),
  }
}

const WINDOW = 10
const LAST = 12

describeWithRedis('a Redis Cluster', () => {
  let cluster: RedisCluster
  let made = 0
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 90_000)
  afterAll(() => cluster?.stop())

  /** A healthy store and, on the same keys, one whose process dies after `limit` more steps. */
  const openTwo = async () => {
    const options = { urls: cluster.urls, prefix: `fault${++made}`, commandTimeoutMs: 5000 }
    const store = await settledRedisStore(options)
    const life = { left: 0 }
    const mortal = await openRedisStore(options, (steps) => mortalSteps(steps, life))
    return {
      store,
      /** Whether `act` was cut off after so many steps. */
      async dies(steps: number, act: (store: Store) => Promise<unknown>): Promise<boolean> {
        life.left = steps
        try {
          await act(mortal)
          return false
        } catch (error) {
          expect(error).toMatchObject({ message: 'the process has died' })
          return true
        } finally {
          life.left = 0
        }
      },
      async close() {
        await mortal.close()
        await store.close()
      },
    }
  }

  /** A signed-in subject of its own, with a refresh family at step 1. */
  const signIn = async (store: Store, subject: string) => {
    const session = aSession({ id: store.sessions.newId(subject), subject, mode: 'hybrid' })
    expect(await store.sessions.create(session, null, T0)).toBe('created')
    const family = aFamily(session.id, { id: store.families.newId(session.id), subject })
    expect(await store.families.create(family, T0)).toBe('created')
    const next = { secretHash: hashOf(1), sealedSuccessor: 'sealed' }
    await store.families.rotate(family.id, { step: 0, hash: hashOf(0) }, next, WINDOW, UNTIL, T0)
    return { session, family }
  }
  const isAlive = async (store: Store, id: string) => (await store.sessions.find(id, T0)) !== null
  const logged = async (store: Store, about: string) =>
    (await store.revocations.readAfter(0, 1000)).some(({ event }) => JSON.stringify(event).includes(`"${about}"`))

  it('has either the old session or the new one, wherever a rotation is cut off', { timeout: 60_000 }, async () => {
    const { store, dies, close } = await openTwo()
    const outcomes = new Set<string>()
    for (let steps = 0; steps <= LAST; steps++) {
      const subject = `rotated-${steps}`
      const { session, family } = await signIn(store, subject)
      const next = aSession({ id: store.sessions.newId(subject), subject, data: 'carried on' })
      const died = await dies(steps, (doomed) => doomed.sessions.rotate(session.id, 1, next, UNTIL, T0))
      const [old, renewed] = [await isAlive(store, session.id), await isAlive(store, next.id)]
      expect([old, renewed], `after ${steps} steps`).toEqual(old ? [true, false] : [false, true])
      expect(await logged(store, session.id)).toBe(renewed)
      if (!died) expect(renewed).toBe(true)
      // The refresh family is of the one that lives, and can be used.
      const successor = { secretHash: hashOf(2), sealedSuccessor: 'sealed' }
      const rotated = await store.families.rotate(family.id, { step: 1, hash: hashOf(1) }, successor, WINDOW, UNTIL, T0)
      expect(rotated).toMatchObject({ outcome: 'rotated', family: { sessionId: old ? session.id : next.id } })
      const listed = (await store.sessions.listBySubject(subject, null, 9, T0)).sessions.map(({ id }) => id)
      expect(listed).toEqual([old ? session.id : next.id])
      outcomes.add(`${died} ${renewed}`)
    }
    // Cut off before the log has taken it, after that, and not at all.
    expect(outcomes).toEqual(new Set(['true false', 'true true', 'false true']))
    await close()
  })

  it('carries a family on though nobody has looked at its new session', { timeout: 60_000 }, async () => {
    const { store, dies, close } = await openTwo()
    for (let steps = 0; steps <= LAST; steps++) {
      const { session, family } = await signIn(store, `carried-${steps}`)
      const next = aSession({ id: store.sessions.newId(`carried-${steps}`), subject: `carried-${steps}` })
      await dies(steps, (doomed) => doomed.sessions.rotate(session.id, 1, next, UNTIL, T0))
      const found = await store.families.find(family.id, T0)
      expect(found?.sessionId).toBe((await isAlive(store, session.id)) ? session.id : next.id)
    }
    await close()
  })

  it('ends a session or does not, wherever that is cut off', { timeout: 60_000 }, async () => {
    const { store, dies, close } = await openTwo()
    for (let steps = 0; steps <= LAST; steps++) {
      const { session, family } = await signIn(store, `ended-${steps}`)
      const died = await dies(steps, (doomed) => doomed.sessions.end(session.id, UNTIL, T0))
      const isInLog = await logged(store, session.id)
      if (!died) expect(isInLog).toBe(true)
      expect(await isAlive(store, session.id)).toBe(!isInLog)
      expect((await store.families.find(family.id, T0)) !== null).toBe(!isInLog)
      expect(await store.sessions.touch(session.id, T0 + 1, T0)).toBe(!isInLog)
      expect(await store.sessions.save({ ...session, version: 2 }, T0)).toBe(isInLog ? 'missing' : 'saved')
      const ref = { sessionId: session.id, subject: `ended-${steps}`, tokenId: null, generation: 0 }
      expect(await store.revocations.judge(ref, T0)).toBe(isInLog ? 'dead' : 'alive')
    }
    await close()
  })

  it('ends a reused family with its session or does not', { timeout: 60_000 }, async () => {
    const { store, dies, close } = await openTwo()
    for (let steps = 0; steps <= LAST; steps++) {
      const { session, family } = await signIn(store, `reused-${steps}`)
      const again = (one: Store) =>
        one.families.rotate(
          family.id,
          { step: 0, hash: hashOf(0) },
          { secretHash: 'x', sealedSuccessor: 'y' },
          WINDOW,
          UNTIL,
          T0 + WINDOW,
        )
      await dies(steps, again)
      const isInLog = await logged(store, session.id)
      expect(await isAlive(store, session.id)).toBe(!isInLog)
      // Whoever presents it next ends it, if the first could not.
      expect((await again(store)).outcome).toBe(isInLog ? 'missing' : 'reused')
      expect(await isAlive(store, session.id)).toBe(false)
    }
    await close()
  })

  it('logs a subject out everywhere or not at all, and never loses the one that stays', {
    timeout: 60_000,
  }, async () => {
    const { store, dies, close } = await openTwo()
    for (let steps = 0; steps <= LAST; steps++) {
      const subject = `everywhere-${steps}`
      const { session: mine } = await signIn(store, subject)
      const { session: other } = await signIn(store, subject)
      const next = aSession({ id: store.sessions.newId(subject), subject })
      const replacement = { session: next, onlyIfAlive: mine.id, version: 1 }
      const died = await dies(steps, (doomed) => doomed.sessions.endSubject(subject, replacement, UNTIL, T0))
      const isInLog = await logged(store, subject).then(async () =>
        (await store.revocations.readAfter(0, 1000)).some(
          ({ event }) => event.kind === 'subject' && event.subject === subject,
        ),
      )
      if (!died) expect(isInLog).toBe(true)
      expect(await isAlive(store, other.id)).toBe(!isInLog)
      expect([await isAlive(store, mine.id), await isAlive(store, next.id)]).toEqual([!isInLog, isInLog])
      expect((await store.revocations.subject(subject)).generation).toBe(isInLog ? 1 : 0)
    }
    await close()
  })

  it('keeps a tombstone until the row has gone, however long something keeps that', { timeout: 60_000 }, async () => {
    const { store, dies, close } = await openTwo()
    let left = 0
    for (let steps = 0; steps <= LAST; steps++) {
      const subject = `buried-${steps}`
      const session = aSession({ id: store.sessions.newId(subject), subject, absoluteExpiresAt: T0 + 100_000 })
      await store.sessions.create(session, null, T0)
      const died = await dies(steps, (doomed) => doomed.sessions.end(session.id, T0 + 10, T0))
      if (!died || !(await logged(store, session.id))) continue
      left++
      // Its row is still there, and somebody who has not heard goes on using it past the time that the tombstone was given.
      for (let now = T0 + 90; now < T0 + 4000; now += 90) {
        expect(await store.sessions.touch(session.id, now, now)).toBe(false)
        await store.revocations.prune(now)
      }
      expect(await isAlive(store, session.id)).toBe(false)
      expect(await store.sessions.find(session.id, T0 + 4000)).toBeNull()
    }
    expect(left).toBeGreaterThan(0)
    await close()
  })

  it('never has a session that a log-out everywhere has missed', { timeout: 60_000 }, async () => {
    const { store, dies, close } = await openTwo()
    for (let steps = 0; steps <= LAST; steps++) {
      const subject = `raced-${steps}`
      const session = aSession({ id: store.sessions.newId(subject), subject })
      await dies(steps, (doomed) => doomed.sessions.create(session, 5, T0))
      await store.sessions.endSubject(subject, null, UNTIL, T0)
      expect(await isAlive(store, session.id)).toBe(false)
      expect((await store.sessions.listBySubject(subject, null, 9, T0)).sessions).toEqual([])
    }
    await close()
  })

  it('goes on while slots move to another node, and loses no end', { timeout: 120_000 }, async () => {
    const { store, close } = await openTwo()
    const prefix = `fault${made}`
    const before = await store.revocations.renew('v')
    const subject = 'moving'
    const ended: string[] = []
    const kept: string[] = []
    let isOver = false
    const work = async (): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const session = aSession({ id: store.sessions.newId(subject), subject })
        try {
          await store.sessions.create(session, null, T0)
          if (i % 2) kept.push(session.id)
          else {
            await store.sessions.end(session.id, UNTIL, T0)
            ended.push(session.id)
          }
        } catch (error) {
          if (!isAuthError(error, 'store.unavailable')) throw error
        }
      }
    }
    const workers = [work(), work(), work()]
    const shard = store.sessions.newId(subject).slice(0, 2)
    for (const key of [`{${prefix}:${shard}}`, `{${prefix}}`]) {
      const owner = await cluster.ownerOf(key)
      await cluster.moveSlotOf(key, (owner + 1) % 3, () => new Promise((resolve) => setTimeout(resolve, 20)))
      expect(await cluster.ownerOf(key)).not.toBe(owner)
    }
    await eventually(() => store.ping())
    isOver = true
    await Promise.all(workers)
    expect(ended.length).toBeGreaterThan(0)
    const after = await eventually(() => store.revocations.renew('v'))
    // Another server answers for the log: for all that it knows, the end of it may be missing.
    expect(after.incarnation).not.toBe(before.incarnation)
    const log = new Set(
      (await store.revocations.readAfter(0, 100_000)).map(({ event }) => 'sessionId' in event && event.sessionId),
    )
    for (const id of ended) {
      expect(log.has(id)).toBe(true)
      expect(await isAlive(store, id)).toBe(false)
    }
    for (const id of kept) expect(await isAlive(store, id)).toBe(true)
    expect(await store.sessions.end(kept[0] ?? '', UNTIL, T0)).toMatchObject({ ended: { id: kept[0] } })
    await close()
  })
})
