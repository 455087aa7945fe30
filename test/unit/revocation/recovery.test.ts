import { describe, expect, it } from 'vitest'
import type { LogEntry, Renewal, RevocationEvent } from '../../../src/revocation/engine.ts'
import { createRecovery, type RecoveryOptions } from '../../../src/revocation/recovery.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createManualTime } from '../../support/manual-timers.ts'

const UNTIL = 2_000_000_000
const token = (tokenId: string, until = UNTIL): RevocationEvent => ({ kind: 'token', tokenId, until })
const entry = (offset: number, event = token(`t${offset}`)): LogEntry => ({ offset, event })

function setUp(options: Partial<RecoveryOptions> = {}) {
  const time = createManualTime()
  const store = createMemoryStore().revocations
  let lost = 0
  const recovery = createRecovery({
    engine: store,
    clock: time.clock,
    keepSeconds: 100,
    onHistoryLost: async () => {
      lost++
      return ['k1']
    },
    ...options,
  })
  const reply = async (): Promise<Renewal> => store.renew('v')
  return {
    time,
    store,
    recovery,
    get lost() {
      return lost
    },
    take: (...entries: LogEntry[]) => {
      for (const one of entries) recovery.take(one)
    },
    /** As a follower does it: the answer first, then the whole log, then what is missing. */
    async recover(applied: number, floor = 0) {
      recovery.begin({ reply: await reply(), applied, floor })
      for (const one of await store.readAfter(0, 1000)) recovery.take(one)
      await recovery.restore()
    },
    tokens: async () => (await store.readAfter(0, 1000)).map(({ event }) => 'tokenId' in event && event.tokenId),
  }
}

describe('recovery', () => {
  it('gives back what the log has lost, and only that', async () => {
    const it = setUp()
    it.take(entry(1), entry(2), entry(3))
    await it.store.revokeToken('t1', UNTIL, 0)
    await it.recover(3)
    expect(await it.tokens()).toEqual(['t1', 't2', 't3'])
    expect(it.lost).toBe(0)
    expect(it.recovery.isPending).toBe(false)
  })

  it('has nothing to do before the log becomes another one', async () => {
    const it = setUp()
    it.take(entry(1))
    await it.recovery.restore()
    expect(await it.tokens()).toEqual([])
  })

  it('gives an event its full time again, for tokens may have been minted since', async () => {
    const it = setUp()
    const now = it.time.clock.now()
    it.take(entry(1, token('old', now + 5)), entry(2, token('young', now + 500)))
    await it.recover(2)
    const log = await it.store.readAfter(0, 9)
    expect(log.map(({ event }) => event.until)).toEqual([now + 100, now + 500])
  })

  it('says that history was lost when the log that is there cannot be shown to be the former one', async () => {
    const it = setUp({ recentEvents: 2 })
    it.take(entry(1), entry(2), entry(3), entry(4))
    await it.store.revokeToken('t1', UNTIL, 0)
    await it.recover(4)
    expect(it.lost).toBe(1)
    expect((await it.store.readAfter(1, 1))[0]?.event).toMatchObject({ kind: 'floor', floor: 1, keyIds: ['k1'] })
    expect(await it.tokens()).toEqual(['t1', false, 't3', 't4'])
  })

  it('is content with one entry of the former log in its place', async () => {
    const it = setUp({ recentEvents: 2 })
    it.take(entry(1), entry(2), entry(3), entry(4))
    for (const id of ['t1', 't2', 't3']) await it.store.revokeToken(id, UNTIL, 0)
    await it.recover(4)
    expect(it.lost).toBe(0)
  })

  it('is not content with the same event in another place', async () => {
    const it = setUp({ recentEvents: 2 })
    it.take(entry(1), entry(2), entry(3), entry(4))
    await it.store.revokeToken('t3', UNTIL, 0)
    await it.recover(4)
    expect(it.lost).toBe(1)
  })

  it('is content when all that it has not seen has been pruned', async () => {
    const it = setUp({ recentEvents: 2 })
    const now = it.time.clock.now()
    it.take(entry(1), entry(2), entry(3, token('t3', now + 10)), entry(4))
    for (const id of ['t1', 't2', 't3']) await it.store.revokeToken(id, now + 10, 0)
    await it.store.prune(now + 10)
    await it.recover(4)
    expect(it.lost).toBe(0)
    expect(await it.tokens()).toEqual(['t4'])
  })

  it('knows the end of a log of which nothing was left to read', async () => {
    const now = 1_000_000
    const pruned = async (it: ReturnType<typeof setUp>, entries: number) => {
      for (let i = 0; i < entries; i++) await it.store.revokeToken(`t${i}`, now, 0)
      await it.store.prune(now)
    }
    const same = setUp()
    await pruned(same, 7)
    await same.recover(7)
    expect(same.lost).toBe(0)
    const backup = setUp()
    await pruned(backup, 5)
    await backup.recover(7)
    expect(backup.lost).toBe(1)
  })

  it('raises the floor where nobody says what else to do, once for all who notice', async () => {
    const time = createManualTime()
    const store = createMemoryStore().revocations
    for (const _verifier of ['a', 'b']) {
      const recovery = createRecovery({ engine: store, clock: time.clock, keepSeconds: 100, recentEvents: 1 })
      for (const one of [entry(1), entry(2)]) recovery.take(one)
      recovery.begin({ reply: await store.renew('v'), applied: 2, floor: 0 })
      await recovery.restore()
    }
    expect(await store.floor()).toBe(1)
  })

  it('forgets what is older than it keeps while the log answers, but for one that shows what was before', async () => {
    const it = setUp({ recentSeconds: 10 })
    it.take(entry(1), entry(2))
    await it.time.pass(20_000)
    it.take(entry(3))
    it.recovery.onContact()
    await it.recover(3)
    expect((await it.tokens()).filter(Boolean)).toEqual(['t2', 't3'])
  })

  it('keeps everything while the log does not answer', async () => {
    const it = setUp({ recentSeconds: 10 })
    it.take(entry(1), entry(2), entry(3))
    await it.time.pass(3_600_000)
    await it.recover(3)
    expect(await it.tokens()).toEqual(['t1', 't2', 't3'])
  })

  it('goes on with the rest when giving back has failed halfway, also in yet another log', async () => {
    const it = setUp()
    let calls = 0
    const failing = setUp({
      engine: {
        ...it.store,
        restore: async (events, now) => {
          if (++calls === 2) throw new Error('gone')
          return it.store.restore(events, now)
        },
      },
    })
    for (let offset = 1; offset <= 450; offset++) failing.take(entry(offset))
    const reply = await it.store.renew('v')
    failing.recovery.begin({ reply, applied: 450, floor: 0 })
    await expect(failing.recovery.restore()).rejects.toThrow('gone')
    expect(failing.recovery.isPending).toBe(true)
    failing.recovery.begin({ reply, applied: 0, floor: 0 })
    await failing.recovery.restore()
    expect(new Set(await it.tokens()).size).toBe(450)
  })
})
