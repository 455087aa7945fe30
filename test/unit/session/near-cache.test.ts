import { describe, expect, it } from 'vitest'
import { sha256Latin1 } from '../../../src/crypto/digest.ts'
import type { LogEntry } from '../../../src/revocation/engine.ts'
import { createRevocationView } from '../../../src/revocation/view.ts'
import { createNearCache, type Loaded, type NearCache } from '../../../src/session/near-cache.ts'
import type { Session } from '../../../src/session/session.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { sessionFor } from '../../support/sessions.ts'

const NOW = 1_750_000_000
const until = NOW + 4000

/** A session whose name is in its data. */
function session(id: string, version = 1, over: Partial<Session> = {}): Session {
  return sessionFor('ann', NOW, { id, version, data: id, ...over })
}

function loaded(of: Session): Loaded {
  return { session: of, readUntil: NOW + 300, touchAt: NOW + 100, reloadAt: NOW + 240 }
}

const digestOf = (id: string): string => sha256Latin1(`cookie of ${id}`)
const load = (cache: NearCache<object>, id: string, of: Session = session(id)) =>
  cache.load(digestOf(id), id, async () => loaded(of))
const held = (cache: NearCache<object>, id: string): Session | null => {
  const slot = cache.find(digestOf(id))
  return slot < 0 ? null : cache.session(slot)
}

function cacheOf({ maxEntries = 10, maxBytes = 1_000_000 } = {}) {
  const clock = createTestClock({ now: NOW })
  const view = createRevocationView({ clock, judge: async () => 'alive' })
  view.lease.extend(clock.monoMs(), clock.wallMs(), 1_000_000)
  let offset = 0
  const cache = createNearCache<object>({ maxEntries, maxBytes, view, answerOf: ({ id, data }) => ({ id, data }) })
  const apply = (event: LogEntry['event']): void => {
    view.apply({ offset: ++offset, event })
    cache.applied(event)
  }
  return { cache, apply, view, advanceTo: (now: number) => clock.advance(now - clock.now()) }
}

