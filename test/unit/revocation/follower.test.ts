import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import type { Renewal, RevocationEngine } from '../../../src/revocation/engine.ts'
import { createFollower, type FollowerOptions } from '../../../src/revocation/follower.ts'
import { createRevocationView } from '../../../src/revocation/view.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createManualTime, settled } from '../../support/manual-timers.ts'

const UNTIL = 2_000_000_000

function setUp(change: Partial<RevocationEngine> = {}, options: Partial<FollowerOptions> = {}) {
  const time = createManualTime()
  let store = createMemoryStore().revocations
  const failures: unknown[] = []
  const calls: string[] = []
  const engine: RevocationEngine = {
    durability: 'D1',
    overlapMs: 0,
    renew: (id) => store.renew(id),
    readAfter: (...args) => store.readAfter(...args),
    ack: (id, offset) => store.ack(id, offset),
    members: () => store.members(),
    leave: (id) => store.leave(id),
    reap: (id, renewals) => store.reap(id, renewals),
    revokeToken: (id, until, now) => store.revokeToken(id, until, now),
    bumpClaims: (subject, until, now) => store.bumpClaims(subject, until, now),
    publishPatch: (subject, generation, patch, until, now) =>
      store.publishPatch(subject, generation, patch, until, now),
    raiseFloor: (keyIds, until, now) => store.raiseFloor(keyIds, until, now),
    restore: (events, now) => store.restore(events, now),
    settle: (incarnation) => store.settle(incarnation),
    floor: () => store.floor(),
    subject: (subject) => store.subject(subject),
    judge: (credential, now) => store.judge(credential, now),
    prune: (now) => store.prune(now),
    watch: (wake) => store.watch(wake),
    ...change,
  }
  const traced: RevocationEngine = {
    ...engine,
    renew(id) {
      calls.push('renew')
      return engine.renew(id)
    },
    readAfter(offset, ...args) {
      calls.push(`read ${offset}`)
      return engine.readAfter(offset, ...args)
    },
    ack(id, offset) {
      calls.push(`ack ${offset}`)
      return engine.ack(id, offset)
    },
    leave(id) {
      calls.push('leave')
      return engine.leave(id)
    },
  }
  const view = createRevocationView({ clock: time.clock, judge: engine.judge })
  const follower = createFollower({
    engine: traced,
    view,
    clock: time.clock,
    timers: time.timers,
    onFailure: (cause) => failures.push(cause),
    ...options,
  })
  return {
    time,
    view,
    follower,
    failures,
    calls,
    revoke: (id: string) => store.revokeToken(id, UNTIL, time.clock.now()),
    isDead: (id: string) =>
      view.look(view.prepare({ sessionId: 's', subject: 'u', tokenId: id, generation: 0 })) === 'dead',
    get store() {
      return store
    },
    set store(other) {
      store = other
    },
  }
}

const unavailable = (): AuthError => new AuthError('store.unavailable', 'down')

