import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import type { Appended, Durability, Member, RevocationEngine } from '../../../src/revocation/engine.ts'
import { createReaper } from '../../../src/revocation/reaper.ts'
import type { Receipt } from '../../../src/revocation/revoke.ts'
import { createSpread, type SpreadOptions } from '../../../src/revocation/spread.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createManualTime, settled } from '../../support/manual-timers.ts'

/** Lw of 12 s: 12 s * 1.01 / 0.99 + 20 ms, rounded up. */
const WAIT_MS = 12_263

function setUp(options: Partial<SpreadOptions> = {}, durability: Durability = 'D1') {
  const time = createManualTime()
  const registry = { incarnation: 'one', members: new Map<string, Member>(), isDown: false, looks: 0 }
  const engine: RevocationEngine = {
    ...createMemoryStore().revocations,
    durability,
    async members() {
      registry.looks++
      if (registry.isDown) throw new AuthError('store.unavailable', 'down')
      return { incarnation: registry.incarnation, members: [...registry.members.values()], settled: true }
    },
    async reap(id, renewals) {
      return registry.members.get(id)?.renewals === renewals && registry.members.delete(id)
    },
  }
  const spread = createSpread({ engine, clock: time.clock, timers: time.timers, ...options })
  const member = (id: string, acked = 0, renewals = 1): void => {
    registry.members.set(id, { id, renewals, acked })
  }
  const appended = (offset = 1): Appended => ({
    incarnation: registry.incarnation,
    offset,
    members: [...registry.members.values()],
    settled: true,
  })
  const watched = (promise: Promise<Receipt>) => {
    const seen: { receipt?: Receipt; error?: unknown } = {}
    promise.then(
      (receipt) => {
        seen.receipt = receipt
      },
      (error: unknown) => {
        seen.error = error
      },
    )
    return seen
  }
  return { time, registry, spread, member, appended, watched }
}

