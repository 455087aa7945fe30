/** Failed sign-ins in the audit log: each wrong password, and of the rest no more than says that it happens. */
import { expect, it } from 'vitest'
import type { AuditEntry } from '../../../src/audit/audit.ts'
import { createFailedSignIns } from '../../../src/server/failed-sign-ins.ts'

function kit() {
  const events: AuditEntry[] = []
  let now = 1_800_000_000
  const failed = createFailedSignIns({
    audit: { record: async (entry) => void events.push(entry), list: async () => [] },
    accounts: { findByEmail: async () => null },
    clock: { now: () => now, wallMs: () => now * 1000, monoMs: () => now * 1000 },
  })
  return { events, failed, pass: (seconds: number) => (now += seconds) }
}

it('every wrong password is written', async () => {
  const { events, failed } = kit()
  for (let i = 0; i < 200; i++) await failed.wrong('ada@example.org', '10.0.0.1')
  expect(events.map(({ action }) => action)).toEqual(Array(200).fill('session.sign_in_failed'))
})

it('a refusal is written once a minute for each account and address', async () => {
  const { events, failed, pass } = kit()
  for (let i = 0; i < 50; i++) await failed.throttled('ada@example.org', '10.0.0.1')
  await failed.throttled('ada@example.org', '10.0.0.2')
  await failed.throttled('bob@example.org', '10.0.0.1')
  expect(events.map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1'])
  pass(60)
  await failed.throttled('ada@example.org', '10.0.0.1')
  expect(events).toHaveLength(4)
})

it('no flood of names and addresses fills the log, and a clock that was set back silences nobody', async () => {
  const { events, failed, pass } = kit()
  for (let i = 0; i < 10_000; i++) await failed.throttled(`u${i}@example.org`, `10.0.${i >> 8}.${i & 255}`)
  expect(events).toHaveLength(100)
  pass(-3600)
  await failed.throttled('ada@example.org', null)
  expect(events).toHaveLength(101)
  expect(JSON.stringify(events)).not.toContain('@')
})