describe('the follower', () => {
  it('joins, then reads the whole log page by page, then serves, then acknowledges', async () => {
    const it = setUp({}, { pageSize: 2 })
    for (const id of ['a', 'b', 'c', 'd', 'e']) await it.revoke(id)
    expect(it.follower.state).toBe('JOINING')
    it.follower.start()
    await it.follower.ready()
    await settled()
    expect(it.calls).toEqual(['renew', 'read 0', 'read 2', 'read 4', 'ack 5'])
    expect(it.view.leaseHolds()).toBe(true)
    expect(it.follower.metrics).toMatchObject({
      state: 'LIVE',
      applied: 5,
      head: 5,
      renewals: 1,
      failures: 0,
      resets: 0,
    })
    expect(['a', 'e', 'f'].map(it.isDead)).toEqual([true, true, false])
    expect((await it.store.members()).members).toEqual([{ id: it.follower.id, renewals: 1, acked: 5 }])
  })

  it('has no lease before the log has been read to the head of the renewal', async () => {
    const held: (() => void)[] = []
    const it = setUp({
      readAfter: async (offset, limit) => {
        await new Promise<void>((resolve) => held.push(resolve))
        return it.store.readAfter(offset, limit)
      },
    })
    await it.revoke('a')
    it.follower.start()
    await settled()
    expect(it.view.leaseHolds()).toBe(false)
    held.shift()?.()
    await settled()
    expect(it.view.leaseHolds()).toBe(true)
    expect(it.isDead('a')).toBe(true)
  })

  it('counts the lease from before the send', async () => {
    const answers: (() => void)[] = []
    const it = setUp({
      async renew(id): Promise<Renewal> {
        const reply = await it.store.renew(id)
        await new Promise<void>((resolve) => answers.push(resolve))
        return reply
      },
    })
    it.follower.start()
    await it.time.pass(5000)
    answers[0]?.()
    await settled()
    expect(it.view.stalenessMs()).toBe(5000)
    it.time.clock.advanceMs(6999)
    expect(it.view.leaseHolds()).toBe(true)
    it.time.clock.advanceMs(1)
    expect(it.view.leaseHolds()).toBe(false)
    expect(it.follower.state).toBe('STALE')
  })

  it('applies in order as it is woken, tells its listeners, then acknowledges', async () => {
    const it = setUp()
    const heard: string[] = []
    it.follower.onApplied((entry) => {
      // Visible already, and nobody has been told so yet.
      heard.push(`${entry.offset} ${it.isDead(`t${entry.offset}`)} ${it.calls.includes(`ack ${entry.offset}`)}`)
    })
    it.follower.start()
    await it.follower.ready()
    for (let i = 1; i <= 3; i++) await it.revoke(`t${i}`)
    await settled()
    expect(heard).toEqual(['1 true false', '2 true false', '3 true false'])
    expect(it.calls.filter((call) => call.startsWith('ack')).at(-1)).toBe('ack 3')
    expect((await it.store.members()).members[0]?.acked).toBe(3)
  })

  it('polls with every renewal, should nobody wake it', async () => {
    const it = setUp({ watch: () => () => undefined })
    it.follower.start()
    await it.follower.ready()
    await it.revoke('a')
    await it.time.pass(1900)
    expect(it.isDead('a')).toBe(false)
    await it.time.pass(200)
    expect(it.isDead('a')).toBe(true)
    expect((await it.store.members()).members[0]).toMatchObject({ renewals: 2, acked: 1 })
  })

  it('does not acknowledge what a listener could not take in, and loses its lease over it', async () => {
    const it = setUp()
    let isBroken = true
    it.follower.onApplied(() => {
      if (isBroken) throw new Error('the cache is broken')
    })
    it.follower.start()
    await it.follower.ready()
    await it.revoke('a')
    await it.time.pass(13_000)
    expect(it.view.leaseHolds()).toBe(false)
    expect(it.calls.filter((call) => call.startsWith('ack'))).toEqual([])
    expect(it.failures.length).toBeGreaterThan(3)
    isBroken = false
    await it.time.pass(3000)
    expect(it.view.leaseHolds()).toBe(true)
    expect(it.calls.at(-1)).not.toBe('leave')
    expect(it.calls).toContain('ack 1')
  })

  it('sends an acknowledgement again that failed', async () => {
    let failing = 2
    const it = setUp({
      ack: async (id, offset) => {
        if (failing-- > 0) throw unavailable()
        await it.store.ack(id, offset)
      },
    })
    it.follower.start()
    await it.follower.ready()
    await it.revoke('a')
    await it.time.pass(300)
    expect(it.calls.filter((call) => call === 'ack 1')).toHaveLength(3)
    expect((await it.store.members()).members[0]?.acked).toBe(1)
    expect(it.failures).toHaveLength(2)
  })

  it('says that it has caught up when it has applied, before that is stored', async () => {
    const it = setUp({ ack: () => new Promise(() => undefined) })
    it.follower.start()
    await it.follower.ready()
    expect(await it.follower.catchUp(1)).toBe(false)
    await it.revoke('a')
    expect(await it.follower.catchUp(1)).toBe(true)
    expect(it.isDead('a')).toBe(true)
  })

  it('backs off while the store fails, crashes over nothing, and comes back', async () => {
    let isDown = false
    const it = setUp({
      renew: async (id) => {
        if (isDown) throw unavailable()
        return it.store.renew(id)
      },
      readAfter: async (offset, limit) => {
        if (isDown) throw unavailable()
        return it.store.readAfter(offset, limit)
      },
    })
    const states: string[] = []
    it.follower.onState((state) => states.push(state))
    it.follower.start()
    await it.follower.ready()
    isDown = true
    await it.revoke('a')
    await it.time.pass(60_000)
    expect(it.follower.state).toBe('STALE')
    // Within a minute: at most about one renewal a heartbeat and one retry between two.
    expect(it.calls.filter((call) => call === 'renew').length).toBeLessThan(100)
    expect(it.failures.every((cause) => cause instanceof AuthError)).toBe(true)
    isDown = false
    await it.time.pass(3000)
    expect(it.follower.state).toBe('LIVE')
    expect(it.isDead('a')).toBe(true)
    expect(states).toEqual(['LIVE', 'STALE', 'LIVE'])
    expect(it.follower.metrics.resets).toBe(0)
  })

  it('takes a new id once its lease has run out, and leaves under the old one', async () => {
    let isDown = false
    const it = setUp({
      renew: async (id) => {
        if (isDown) throw unavailable()
        return it.store.renew(id)
      },
    })
    it.follower.start()
    await it.follower.ready()
    const { id } = it.follower
    isDown = true
    await it.time.pass(11_000)
    expect(it.follower.id).toBe(id)
    await it.time.pass(3000)
    expect(it.follower.id).not.toBe(id)
    isDown = false
    await it.time.pass(3000)
    expect((await it.store.members()).members.map((member) => member.id)).toEqual([it.follower.id])
  })

  it.each(['another history', 'a head below what it has applied'])(
    'drops the lease and reads everything again: %s',
    async (what) => {
      const it = setUp()
      let cleared = 0
      it.follower.onReset(() => cleared++)
      it.follower.start()
      await it.follower.ready()
      for (const id of ['a', 'b', 'c']) await it.revoke(id)
      await settled()
      const { id } = it.follower
      const first = it.store
      const other = createMemoryStore().revocations
      const { incarnation } = await first.members()
      it.store =
        what === 'another history'
          ? other
          : {
              ...other,
              renew: async (member) => ({ ...(await other.renew(member)), incarnation }),
              readAfter: (offset, limit) => other.readAfter(offset, limit),
            }
      await other.revokeToken('x', UNTIL, 0)
      await it.time.pass(2000)
      expect(it.view.leaseHolds()).toBe(false)
      expect(cleared).toBe(1)
      await it.time.pass(200)
      expect(it.view.leaseHolds()).toBe(true)
      expect(it.follower.metrics).toMatchObject({ applied: 1, head: 1, resets: 1 })
      expect(['a', 'x'].map(it.isDead)).toEqual([true, true])
      // A late ack of the old life cannot count in the new one.
      expect(it.follower.id).not.toBe(id)
      expect((await other.members()).members.map((member) => member.id)).toEqual([it.follower.id])
    },
  )

  it('does not start over for an answer that a read has overtaken', async () => {
    const held = Promise.withResolvers<void>()
    let isHeld = false
    const it = setUp({
      async renew(id) {
        const reply = await it.store.renew(id)
        if (isHeld) await held.promise
        return reply
      },
    })
    it.follower.start()
    await it.follower.ready()
    isHeld = true
    await it.time.pass(2100)
    await it.revoke('a')
    await settled()
    expect(it.follower.metrics.applied).toBe(1)
    held.resolve()
    await settled()
    expect(it.follower.metrics).toMatchObject({ state: 'LIVE', applied: 1, resets: 0 })
  })

  it('begins in the middle of a log whose start has been pruned, but accepts no gap later', async () => {
    const it = setUp({ watch: () => () => undefined })
    for (const [i, id] of ['a', 'b', 'c'].entries()) await it.store.revokeToken(id, 100 + i, 0)
    await it.store.prune(101)
    it.follower.start()
    await it.follower.ready()
    expect(it.follower.metrics).toMatchObject({ applied: 3, resets: 0 })
    // It falls behind while the log is pruned past it.
    for (const id of ['d', 'e', 'f']) await it.store.revokeToken(id, 200, 0)
    await it.store.prune(200)
    await it.store.revokeToken('g', UNTIL, 0)
    await it.time.pass(2200)
    expect(it.follower.metrics).toMatchObject({ applied: 7, resets: 1, state: 'LIVE' })
    expect(it.isDead('g')).toBe(true)
  })

  it('begins at the head of a log of which nothing is retained', async () => {
    const it = setUp()
    for (const id of ['a', 'b']) await it.store.revokeToken(id, 100, 0)
    await it.store.prune(100)
    it.follower.start()
    await it.follower.ready()
    expect(it.follower.metrics).toMatchObject({ applied: 2, head: 2 })
    await it.revoke('c')
    await settled()
    expect(it.isDead('c')).toBe(true)
  })

  it('takes the floor from the store, for its entry may be pruned', async () => {
    const it = setUp()
    await it.store.raiseFloor(['k'], 100, 0)
    await it.store.prune(100)
    it.follower.start()
    await it.follower.ready()
    expect(it.view.floor).toBe(1)
  })

  it('starts over when its clock has gone back behind what it has dropped', async () => {
    const it = setUp()
    await it.store.revokeToken('a', it.time.clock.now() + 3600, 0)
    it.follower.start()
    await it.follower.ready()
    it.time.clock.stepWall(7200)
    await it.time.pass(2000 * 70)
    expect(it.isDead('a')).toBe(false)
    it.time.clock.stepWall(-7200)
    expect(it.view.leaseHolds()).toBe(false)
    await it.time.pass(2500)
    expect(it.follower.metrics).toMatchObject({ state: 'LIVE', resets: 1 })
    expect(it.isDead('a')).toBe(true)
  })

  it('stops at an entry that it does not understand', async () => {
    const it = setUp({
      readAfter: async (offset) => (offset > 0 ? [] : [{ offset: 1, event: { kind: 'later', until: UNTIL } as never }]),
      renew: async () => ({ incarnation: 'i', head: 1, firstRetained: 1, settled: true }),
    })
    it.follower.start()
    await it.time.pass(5000)
    expect(it.follower.state).toBe('JOINING')
    expect(it.failures[0]).toMatchObject({ code: 'store.corrupt' })
    expect(it.calls.filter((call) => call.startsWith('ack'))).toEqual([])
  })

  it('zeroes its lease before it leaves, and never joins again', async () => {
    const replies: (() => void)[] = []
    let isHeld = false
    let heldAtLeave: boolean | null = null
    const it = setUp({
      async renew(id) {
        if (isHeld) await new Promise<void>((resolve) => replies.push(resolve))
        return it.store.renew(id)
      },
      async leave(id) {
        heldAtLeave ??= it.view.leaseHolds()
        await it.store.leave(id)
      },
    })
    it.follower.start()
    await it.follower.ready()
    isHeld = true
    await it.time.pass(2000)
    expect(replies.length).toBe(1)
    const closed = [it.follower.close(), it.follower.close()]
    await it.time.pass(1000)
    await Promise.all(closed)
    expect(heldAtLeave).toBe(false)
    expect(it.view.leaseHolds()).toBe(false)
    // The renewal that was under way arrives after the leave: it must not leave a ghost behind.
    replies[0]?.()
    await settled()
    expect((await it.store.members()).members).toEqual([])
    expect(it.view.leaseHolds()).toBe(false)
    await it.time.pass(60_000)
    expect((await it.store.members()).members).toEqual([])
    expect(it.time.pending).toBe(0)
  })

  it('is closed when a renewal that its leave has overtaken has left again', async () => {
    const reply = Promise.withResolvers<void>()
    const it = setUp({
      async renew(id) {
        await reply.promise
        return it.store.renew(id)
      },
    })
    it.follower.start()
    const closed = it.follower.close().then(async () => (await it.store.members()).members)
    await settled()
    reply.resolve()
    // A process ends here: whoever is in the registry now is waited for by every revocation, for a lease.
    expect(await closed).toEqual([])
    expect(it.time.pending).toBe(0)
  })

  it('holds the process only while somebody waits for it to be ready', async () => {
    const it = setUp({ renew: () => new Promise(() => undefined) })
    it.follower.start()
    expect(it.time.holding).toBe(0)
    const ready = it.follower.ready()
    expect(it.time.holding).toBe(1)
    const closed = it.follower.close()
    await expect(ready).rejects.toMatchObject({ code: 'store.unavailable' })
    await it.time.pass(1000)
    await closed
    expect(it.time.holding).toBe(0)
  })

  it('goes on when renewals are never answered', async () => {
    let isSilent = true
    const it = setUp({
      renew: (id) => (isSilent ? new Promise(() => undefined) : it.store.renew(id)),
    })
    it.follower.start()
    await it.time.pass(30_000)
    expect(it.follower.state).toBe('JOINING')
    isSilent = false
    await it.time.pass(14_000)
    expect(it.follower.state).toBe('LIVE')
  })

  it('is told when it is misconfigured', () => {
    expect(() => setUp({}, { leaseSeconds: 1, heartbeatSeconds: 1 })).toThrow(TypeError)
    expect(() => setUp({}, { heartbeatSeconds: 0 })).toThrow(TypeError)
    expect(() => setUp({}, { leaseSeconds: Number.NaN })).toThrow(TypeError)
  })
})
