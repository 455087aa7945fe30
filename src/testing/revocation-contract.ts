/** The contract of the log's engine and of the registry. */

import type { ContractSuite } from './contract-suite.ts'
import { expect } from './expect.ts'
import { T0, tally, together, UNTIL } from './store-fixtures.ts'

export function revocationContract({ it, current, aSession }: ContractSuite): void {
  const engine = () => current().revocations
  const revoke = (id: string, until = UNTIL) => engine().revokeToken(id, until, T0)

  it('says how much it survives', async () => {
    expect(engine().durability).toMatch(/^D[0-3]$/)
  })

  it('numbers entries from 1 without gaps, in one incarnation', async () => {
    const { incarnation } = await engine().renew('v')
    const appended = await together(20, (i) => (i % 2 ? revoke(`t${i}`) : current().sessions.end(`s${i}`, UNTIL, T0)))
    expect(appended.map(({ offset }) => offset).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    )
    expect(new Set(appended.map((answer) => answer.incarnation))).toEqual(new Set([incarnation]))
    const log = await engine().readAfter(0, 100)
    expect(log.map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    for (const [i, { offset }] of appended.entries()) {
      const event = log[offset - 1]?.event
      expect(event).toMatchObject(i % 2 ? { tokenId: `t${i}` } : { sessionId: `s${i}` })
    }
  })

  it('is read in pages from any offset', async () => {
    for (let i = 1; i <= 5; i++) await revoke(`t${i}`)
    expect((await engine().readAfter(0, 2)).map(({ offset }) => offset)).toEqual([1, 2])
    expect((await engine().readAfter(2, 100)).map(({ offset }) => offset)).toEqual([3, 4, 5])
    expect(await engine().readAfter(4, 1)).toEqual([
      { offset: 5, event: { kind: 'token', tokenId: 't5', until: UNTIL } },
    ])
    expect(await engine().readAfter(5, 100)).toEqual([])
    expect(await engine().readAfter(99, 100)).toEqual([])
  })

  it('is read of the incarnation that was asked for, or not at all', async () => {
    await revoke('t1')
    const { incarnation } = await engine().members()
    expect(await engine().readAfter(0, 9, incarnation)).toEqual(await engine().readAfter(0, 9))
    expect(await engine().readAfter(1, 9, incarnation)).toEqual([])
    for (const offset of [0, 1]) {
      await expect(engine().readAfter(offset, 9, `not ${incarnation}`)).rejects.toMatchObject({
        code: 'store.unavailable',
      })
    }
  })

  it('registers at the first renewal, counts renewals and never takes one for an ack', async () => {
    await revoke('t1')
    expect(await engine().renew('v')).toMatchObject({ head: 1, firstRetained: 1 })
    await engine().renew('v')
    await engine().renew('w')
    const { members } = await engine().members()
    expect([...members].toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: 'v', renewals: 2, acked: 0 },
      { id: 'w', renewals: 1, acked: 0 },
    ])
  })

  it('names the registry in what an append answers', async () => {
    await engine().renew('v')
    await revoke('t1')
    await engine().ack('v', 1)
    expect(await revoke('t2')).toMatchObject({ offset: 2, members: [{ id: 'v', renewals: 1, acked: 1 }] })
    expect(await current().sessions.end('s', UNTIL, T0)).toMatchObject({ members: [{ id: 'v' }] })
    expect(await current().sessions.endSubject('u', null, UNTIL, T0)).toMatchObject({ members: [{ id: 'v' }] })
    expect(await engine().raiseFloor([], UNTIL, T0)).toMatchObject({ offset: 5, members: [{ id: 'v' }] })
  })

  it('never lowers an ack, and believes none beyond the head', async () => {
    await engine().renew('v')
    for (let i = 1; i <= 3; i++) await revoke(`t${i}`)
    const acked = async () => (await engine().members()).members[0]?.acked
    await engine().ack('v', 2)
    expect(await acked()).toBe(2)
    await engine().ack('v', 1)
    expect(await acked()).toBe(2)
    await engine().ack('v', 4)
    expect(await acked()).toBe(2)
    await engine().ack('v', 3)
    expect(await acked()).toBe(3)
    await engine().ack('nobody', 3)
    expect((await engine().members()).members).toHaveLength(1)
  })

  it('lets a member leave, and come back as a new one', async () => {
    await engine().renew('v')
    await revoke('t1')
    await engine().ack('v', 1)
    await engine().leave('v')
    await engine().leave('v')
    expect((await engine().members()).members).toEqual([])
    expect((await revoke('t2')).members).toEqual([])
    await engine().renew('v')
    expect((await engine().members()).members).toEqual([{ id: 'v', renewals: 1, acked: 0 }])
  })

  it('reaps a member only while its counter stands still', async () => {
    await engine().renew('v')
    await engine().renew('v')
    expect(await engine().reap('v', 1)).toBe(false)
    expect(await engine().reap('nobody', 1)).toBe(false)
    expect((await engine().members()).members).toHaveLength(1)
    const answers = await together(20, () => engine().reap('v', 2))
    expect(tally(answers)).toEqual({ true: 1, false: 19 })
    expect((await engine().members()).members).toEqual([])
  })

  it('prunes the oldest entries whose time has passed, up to the first whose time has not', async () => {
    await revoke('t1', T0 + 10)
    await revoke('t2', T0 + 20)
    await revoke('t3', T0 + 500)
    await revoke('t4', T0 + 5)
    expect(await engine().prune(T0 + 9)).toBe(0)
    expect(await engine().prune(T0 + 10)).toBe(1)
    expect(await engine().renew('v')).toMatchObject({ head: 4, firstRetained: 2 })
    expect(await engine().prune(T0 + 20)).toBe(1)
    expect((await engine().readAfter(0, 9)).map(({ offset }) => offset)).toEqual([3, 4])
    expect(await engine().prune(T0 + 500)).toBe(2)
    expect(await engine().renew('v')).toMatchObject({ head: 4, firstRetained: 5 })
    expect(await revoke('t5')).toMatchObject({ offset: 5 })
    expect(await engine().renew('v')).toMatchObject({ head: 5, firstRetained: 5 })
  })

  it('keeps what a subject has come to when its entries are pruned', async () => {
    await engine().bumpClaims('u', T0 + 10, T0)
    await current().sessions.endSubject('u', null, T0 + 10, T0)
    await engine().raiseFloor(['k'], T0 + 10, T0)
    expect(await engine().prune(T0 + 10)).toBe(3)
    expect(await engine().subject('u')).toEqual({ generation: 2, deadBelow: 2, staleBelow: 1 })
    expect(await engine().floor()).toBe(1)
  })

  it('wakes its watchers after an append, until they stop', async () => {
    let woken = 0
    const stop = engine().watch(() => {
      woken++
    })
    const grown = async (since: number) => {
      for (let i = 0; i < 200 && woken === since; i++) await new Promise((resolve) => setTimeout(resolve, 5))
      return woken > since
    }
    await revoke('t1')
    expect(await grown(0)).toBe(true)
    const since = woken
    await current().sessions.create(aSession(), null, T0)
    await current().sessions.endSubject('subject-1', null, UNTIL, T0)
    expect(await grown(since)).toBe(true)
    stop()
    stop()
    await new Promise((resolve) => setTimeout(resolve, 60))
    const atStop = woken
    await revoke('t2')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(woken).toBe(atStop)
  })
}
