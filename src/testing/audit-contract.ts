/** The contract of the audit port. */

import type { AuditActor } from '../audit/event.ts'
import type { ContractSuite } from './contract-suite.ts'
import { expect } from './expect.ts'
import { anAuditEvent, T0, together } from './store-fixtures.ts'

export function auditContract({ it, current }: ContractSuite): void {
  const audit = () => current().audit

  it('lists what was appended, newest first, each actor as it was', async () => {
    const actors: readonly AuditActor[] = [
      { kind: 'subject', id: 'u' },
      { kind: 'operator', id: 'o' },
      { kind: 'operator_key' },
      { kind: 'cli' },
      { kind: 'system' },
      { kind: 'anonymous' },
    ]
    const events = actors.map((actor, i) => anAuditEvent({ actor, at: T0 + i, detail: { n: i } }))
    for (const event of events) await audit().append(event)
    const listed = await audit().list({}, null, 99)
    expect(listed.map(({ sequence, ...event }) => event)).toEqual(events.toReversed())
    expect(listed.map(({ sequence }) => sequence)).toEqual([6, 5, 4, 3, 2, 1])
  })

  it('filters, and goes on before a sequence', async () => {
    await audit().append(anAuditEvent({ subject: 'u', sessionId: 's1' }))
    await audit().append(anAuditEvent({ subject: 'v', sessionId: 's2' }))
    await audit().append(anAuditEvent({ subject: 'u', sessionId: 's2', action: 'session.sign_out' }))
    await audit().append(anAuditEvent({ subject: null, sessionId: null, address: null, action: 'floor.raised' }))
    const found = async (...query: Parameters<ReturnType<typeof audit>['list']>) =>
      (await audit().list(...query)).map(({ sequence }) => sequence)
    expect(await found({ subject: 'u' }, null, 9)).toEqual([3, 1])
    expect(await found({ sessionId: 's2' }, null, 9)).toEqual([3, 2])
    expect(await found({ action: 'session.sign_in' }, null, 9)).toEqual([2, 1])
    expect(await found({ subject: 'u', sessionId: 's2', action: 'session.sign_out' }, null, 9)).toEqual([3])
    expect(await found({ subject: 'nobody' }, null, 9)).toEqual([])
    expect(await found({}, 4, 2)).toEqual([3, 2])
    expect(await found({}, 2, 2)).toEqual([1])
    expect(await found({}, 1, 2)).toEqual([])
  })

  it('numbers the events of twenty callers without a gap', async () => {
    await together(20, (i) => audit().append(anAuditEvent({ detail: { i } })))
    const listed = await audit().list({}, null, 99)
    expect(listed.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i))
    expect(new Set(listed.map(({ detail }) => detail.i)).size).toBe(20)
  })
}
