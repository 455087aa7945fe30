/** The jobs of several servers on one store: what one of them does, the others find done. */
import { expect, it } from 'vitest'
import { createAudit } from '../../../src/audit/audit.ts'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import { backgroundJobs } from '../../../src/server/background-jobs.ts'
import type { Instance } from '../../../src/server/instance.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { createIssuerKeys } from '../../../src/token/issuer-keys.ts'

const SERVERS = 4
const DAY = 86_400

function newFleet() {
  const clock = createTestClock()
  const store = createMemoryStore()
  const secrets = createSecretRing(['k3y-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'])
  const finished: number[] = []
  const servers = Array.from({ length: SERVERS }, (_, index) => {
    const keys = createIssuerKeys({ records: store.records('signing-keys'), secrets, clock })
    const accounts = { finishPasswordChanges: async () => finished.push(index) }
    const parts = { clock, store, keys, audit: createAudit(store.audit, clock), accounts }
    // The jobs look at nothing else of it.
    return { keys, jobs: backgroundJobs(parts as unknown as Instance, { write: async () => undefined }) }
  })
  const runAll = async (name: string): Promise<void> => {
    const runs = servers.map(({ jobs }) => jobs.find((job) => job.name === name)?.run())
    expect(runs).not.toContain(undefined)
    await Promise.all(runs)
  }
  return { clock, store, servers, runAll }
}

it('make one key for all, let all sign with the next one, and write each rotation down once', async () => {
  const { clock, store, servers, runAll } = newFleet()
  const kids = async () => Promise.all(servers.map(async ({ keys }) => String((await keys.signing()).keyId)))
  const seen = new Set<string>()
  for (let day = 0; day <= 62; day++) {
    await runAll('look after the signing keys')
    const today = new Set(await kids())
    expect(today.size).toBe(1)
    for (const kid of today) seen.add(kid)
    clock.advance(DAY)
  }
  expect(seen.size).toBe(3)
  const rotations = await store.audit.list({}, null, 100)
  expect(rotations.map(({ action }) => action)).toEqual(['keys.rotated', 'keys.rotated'])
})

it('delete what has expired together, and nothing else', async () => {
  const { clock, store, runAll } = newFleet()
  const records = store.records('password-reset')
  const now = clock.now()
  for (let i = 0; i < 1200; i++) await records.put(`code-${i}`, i, now + 10, now)
  await records.put('later', 1, now + 1000, now)
  clock.advance(20)
  await runAll('delete expired records')
  await runAll('delete expired sessions')
  expect((await records.list(null, 10, now)).map(({ key }) => key)).toEqual(['later'])
})