describe('settle', () => {
  it('returns at once when nobody is registered', async () => {
    const it = setUp()
    const receipt = await it.spread.settle(it.appended())
    expect(receipt).toEqual({
      incarnation: 'one',
      offset: 1,
      confirmedBy: 'acks',
      waitedFor: [],
      verifiers: [],
      ms: 0,
      remoteEffectiveAt: null,
    })
    expect(it.registry.looks).toBe(0)
  })

  it('waits for the ack of every member at the append, and for no one who came later', async () => {
    const it = setUp()
    it.member('a')
    it.member('b')
    const seen = it.watched(it.spread.settle(it.appended(7)))
    it.member('late')
    it.member('a', 7)
    it.member('b', 6)
    await it.time.pass(500)
    expect(seen).toEqual({})
    it.member('b', 9)
    await it.time.pass(30)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'acks', waitedFor: [], offset: 7 })
    const [a, b] = seen.receipt?.verifiers ?? []
    expect([a, b]).toMatchObject([
      { id: 'a', by: 'ack' },
      { id: 'b', by: 'ack' },
    ])
    expect([Number(a?.ms) < 100, Number(b?.ms) >= 500]).toEqual([true, true])
  })

  it('takes who has left for done', async () => {
    const it = setUp()
    it.member('a')
    const seen = it.watched(it.spread.settle(it.appended()))
    it.registry.members.clear()
    await it.time.pass(30)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'acks', verifiers: [{ id: 'a', by: 'left' }] })
  })

  it('waits out the lease of who says nothing, then removes it', async () => {
    const it = setUp()
    it.member('dead')
    const seen = it.watched(it.spread.settle(it.appended()))
    await it.time.pass(WAIT_MS - 1)
    expect(seen).toEqual({})
    await it.time.pass(2)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'lease', waitedFor: ['dead'] })
    expect(seen.receipt?.ms).toBe(WAIT_MS)
    expect(it.registry.members.size).toBe(0)
    expect(it.spread.reaped).toBe(1)
    expect(it.time.holding).toBe(0)
  })

  it('does not remove who renews but cannot apply', async () => {
    const it = setUp()
    it.member('slow')
    const seen = it.watched(it.spread.settle(it.appended()))
    for (let i = 2; i < 10; i++) {
      await it.time.pass(2000)
      it.member('slow', 0, i)
    }
    expect(seen.receipt).toMatchObject({ confirmedBy: 'lease', waitedFor: ['slow'] })
    expect(seen.receipt?.verifiers.find(({ id }) => id === 'slow')).toMatchObject({ by: 'lease' })
    expect(it.registry.members.size).toBe(1)
  })

  it('waits for as long as a member’s own lease, whatever it is set to itself', async () => {
    const it = setUp({ leaseSeconds: 1 })
    it.member('xyz.12000')
    const seen = it.watched(it.spread.settle(it.appended()))
    await it.time.pass(WAIT_MS - 1)
    expect(seen).toEqual({})
    await it.time.pass(2)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'lease' })
  })

  it('needs the clock to have gone on, not the timer to have fired', async () => {
    const it = setUp({
      timers: { after: (ms, run, holds) => it.time.timers.after(ms / 2, run, holds) },
    })
    it.member('a')
    const seen = it.watched(it.spread.settle(it.appended()))
    await it.time.pass(WAIT_MS - 1)
    expect(seen).toEqual({})
    await it.time.pass(30)
    expect(seen.receipt).toBeDefined()
  })

  it('gives up waiting after timeoutMs and says who is missing', async () => {
    const it = setUp()
    it.member('a', 1)
    it.member('b')
    const appended = it.appended()
    const seen = it.watched(it.spread.settle(appended, { timeoutMs: 100 }))
    await it.time.pass(101)
    expect(seen.error).toMatchObject({
      code: 'revocation.pending',
      offset: 1,
      waitingFor: ['b'],
      retryAfterSeconds: 13,
    })
    expect(it.spread.pending).toBe(0)
    await settled()
    expect(it.time.holding).toBe(0)
  })

  it('returns by time where the store does not answer and loses nothing', async () => {
    const it = setUp()
    it.member('a')
    const seen = it.watched(it.spread.settle(it.appended()))
    it.registry.isDown = true
    await it.time.pass(WAIT_MS + 300)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'lease', waitedFor: ['a'] })
  })

  it('does not return by time where a fail-over may have lost the append unseen', async () => {
    const it = setUp({}, 'D2')
    it.member('a')
    const seen = it.watched(it.spread.settle(it.appended()))
    it.registry.isDown = true
    await it.time.pass(WAIT_MS * 3)
    expect(seen).toEqual({})
    it.registry.isDown = false
    it.registry.incarnation = 'two'
    await it.time.pass(50)
    expect(seen.error).toMatchObject({ code: 'revocation.unknown_outcome' })
  })

  it('appends again where the log became another one, and waits in full whatever its registry says', async () => {
    const it = setUp()
    it.member('a')
    let repeated = 0
    const again = async (): Promise<Appended> => {
      repeated++
      return it.appended(40)
    }
    const seen = it.watched(it.spread.settle(it.appended(), { again }))
    it.registry.incarnation = 'two'
    it.registry.members.clear()
    it.member('a', 50)
    await it.time.pass(100)
    expect(repeated).toBe(1)
    await it.time.pass(WAIT_MS - 100)
    expect(seen).toEqual({})
    // Whoever revokes in the new log early on waits in full, too.
    it.registry.members.clear()
    const other = it.watched(it.spread.settle(it.appended(41)))
    await it.time.pass(120)
    expect(seen.receipt).toMatchObject({ incarnation: 'two', offset: 40, confirmedBy: 'lease' })
    expect(other).toEqual({})
    await it.time.pass(WAIT_MS)
    expect(other.receipt).toMatchObject({ confirmedBy: 'lease' })
    expect((await it.spread.settle(it.appended(42))).ms).toBe(0)
  })

  it('says so when the repetition fails', async () => {
    const it = setUp()
    it.member('a')
    const again = (): Promise<Appended> => Promise.reject(new AuthError('store.unavailable', 'down'))
    const seen = it.watched(it.spread.settle(it.appended(), { again }))
    it.registry.incarnation = 'two'
    await it.time.pass(50)
    expect(seen.error).toMatchObject({ code: 'revocation.unknown_outcome' })
  })

  it('believes its own verifier without a look at the registry', async () => {
    const caught: number[] = []
    const local = {
      id: 'me',
      async catchUp(offset: number) {
        caught.push(offset)
        return true
      },
    }
    const it = setUp({ local })
    it.member('me')
    const receipt = await it.spread.settle(it.appended(3))
    expect(receipt).toMatchObject({ confirmedBy: 'acks' })
    expect(caught).toEqual([3])
    expect(it.registry.looks).toBe(0)
  })

  it('does not believe its own verifier before that has read on', async () => {
    let isThere = false
    const it = setUp({ local: { id: 'me', catchUp: async () => isThere } })
    it.member('me')
    const seen = it.watched(it.spread.settle(it.appended(3)))
    await it.time.pass(200)
    expect(seen).toEqual({})
    isThere = true
    it.member('me', 3)
    await it.time.pass(50)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'acks' })
  })

  it('is kept from nothing by a verifier of its own that hangs', async () => {
    const it = setUp({ local: { id: 'me', catchUp: () => new Promise(() => undefined) } })
    it.member('me')
    it.member('other')
    const seen = it.watched(it.spread.settle(it.appended(3)))
    it.member('me', 3)
    it.member('other', 3)
    await it.time.pass(50)
    expect(seen.receipt).toMatchObject({ confirmedBy: 'acks' })
  })

  it('asks once for many that wait', async () => {
    const it = setUp()
    it.member('a')
    const all = Array.from({ length: 500 }, (_, i) => it.watched(it.spread.settle(it.appended(i + 1))))
    await settled()
    expect(it.spread.pending).toBe(500)
    it.member('a', 500)
    await it.time.pass(50)
    expect(all.every((seen) => seen.receipt?.confirmedBy === 'acks')).toBe(true)
    expect(it.registry.looks).toBeLessThan(60)
  })

  it('goes on when a look at the registry is never answered', async () => {
    let isSilent = true
    const registry = { incarnation: 'one', members: [], settled: true }
    const time = createManualTime()
    const engine: RevocationEngine = {
      ...createMemoryStore().revocations,
      members: () => (isSilent ? new Promise(() => undefined) : Promise.resolve(registry)),
    }
    const spread = createSpread({ engine, clock: time.clock, timers: time.timers, leaseSeconds: 1 })
    const members = [{ id: 'a.60000', renewals: 1, acked: 0 }]
    const settling = spread.settle({ incarnation: 'one', offset: 1, members, settled: true })
    await time.pass(900)
    isSilent = false
    await time.pass(300)
    expect(await settling).toMatchObject({ confirmedBy: 'acks' })
  })

  it('is told when it is misconfigured', () => {
    expect(() => setUp({ driftRate: 1 })).toThrow(TypeError)
    expect(() => setUp({ guardMs: -1 })).toThrow(TypeError)
    expect(() => setUp({ leaseSeconds: 0 })).toThrow(TypeError)
  })
})

