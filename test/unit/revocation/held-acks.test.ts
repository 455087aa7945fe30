/** A drain in a fleet: nobody's revocation returns by acks before every process has let its requests finish. */
import { describe, expect, it } from 'vitest'
import { createRevocations } from '../../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createFaultyStore } from '../../../src/testing/faulty-store.ts'
import { createManualTime } from '../../support/manual-timers.ts'

async function fleet() {
  const { clock, timers, pass } = createManualTime()
  const store = createFaultyStore(createMemoryStore())
  const engine = store.revocations
  const failures: unknown[] = []
  const options = { engine, clock, timers, onFailure: (cause: unknown) => void failures.push(cause) }
  const [revoker, worker] = [createRevocations(options), createRevocations(options)]
  const work = Promise.withResolvers<void>()
  worker.onApplied(({ event }) => (event.kind === 'session' && event.drainSeconds ? work.promise : undefined))
  await Promise.all([revoker.start(), worker.start()])
  const end = (id: string, drainSeconds?: number) => store.sessions.end(id, clock.now() + 60, clock.now(), drainSeconds)
  const ackOf = async (one: typeof worker) =>
    (await engine.members()).members.find(({ id }) => id === one.follower.id)?.acked
  return { revoker, worker, work, end, ackOf, pass, store, failures }
}

describe('a drained entry', () => {
  it('is applied at once and acknowledged when the work is over; later entries wait with it', async () => {
    const { revoker, worker, work, end, ackOf, pass } = await fleet()
    const first = end('a').then((appended) => revoker.settle(appended))
    await pass(100)
    expect(await first).toMatchObject({ offset: 1, confirmedBy: 'acks' })
    const returned: string[] = []
    const drained = end('b', 5).then((appended) => revoker.settle(appended))
    void drained.then(() => returned.push('b'))
    const later = end('c').then((appended) => revoker.settle(appended))
    void later.then(() => returned.push('c'))
    await pass(3000)
    expect([worker.follower.metrics.applied, await ackOf(worker), await ackOf(revoker), returned]).toEqual([
      3,
      1,
      3,
      [],
    ])
    // Whoever revokes in that process waits for its own work only where that is asked for.
    expect(await worker.follower.catchUp(3)).toBe(true)
    work.resolve()
    await pass(100)
    expect([await ackOf(worker), returned.toSorted()]).toEqual([3, ['b', 'c']])
    expect(await drained).toMatchObject({ confirmedBy: 'acks', waitedFor: [] })
    await Promise.all([revoker.close(), worker.close()])
  })

  it('keeps the revoker waiting in the very process whose work it is', async () => {
    const { worker, work, end, pass } = await fleet()
    let isBack = false
    void end('b', 5)
      .then((appended) => worker.settle(appended))
      .then(() => {
        isBack = true
      })
    await pass(2000)
    expect(isBack).toBe(false)
    work.resolve()
    await pass(100)
    expect(isBack).toBe(true)
  })

  it('is waited for no longer than for a lease', async () => {
    const { revoker, worker, end, pass } = await fleet()
    const drained = end('b', 5).then((appended) => revoker.settle(appended))
    await pass(13_000)
    expect(await drained).toMatchObject({ confirmedBy: 'lease', waitedFor: [worker.follower.id] })
    expect(worker.follower.state).toBe('LIVE')
  })

  it('is acknowledged with the next renewal when the store did not take it at once; work that fails is over', async () => {
    const { worker, work, end, ackOf, pass, store, failures } = await fleet()
    await end('b', 5)
    await pass(1000)
    expect(await ackOf(worker)).toBe(0)
    store.arm({ fault: 'fails', method: 'revocations.ack', times: 1 })
    work.reject(new Error('the work failed'))
    await pass(100)
    expect([await ackOf(worker), failures.length]).toEqual([0, 2])
    await pass(3000)
    expect(await ackOf(worker)).toBe(1)
  })
})
