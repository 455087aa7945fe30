import { describe, expect, it } from 'vitest'
import type { Member, RevocationEngine } from '../../../src/revocation/engine.ts'
import { createRegistryLooks } from '../../../src/revocation/registry-looks.ts'
import { createSpread } from '../../../src/revocation/spread.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createManualTime, settled } from '../../support/manual-timers.ts'

/** Lw of 1 s without drift or guard, and the time for which a former store may go on. */
const WAIT_MS = 1000
const OVERLAP_MS = 500

function setUp(change: Partial<RevocationEngine> = {}) {
  const time = createManualTime()
  const members = new Map<string, Member>()
  const state = { incarnation: 'two', settled: false, settles: 0 }
  const engine: RevocationEngine = {
    ...createMemoryStore().revocations,
    durability: 'D2',
    overlapMs: OVERLAP_MS,
    members: async () => ({ incarnation: state.incarnation, settled: state.settled, members: [...members.values()] }),
    reap: async (id, renewals) => members.get(id)?.renewals === renewals && members.delete(id),
    async settle(incarnation) {
      state.settles++
      if (incarnation === state.incarnation) state.settled = true
    },
    ...change,
  }
  const member = (id: string, acked = 0, renewals = 1): void => {
    members.set(id, { id, renewals, acked })
  }
  return { time, engine, members, member, state }
}

describe('a look at the registry', () => {
  it('settles a new incarnation when every lease of the former one is over and nobody is left to be heard', async () => {
    const it = setUp()
    const looks = createRegistryLooks({ engine: it.engine, clock: it.time.clock, leaseEndMs: () => WAIT_MS })
    await looks.look()
    await it.time.pass(WAIT_MS + OVERLAP_MS - 1)
    await looks.look()
    expect(it.state.settled).toBe(false)
    await it.time.pass(1)
    await looks.look()
    expect(it.state.settled).toBe(true)
    await looks.look()
    expect(it.state.settles).toBe(1)
  })

  it('waits for a member that has yet to give back what it knows, but not for ever', async () => {
    const it = setUp()
    const looks = createRegistryLooks({ engine: it.engine, clock: it.time.clock, leaseEndMs: () => WAIT_MS })
    await looks.look()
    for (let ms = 0; ms < 2 * (WAIT_MS + OVERLAP_MS); ms += 100) {
      it.member('busy', 0, ms)
      await looks.look()
      expect(it.state.settled).toBe(false)
      await it.time.pass(100)
    }
    it.member('busy', 0, 1_000_000)
    await looks.look()
    expect(it.state.settled).toBe(true)
  })

  it('counts from anew for yet another incarnation', async () => {
    const it = setUp()
    const looks = createRegistryLooks({ engine: it.engine, clock: it.time.clock, leaseEndMs: () => WAIT_MS })
    await looks.look()
    await it.time.pass(WAIT_MS + OVERLAP_MS)
    it.state.incarnation = 'three'
    await looks.look()
    expect(it.state.settled).toBe(false)
  })
})

describe('a revocation in a new incarnation', () => {
  const LEASES = { leaseSeconds: 1, driftRate: 0, guardMs: 0 }

  it('returns when that is settled and not before, whoever is registered', async () => {
    const it = setUp()
    const spread = createSpread({ engine: it.engine, clock: it.time.clock, timers: it.time.timers, ...LEASES })
    let isBack = false
    const settling = spread.settle({ incarnation: 'two', offset: 1, members: [], settled: false })
    void settling.then(() => {
      isBack = true
    })
    await it.time.pass(WAIT_MS + OVERLAP_MS - 50)
    expect(isBack).toBe(false)
    await it.time.pass(200)
    expect(isBack).toBe(true)
    expect(await settling).toMatchObject({ incarnation: 'two', confirmedBy: 'lease' })
  })

  it('goes by acks as soon as another process says that it is settled', async () => {
    const it = setUp()
    it.member('a', 1)
    const spread = createSpread({ engine: it.engine, clock: it.time.clock, timers: it.time.timers, ...LEASES })
    const members = [{ id: 'a', renewals: 1, acked: 0 }]
    const settling = spread.settle({ incarnation: 'two', offset: 1, members, settled: false })
    await it.time.pass(100)
    expect(spread.pending).toBe(1)
    it.state.settled = true
    await it.time.pass(100)
    expect(await settling).toMatchObject({ confirmedBy: 'lease', waitedFor: [] })
  })

  it('where a fail-over can lose it, does not return by time before another process holds it', async () => {
    const it = setUp()
    it.state.settled = true
    it.member('slow')
    it.member('fresh', 0)
    const spread = createSpread({ engine: it.engine, clock: it.time.clock, timers: it.time.timers, ...LEASES })
    let isBack = false
    const members = [{ id: 'slow', renewals: 1, acked: 0 }]
    void spread.settle({ incarnation: 'two', offset: 1, members, settled: true }).then(() => {
      isBack = true
    })
    for (let ms = 0; ms < WAIT_MS + 200; ms += 50) {
      it.member('fresh', 0, ms)
      await it.time.pass(50)
    }
    expect(isBack).toBe(false)
    it.member('fresh', 1, 5000)
    await it.time.pass(100)
    await settled()
    expect(isBack).toBe(true)
  })
})