describe('the reaper', () => {
  const registry = (renewals: number, incarnation = 'one') => ({
    incarnation,
    members: [{ id: 'a', renewals, acked: 0 }],
  })

  it('removes nobody before a counter has stood still for the whole time, between its own looks', () => {
    const reaper = createReaper(() => 100)
    expect(reaper.see(registry(1), 0, 10)).toEqual([])
    expect(reaper.see(registry(1), 109, 110)).toEqual([])
    expect(reaper.see(registry(1), 110, 111)).toHaveLength(1)
  })

  it('begins anew with every renewal, absence and history', () => {
    const reaper = createReaper(() => 100)
    reaper.see(registry(1), 0, 10)
    expect(reaper.see(registry(2), 200, 201)).toEqual([])
    expect(reaper.see(registry(2), 300, 300)).toEqual([])
    reaper.see({ incarnation: 'one', members: [] }, 301, 301)
    expect(reaper.see(registry(2), 400, 400)).toEqual([])
    expect(reaper.see(registry(2, 'two'), 500, 500)).toEqual([])
    expect(reaper.see(registry(2, 'two'), 600, 600)).toHaveLength(1)
  })

  it('removes through the spread whoever has died, without a revocation', async () => {
    const it = setUp()
    it.member('dead')
    it.member('alive')
    await it.spread.reap()
    await it.time.pass(WAIT_MS)
    it.member('alive', 0, 2)
    await it.spread.reap()
    expect([...it.registry.members.keys()]).toEqual(['alive'])
  })
})