describe('near-cache', () => {
  it('loads once for all who ask at the same time, and keeps what came', async () => {
    const { cache } = cacheOf()
    let loads = 0
    const read = async () => {
      loads++
      return loaded(session('a'))
    }
    const answers = await Promise.all(Array.from({ length: 20 }, () => cache.load(digestOf('a'), 'a', read)))
    expect(loads).toBe(1)
    expect(new Set(answers).size).toBe(1)
    expect(held(cache, 'a')).toBe(answers[0])
  })

  it('keeps no absence and no failure', async () => {
    const { cache } = cacheOf()
    expect(await cache.load(digestOf('a'), 'a', async () => null)).toBeNull()
    await expect(cache.load(digestOf('a'), 'a', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(cache.size).toBe(0)
    expect(await load(cache, 'a')).not.toBeNull()
  })

  it.each([
    ['its session ended', { kind: 'session', sessionId: 'a', subject: 'ann', until } as const],
    ['its subject was revoked', { kind: 'subject', subject: 'ann', generation: 2, until } as const],
    ['its claims changed', { kind: 'claims', subject: 'ann', generation: 2, patch: null, until } as const],
    ['the floor rose', { kind: 'floor', floor: 1, keyIds: [], until } as const],
  ])('takes a load again when %s meanwhile', async (_name, event) => {
    const { cache, apply } = cacheOf()
    const names = ['old', 'new']
    let loads = 0
    const value = await cache.load(digestOf('a'), 'a', async () => {
      if (loads === 0) apply(event)
      return loaded(session('a', 1, { data: names[loads++] ?? 'never' }))
    })
    expect(value?.data).toBe('new')
    expect(held(cache, 'a')?.data).toBe('new')
    expect(loads).toBe(2)
  })

  it('is not disturbed by events about others', async () => {
    const { cache, apply } = cacheOf()
    let loads = 0
    await cache.load(digestOf('a'), 'a', async () => {
      loads++
      apply({ kind: 'session', sessionId: 'b', subject: 'bob', until })
      apply({ kind: 'subject', subject: 'bob', generation: 2, until })
      apply({ kind: 'token', tokenId: 't', until })
      return loaded(session('a'))
    })
    expect(loads).toBe(1)
  })

  it('uses a value once and does not keep it when events never stop', async () => {
    const { cache, apply } = cacheOf()
    const value = await cache.load(digestOf('a'), 'a', async () => {
      apply({ kind: 'session', sessionId: 'a', subject: 'ann', until })
      return loaded(session('a'))
    })
    expect(value?.id).toBe('a')
    expect(cache.size).toBe(0)
  })

  it('never goes back to an older version', async () => {
    const { cache } = cacheOf()
    const versions = [1, 2]
    await cache.load(digestOf('a'), 'a', async () => {
      cache.saved('a', 2)
      return loaded(session('a', versions.shift() ?? 3))
    })
    expect(held(cache, 'a')?.version).toBe(2)
    const slot = cache.bySession('a')
    cache.replace(slot, loaded(session('a', 1)))
    expect(held(cache, 'a')?.version).toBe(2)
    cache.replace(slot, loaded(session('a', 5)))
    expect(held(cache, 'a')?.version).toBe(5)
    await load(cache, 'a', session('a', 4))
    expect(held(cache, 'a')?.version).toBe(5)
  })

  it('forgets a session when it ends, and with it what was answered', async () => {
    const { cache, apply, view } = cacheOf()
    await load(cache, 'a')
    const slot = cache.bySession('a')
    cache.setGood(slot, view.epoch)
    expect(cache.hit(digestOf('a'))).toEqual({ id: 'a', data: 'a' })
    apply({ kind: 'session', sessionId: 'a', subject: 'ann', until })
    expect(held(cache, 'a')).toBeNull()
    expect(cache.hit(digestOf('a'))).toBeNull()
    expect([cache.bySession('a'), cache.size, cache.bytes]).toEqual([-1, 0, 0])
    // Whoever gets the slot next gets nothing of it.
    await load(cache, 'b')
    expect(cache.bySession('b')).toBe(slot)
    expect([cache.answer(slot), cache.isGood(slot)]).toEqual([{ id: 'b', data: 'b' }, false])
  })

  it('answers from memory until something has to be done, something was applied or the session has changed', async () => {
    const { cache, view, apply, advanceTo } = cacheOf()
    await load(cache, 'a')
    const slot = cache.bySession('a')
    const hit = (id = 'a') => cache.hit(digestOf(id))
    expect(hit()).toBeNull()
    cache.setGood(slot, view.epoch)
    const answer = hit()
    expect(answer).toEqual({ id: 'a', data: 'a' })
    expect(hit()).toBe(answer)
    expect(hit('b')).toBeNull()
    apply({ kind: 'token', tokenId: 't', until })
    expect(hit()).toBeNull()
    cache.setGood(slot, view.epoch)
    view.raiseFloor(1)
    expect(hit()).toBeNull()
    cache.setGood(slot, view.epoch)
    advanceTo(NOW + 99)
    expect(hit()).toBe(answer)
    advanceTo(NOW + 100)
    expect(hit()).toBeNull()
    cache.attend(slot, NOW + 400, NOW + 400)
    advanceTo(NOW + 299)
    expect(hit()).toBe(answer)
    cache.update(slot, { ...session('a'), data: 'changed' })
    expect(hit()).toBeNull()
    expect([cache.answer(slot), cache.isGood(slot)]).toEqual([{ id: 'a', data: 'changed' }, false])
    cache.setGood(slot, view.epoch)
    expect(hit()).toEqual({ id: 'a', data: 'changed' })
    view.lease.drop()
    expect(hit()).toBeNull()
    view.lease.extend(2_000_000, (NOW + 299) * 1000, 10_000)
    expect(hit()).not.toBeNull()
    advanceTo(NOW + 300)
    expect(hit()).toBeNull()
  })

  it('asks the tables for the session that lies in the slot', async () => {
    const { cache, apply } = cacheOf()
    await load(cache, 'a', session('a', 1, { subject: 'bob' }))
    await load(cache, 'b', session('b', 1, { generation: 3 }))
    await load(cache, 'c', session('c', 1, { subject: null }))
    const [a, b, c] = ['a', 'b', 'c'].map((id) => cache.bySession(id)) as [number, number, number]
    apply({ kind: 'subject', subject: 'bob', generation: 1, until })
    apply({ kind: 'claims', subject: 'ann', generation: 4, patch: { roles: ['new'] }, until })
    expect([cache.look(a, 0), cache.look(a, 1), cache.look(b, 3), cache.look(b, 4), cache.look(c, 0)]).toEqual([
      'dead',
      'alive',
      'stale',
      'alive',
      'alive',
    ])
    expect([cache.patchFor(b, 3), cache.patchFor(b, 4), cache.patchFor(c, 0)]).toEqual([{ roles: ['new'] }, null, null])
  })

  it('stays within its number of entries and its bytes, giving what was used a second chance', async () => {
    const { cache } = cacheOf({ maxEntries: 3 })
    for (const id of ['a', 'b', 'c']) await load(cache, id)
    expect(held(cache, 'a')).not.toBeNull()
    await load(cache, 'd')
    expect(held(cache, 'a')).not.toBeNull()
    expect(held(cache, 'b')).toBeNull()
    expect(cache.size).toBe(3)

    const one = cacheOf()
    await load(one.cache, 'a')
    const { bytes } = one.cache
    const small = cacheOf({ maxEntries: 100, maxBytes: 2.5 * bytes }).cache
    for (const id of ['a', 'b', 'c']) await load(small, id)
    expect([small.size, small.bytes]).toEqual([2, 2 * bytes])
    await load(small, 'x', session('x', 1, { data: 'x'.repeat(bytes) }))
    expect(small.bytes).toBeLessThanOrEqual(2.5 * bytes)
    expect(held(small, 'x')).toBeNull()
  })

  it('keeps what is in use while ten times as many come by once', async () => {
    const { cache } = cacheOf({ maxEntries: 1000 })
    const hot = Array.from({ length: 300 }, (_, i) => `hot${i}`)
    for (const id of hot) await load(cache, id)
    let lost = 0
    for (let i = 0; i < 10_000; i++) {
      const id = hot[i % hot.length] ?? ''
      if (!held(cache, id)) {
        lost++
        await load(cache, id)
      }
      await load(cache, `once${i}`)
    }
    expect(cache.size).toBe(1000)
    expect(lost).toBe(0)
  })

  it('replaces the entry of a session whose cookie has changed', async () => {
    const { cache } = cacheOf()
    await load(cache, 'a')
    await cache.load(digestOf('other'), 'a', async () => loaded(session('a')))
    expect(held(cache, 'a')).toBeNull()
    expect(cache.bySession('a')).toBe(cache.find(digestOf('other')))
    expect(cache.size).toBe(1)
  })

  it('is empty after a clear, and takes loads under way again', async () => {
    const { cache } = cacheOf()
    for (const id of ['a', 'b']) await load(cache, id)
    let loads = 0
    await cache.load(digestOf('c'), 'c', async () => {
      if (loads++ === 0) cache.clear()
      return loaded(session('c'))
    })
    expect(loads).toBe(2)
    expect([cache.size, held(cache, 'a'), held(cache, 'c')?.id]).toEqual([1, null, 'c'])
  })
})
