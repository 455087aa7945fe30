import { describe, expect, it } from 'vitest'
import { randomId } from '../../../../src/crypto/random.ts'
import { createBlinding } from '../../../../src/revocation/remote/blinding.ts'
import { createFollowerDesk } from '../../../../src/revocation/remote/desk.ts'
import type { RenewRequest } from '../../../../src/revocation/remote/messages.ts'
import { createNews } from '../../../../src/revocation/remote/news.ts'
import { createMemoryStore } from '../../../../src/stores/memory/index.ts'
import { createManualTime, settled } from '../../../support/manual-timers.ts'

const UNTIL = 2_000_000_000
const blinding = createBlinding('follower-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j')

function setUp() {
  const engine = createMemoryStore().revocations
  const time = createManualTime()
  const news = createNews()
  const calls: string[] = []
  const traced = Object.fromEntries(
    Object.entries(engine).map(([name, method]) => [
      name,
      typeof method !== 'function'
        ? method
        : (...args: readonly unknown[]) => {
            calls.push(name)
            return Reflect.apply(method, engine, args)
          },
    ]),
  ) as unknown as typeof engine
  const desk = createFollowerDesk({ engine: traced, news, timers: time.timers })
  const id = `${randomId()}.12000`
  const ask = (change: Partial<RenewRequest> = {}) =>
    desk.renew(blinding, { id, incarnation: null, applied: 0, nonce: 'n', waitMs: 0, ...change })
  const member = async () => (await engine.members()).members.find((one) => one.id === blinding.memberId(id))
  return { engine, time, news, calls, desk, id, ask, member, revoke: () => engine.revokeToken(randomId(), UNTIL, 0) }
}

describe('the desk for followers', () => {
  it('registers before it reads, and acknowledges for the history at hand', async () => {
    const { ask, calls, revoke, member } = setUp()
    await revoke()
    const { incarnation, entries, head } = await ask()
    expect([entries, head]).toEqual([[], 1])
    calls.length = 0
    expect((await ask({ incarnation })).entries).toHaveLength(1)
    expect(calls).toEqual(['renew', 'readAfter'])
    expect(await member()).toEqual({ id: expect.any(String), renewals: 2, acked: 0 })
    calls.length = 0
    expect(await ask({ incarnation, applied: 1 })).toMatchObject({ head: 1, entries: [] })
    expect(calls).toEqual(['renew', 'ack', 'readAfter'])
    expect(await member()).toMatchObject({ renewals: 3, acked: 1 })
  })

  it('holds a request until there is something new', async () => {
    const { ask, news, revoke, time } = setUp()
    const { incarnation } = await ask()
    let answered = false
    const held = ask({ incarnation, waitMs: 2000 }).finally(() => {
      answered = true
    })
    await time.pass(1500)
    expect(answered).toBe(false)
    await revoke()
    news.tell()
    expect(await held).toMatchObject({ head: 1, entries: [{ offset: 1 }] })
    expect(time.pending).toBe(0)
  })

  it('holds no longer than was asked, and not at all once it ends', async () => {
    const { ask, news, time } = setUp()
    const { incarnation } = await ask()
    const held = ask({ incarnation, waitMs: 2000 })
    await time.pass(2000)
    expect(await held).toMatchObject({ head: 0, entries: [] })
    const last = ask({ incarnation, waitMs: 2000 })
    await settled()
    news.end()
    expect(await last).toMatchObject({ entries: [] })
    expect(await ask({ incarnation, waitMs: 2000 })).toMatchObject({ entries: [] })
    expect(time.pending).toBe(0)
  })

  it('misses nothing that comes between the reading and the wait', async () => {
    const { ask, engine, news, time } = setUp()
    const { incarnation } = await ask()
    const reading = Promise.withResolvers<void>()
    const desk = createFollowerDesk({
      engine: {
        ...engine,
        async readAfter(offset, limit) {
          const entries = await engine.readAfter(offset, limit)
          await reading.promise
          return entries
        },
      },
      news,
      timers: time.timers,
    })
    const held = desk.renew(blinding, { id: `${randomId()}.12000`, incarnation, applied: 0, nonce: 'n', waitMs: 2000 })
    await settled()
    await engine.revokeToken('t', UNTIL, 0)
    news.tell()
    reading.resolve()
    expect(await held).toMatchObject({ entries: [{ offset: 1 }] })
  })

  it('answers a join at once, whatever it asks for', async () => {
    const { ask, time } = setUp()
    await ask({ waitMs: 2000 })
    expect(time.pending).toBe(0)
  })

  it('gives a look to who is not registered', async () => {
    const { ask, engine, revoke } = setUp()
    const { incarnation } = await engine.members()
    await revoke()
    await revoke()
    expect(await ask({ id: null, incarnation, applied: 1 })).toMatchObject({ member: null, incarnation, head: 2 })
    expect(await ask({ id: null, incarnation, applied: 2 })).toMatchObject({ head: 2, entries: [] })
    expect(await ask({ id: null, incarnation: 'another', applied: 1 })).toMatchObject({ incarnation, entries: [] })
    expect((await engine.members()).members).toEqual([])
  })

  it('takes a follower out when it leaves', async () => {
    const { ask, desk, id, member } = setUp()
    await ask()
    expect(await member()).toBeDefined()
    await desk.leave(blinding, id)
    expect(await member()).toBeUndefined()
  })
})
