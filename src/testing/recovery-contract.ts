/** The contract of RECOVERY: what a log has lost is made true again from what verifiers still know. */
import type { RevocationEvent } from '../revocation/engine.ts'
import { says } from '../revocation/events.ts'
import type { ContractSuite } from './contract-suite.ts'
import { expect } from './expect.ts'
import { T0, together, UNTIL } from './store-fixtures.ts'

const subjectEvent = (generation: number, subject = 'subject-1'): RevocationEvent => ({
  kind: 'subject',
  subject,
  generation,
  until: UNTIL,
})
const claimsEvent = (generation: number, roles: string[] | null = null): RevocationEvent => ({
  kind: 'claims',
  subject: 'subject-1',
  generation,
  patch: roles && { roles },
  until: UNTIL,
})
const tokenEvent = (tokenId: string, until = UNTIL): RevocationEvent => ({ kind: 'token', tokenId, until })

export function recoveryContract({ it, current, aSession, aFamily }: ContractSuite): void {
  const sessions = () => current().sessions
  const engine = () => current().revocations
  const restore = (...events: RevocationEvent[]) => engine().restore(events, T0)
  const log = async () => (await engine().readAfter(0, 100)).map(({ event }) => event)

  it('ends a session that is alive again, with its family', async () => {
    const [lost, other] = [aSession(), aSession()]
    for (const session of [lost, other]) await sessions().create(session, null, T0)
    const family = aFamily(lost.id)
    await current().families.create(family, T0)
    await engine().renew('v')
    const event = { kind: 'session', sessionId: lost.id, subject: lost.subject, until: UNTIL } as const
    expect(await restore(event)).toMatchObject({ offset: 1, members: [{ id: 'v', renewals: 1, acked: 0 }] })
    expect(await log()).toEqual([event])
    expect(await sessions().find(lost.id, T0)).toBeNull()
    expect(await sessions().touch(lost.id, T0 + 1, T0)).toBe(false)
    expect(await sessions().save({ ...lost, version: 2 }, T0)).toBe('missing')
    expect(await current().families.find(family.id, T0)).toBeNull()
    expect((await sessions().listBySubject('subject-1', null, 9, T0)).sessions).toEqual([other])
  })

  it('denies a token again', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    const ref = { sessionId: session.id, subject: 'subject-1', tokenId: 't1', generation: 0 }
    expect(await engine().judge(ref, T0)).toBe('alive')
    await restore(tokenEvent('t1'))
    expect(await engine().judge(ref, T0)).toBe('dead')
    expect(await engine().judge({ ...ref, tokenId: 't2' }, T0)).toBe('alive')
    expect(await log()).toEqual([tokenEvent('t1')])
  })

  it('raises what a subject has come to, and ends what was issued below', async () => {
    const [old, fresh, other] = [aSession(), aSession({ generation: 3 }), aSession({ subject: 'other' })]
    for (const session of [old, fresh, other]) await sessions().create(session, null, T0)
    const family = aFamily(old.id)
    await current().families.create(family, T0)
    await restore(subjectEvent(3))
    expect(await engine().subject('subject-1')).toEqual({ generation: 3, deadBelow: 3, staleBelow: 0 })
    expect(await sessions().find(old.id, T0)).toBeNull()
    expect(await current().families.find(family.id, T0)).toBeNull()
    expect((await sessions().listBySubject('subject-1', null, 9, T0)).sessions).toEqual([fresh])
    expect(await sessions().find(other.id, T0)).toEqual(other)
    expect(await sessions().create(aSession({ generation: 2 }), null, T0)).toBe('superseded')
    expect(await sessions().endSubject('subject-1', null, UNTIL, T0)).toMatchObject({ generation: 4 })
  })

  it('ages claims without ending anybody, and takes a patch only of the newest generation', async () => {
    const session = aSession()
    await sessions().create(session, null, T0)
    await restore(claimsEvent(2), claimsEvent(2, ['writer']))
    expect(await engine().subject('subject-1')).toEqual({ generation: 2, deadBelow: 0, staleBelow: 2 })
    expect(await sessions().find(session.id, T0)).toEqual(session)
    expect((await log()).some((event) => says(event, claimsEvent(2, ['writer'])))).toBe(true)
    await engine().bumpClaims('subject-1', UNTIL, T0)
    await restore(claimsEvent(1, ['owner']))
    expect((await log()).filter((event) => says(event, claimsEvent(1, ['owner'])))).toEqual([])
    expect(await engine().subject('subject-1')).toEqual({ generation: 3, deadBelow: 0, staleBelow: 3 })
  })

  it('raises the floor', async () => {
    const session = aSession({ floor: 1 })
    await engine().raiseFloor(['k1'], UNTIL, T0)
    await sessions().create(session, null, T0)
    const floor: RevocationEvent = { kind: 'floor', floor: 3, keyIds: ['k2'], until: UNTIL }
    await restore(floor)
    expect(await engine().floor()).toBe(3)
    expect(await sessions().find(session.id, T0)).toBeNull()
    expect((await log()).at(-1)).toEqual(floor)
    expect(await engine().raiseFloor([], UNTIL, T0)).toMatchObject({ floor: 4 })
  })

  it('never lowers anything', async () => {
    await sessions().endSubject('subject-1', null, UNTIL, T0)
    await sessions().endSubject('subject-1', null, UNTIL, T0)
    await engine().bumpClaims('subject-1', UNTIL, T0)
    await engine().raiseFloor([], UNTIL, T0)
    await engine().raiseFloor([], UNTIL, T0)
    const session = aSession({ generation: 3, floor: 2 })
    await sessions().create(session, null, T0)
    const before = await engine().subject('subject-1')
    await restore(subjectEvent(1), claimsEvent(1), { kind: 'floor', floor: 1, keyIds: [], until: UNTIL })
    expect(await engine().subject('subject-1')).toEqual(before)
    expect(await engine().floor()).toBe(2)
    expect(await sessions().find(session.id, T0)).toEqual(session)
  })

  it('comes to the same in any order, and any number of times', async () => {
    const events: RevocationEvent[] = [
      subjectEvent(2),
      claimsEvent(4),
      subjectEvent(3),
      tokenEvent('t1'),
      claimsEvent(1),
    ]
    const orders = [events, events.toReversed(), events]
    for (const order of orders) {
      const { offset } = await restore(...order)
      expect(await engine().subject('subject-1')).toEqual({ generation: 4, deadBelow: 3, staleBelow: 4 })
      const held = (await engine().readAfter(0, 100)).filter((entry) => entry.offset <= offset)
      for (const event of events)
        expect(
          held.some((entry) => says(entry.event, event)),
          event.kind,
        ).toBe(true)
    }
    await together(20, (i) => restore(...events.slice(i % 5)))
    expect(await engine().subject('subject-1')).toEqual({ generation: 4, deadBelow: 3, staleBelow: 4 })
    const offsets = (await engine().readAfter(0, 1000)).map(({ offset }) => offset)
    expect(offsets).toEqual(Array.from({ length: offsets.length }, (_, i) => i + 1))
  })

  it('appends nothing whose time has passed, and nothing for no events', async () => {
    await engine().revokeToken('t0', UNTIL, T0)
    expect(await restore(tokenEvent('t1', T0))).toMatchObject({ offset: 1 })
    expect(await restore()).toMatchObject({ offset: 1 })
    expect(await log()).toEqual([tokenEvent('t0')])
  })

  it('appends an event that the log holds for a shorter time only', async () => {
    await engine().revokeToken('t1', T0 + 5, T0)
    expect(await restore(tokenEvent('t1'))).toMatchObject({ offset: 2 })
    expect(await engine().prune(T0 + 6)).toBe(1)
    expect(await log()).toEqual([tokenEvent('t1')])
  })

  it('is settled for good once that has been said of the present incarnation', async () => {
    const { incarnation, settled } = await engine().renew('v')
    await engine().settle(`not ${incarnation}`)
    expect((await engine().members()).settled).toBe(settled)
    await engine().settle(incarnation)
    await engine().settle(incarnation)
    expect(await engine().members()).toMatchObject({ incarnation, settled: true })
    expect(await engine().renew('v')).toMatchObject({ incarnation, settled: true })
  })
}
