import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { createRevocations } from '../../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createFaultyStore } from '../../../src/testing/faulty-store.ts'
import { createManualTime } from '../../support/manual-timers.ts'

describe('createRevocations', () => {
  it('keeps entries for the longest life of a token, the skew twice and a minute', () => {
    const { clock, timers } = createManualTime()
    const engine = createMemoryStore().revocations
    expect(createRevocations({ engine, clock, timers }).keepSeconds).toBe(3600 + 60 + 60)
    const short = createRevocations({ engine, clock, timers, maxTokenLifeSeconds: 600, skewSeconds: 5 })
    expect(short.keepSeconds).toBe(670)
    expect(short.until()).toBe(clock.now() + 670)
  })

  it('prunes what has expired and removes who has died, in the background', async () => {
    const { clock, timers, pass } = createManualTime()
    const engine = createMemoryStore().revocations
    const revocations = createRevocations({ engine, clock, timers })
    await revocations.start()
    await engine.renew('dead')
    await engine.revokeToken('t', clock.now() + 40, clock.now())
    expect(await engine.readAfter(0, 10)).toHaveLength(1)
    await pass(130_000)
    expect(await engine.readAfter(0, 10)).toEqual([])
    expect((await engine.members()).members.map(({ id }) => id)).toEqual([revocations.follower.id])
    expect(revocations.follower.state).toBe('LIVE')
    await revocations.close()
    expect((await engine.members()).members).toEqual([])
    await pass(120_000)
  })

  it('starts once and stays closed', async () => {
    const time = createManualTime()
    const { clock, timers } = time
    const engine = createMemoryStore().revocations
    const revocations = createRevocations({ engine, clock, timers })
    await Promise.all([revocations.start(), revocations.start()])
    expect((await engine.members()).members).toHaveLength(1)
    await revocations.close()
    expect(time.pending).toBe(0)
    await expect(revocations.start()).rejects.toMatchObject({ code: 'store.unavailable' })
    expect((await engine.members()).members).toEqual([])
    expect(time.pending).toBe(0)
  })

  it.each(['renew', 'readAfter', 'ack', 'members', 'floor'])(
    'comes back when one call of %s is never answered',
    async (method) => {
      const store = createFaultyStore(createMemoryStore())
      const options = { clock: systemClock, leaseSeconds: 0.6, heartbeatSeconds: 0.1, storeTimeoutSeconds: 0.2 }
      const other = createRevocations({ engine: store.revocations, ...options })
      await other.start()
      store.arm({ fault: 'never answers', method: `revocations.${method}` })
      const revocations = createRevocations({ engine: store.revocations, ...options })
      await revocations.start()
      // Both confirm what is revoked now, and go on holding a lease.
      const event = await store.revocations.revokeToken('t', systemClock.now() + 60, systemClock.now())
      expect(await revocations.settle(event)).toMatchObject({ offset: 1 })
      const states = (): string => `${revocations.follower.state} ${other.follower.state}`
      for (let i = 0; i < 1000 && states() !== 'LIVE LIVE'; i++) await new Promise((resolve) => setTimeout(resolve, 10))
      expect(states()).toBe('LIVE LIVE')
      expect(store.hits).toEqual([`revocations.${method}`])
      expect(revocations.follower.metrics.applied).toBe(1)
      await Promise.all([revocations.close(), other.close()])
    },
  )

  it('knows what it knew while the store is gone, however often it tries to join again', async () => {
    const { clock, timers, pass } = createManualTime()
    const store = createFaultyStore(createMemoryStore())
    const revocations = createRevocations({ engine: store.revocations, clock, timers })
    await revocations.start()
    store.arm({ fault: 'fails', times: Number.POSITIVE_INFINITY })
    await pass(30_000)
    expect(store.hits.filter((call) => call === 'revocations.renew').length).toBeGreaterThan(6)
    const { view } = revocations
    expect([view.leaseHolds(), view.leaseHeldWithin(60), view.leaseHeldWithin(10)]).toEqual([false, true, false])
    expect(view.stalenessMs()).toBeGreaterThan(29_000)
    store.disarm()
    await pass(10_000)
    expect(revocations.follower.state).toBe('LIVE')
    await revocations.close()
    expect(view.leaseHeldWithin(60)).toBe(false)
  })

  it('is told when it is misconfigured', () => {
    const { clock } = createManualTime()
    const engine = createMemoryStore().revocations
    expect(() => createRevocations({ engine, clock, maxTokenLifeSeconds: 0 })).toThrow(TypeError)
    expect(() => createRevocations({ engine, clock, skewSeconds: -1 })).toThrow(TypeError)
  })
})
