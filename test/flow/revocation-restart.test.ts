/** What has been revoked stays revoked: in one process, over a restart on the same file, and after pruning. */
import { afterAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import type { Store } from '../../src/login/store.ts'
import type { CredentialRef } from '../../src/revocation/engine.ts'
import { createRevocations, type Revocations } from '../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { databaseFiles } from '../support/store-files.ts'

const files = databaseFiles()
afterAll(files.remove)

function credential(change: Partial<CredentialRef> = {}): CredentialRef {
  return { sessionId: randomId(), subject: `user-${randomId()}`, tokenId: randomId(), generation: 0, ...change }
}

async function open(store: Store): Promise<Revocations> {
  const revocations = createRevocations({ engine: store.revocations, clock: systemClock })
  await revocations.start()
  return revocations
}

function accepts({ view }: Revocations, ref: CredentialRef): boolean {
  return view.look(view.prepare(ref)) === 'alive' && view.leaseHolds()
}

describe.each([
  ['memory', 'D0', () => createMemoryStore()],
  ['SQLite', 'D1', () => createSqliteStore({ path: files.next() })],
] as const)('one process on %s', (_engine, durability, make) => {
  it('refuses by the time the revocation has returned', async () => {
    const store = make()
    const revocations = await open(store)
    expect(revocations.durability).toBe(durability)
    const times: number[] = []
    for (let i = 0; i < 100; i++) {
      const target = credential()
      const untouched = credential()
      expect(accepts(revocations, target)).toBe(true)
      const now = systemClock.now()
      const startedMs = performance.now()
      const appended =
        i % 2 === 0
          ? await store.sessions.end(target.sessionId, revocations.until(), now)
          : await store.revocations.revokeToken(target.tokenId ?? '', revocations.until(), now)
      const appendedMs = performance.now()
      const receipt = await revocations.settle(appended)
      times.push(performance.now() - appendedMs)
      expect(receipt.confirmedBy).toBe('acks')
      expect(receipt.ms).toBeLessThanOrEqual(performance.now() - startedMs)
      expect(accepts(revocations, target)).toBe(false)
      expect(accepts(revocations, untouched)).toBe(true)
    }
    times.sort((a, b) => a - b)
    console.log(`settle in one process: p50 ${times[50]?.toFixed(3)} ms, p99 ${times[98]?.toFixed(3)} ms`)
    await revocations.close()
    await store.close()
  })
})

describe('a restart on the same file', () => {
  it('forgets nothing', async () => {
    const path = files.next()
    const store = createSqliteStore({ path })
    const first = await open(store)
    const { until } = first
    const now = systemClock.now()
    const [bySession, byToken, bySubject, stale, alive] = [1, 2, 3, 4, 5].map(() => credential()) as [
      CredentialRef,
      CredentialRef,
      CredentialRef,
      CredentialRef,
      CredentialRef,
    ]
    await first.settle(await store.sessions.end(bySession.sessionId, until(), now))
    await first.settle(await store.revocations.revokeToken(byToken.tokenId ?? '', until(), now))
    const ended = await store.sessions.endSubject(bySubject.subject, null, until(), now)
    if (ended) await first.settle(ended)
    const bumped = await store.revocations.bumpClaims(stale.subject, until(), now)
    await first.settle(bumped)
    const patch = await store.revocations.publishPatch(stale.subject, bumped.generation, { roles: ['a'] }, until(), now)
    if (patch) await first.settle(patch)
    await first.settle(await store.revocations.raiseFloor(['k1', 'k2'], until(), now))

    const check = ({ view }: Revocations): void => {
      const look = (ref: CredentialRef) => view.look(view.prepare(ref))
      expect([bySession, byToken, bySubject, stale, alive].map(look)).toEqual([
        'dead',
        'dead',
        'dead',
        'stale',
        'alive',
      ])
      expect(look({ ...bySubject, sessionId: randomId(), generation: ended?.generation ?? -1 })).toBe('alive')
      expect(view.patchFor(view.prepare(stale))).toEqual({ roles: ['a'] })
      expect(['k1', 'k2', 'k3'].map((keyId) => view.isKeyRetired(keyId))).toEqual([true, true, false])
      expect(view.floor).toBe(1)
      expect(view.leaseHolds()).toBe(true)
    }
    check(first)
    await first.close()
    await store.close()

    const again = createSqliteStore({ path })
    const second = await open(again)
    check(second)
    // The truth agrees with the memory.
    expect(await second.view.strict(bySubject)).toBe('dead')
    expect((await again.revocations.members()).members.map(({ id }) => id)).toEqual([second.follower.id])
    await second.close()
    await again.close()
  })

  it('knows the floor when its entry has been pruned', async () => {
    const path = files.next()
    const store = createSqliteStore({ path })
    const now = systemClock.now()
    await store.revocations.raiseFloor(['k1'], now + 10, now)
    expect(await store.revocations.prune(now + 10)).toBe(1)
    const revocations = await open(store)
    expect(revocations.view.floor).toBe(1)
    expect(revocations.follower.metrics).toMatchObject({ applied: 1, head: 1, state: 'LIVE' })
    await revocations.close()
    await store.close()
  })
})

describe('a process that only revokes', () => {
  it('waits for the verifier beside it', async () => {
    const path = files.next()
    const [serving, tool] = [createSqliteStore({ path }), createSqliteStore({ path })]
    const verifier = await open(serving)
    const revoker = createRevocations({ engine: tool.revocations, clock: systemClock })
    const target = credential()
    expect(accepts(verifier, target)).toBe(true)
    const receipt = await revoker.settle(await tool.sessions.end(target.sessionId, revoker.until(), systemClock.now()))
    expect(accepts(verifier, target)).toBe(false)
    expect(receipt.confirmedBy).toBe('acks')
    await revoker.close()
    await verifier.close()
    await tool.close()
    await serving.close()
  })
})
