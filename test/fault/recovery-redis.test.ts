/** A Redis that comes back without the end of its log, or without all of it: what had returned stays revoked, for the fleet remembers. */
import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import type { CredentialRef } from '../../src/revocation/engine.ts'
import { createRevocations, type Revocations } from '../../src/revocation/revocations.ts'
import { createRedisStore } from '../../src/stores/redis/index.ts'
import { redisCommand, settledRedisStore } from '../support/redis-stores.ts'
import { describeWithRedis, startRedis } from '../support/servers.ts'

const LEASE_SECONDS = 1.5
const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).toReversed()) await one.stop()
})

const token = (): CredentialRef => ({ sessionId: randomId(), subject: 'ann', tokenId: randomId(), generation: 0 })
const isDead = ({ view }: Revocations, of: CredentialRef) => view.look(view.prepare(of)) === 'dead'

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error('it never came true')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describeWithRedis('a Redis that has lost', () => {
  async function verifier(url: string, lost: string[] = []) {
    const store = await createRedisStore({ url, commandTimeoutMs: 500 })
    const revocations = createRevocations({
      engine: store.revocations,
      clock: systemClock,
      leaseSeconds: LEASE_SECONDS,
      onHistoryLost: async () => {
        lost.push('lost')
        return ['key-1']
      },
    })
    running.push({ stop: () => store.close() }, { stop: () => revocations.close() })
    await revocations.start()
    const revoke = async ({ tokenId }: CredentialRef) =>
      revocations.settle(await store.revocations.revokeToken(tokenId ?? '', revocations.until(), systemClock.now()))
    return { store, revocations, revoke }
  }

  it('the end of its log: a process that starts afterwards refuses what had been revoked before', async () => {
    const server = await startRedis()
    running.push(server)
    await (await settledRedisStore({ url: server.url })).close()
    const lost: string[] = []
    const [one, two] = [await verifier(server.url, lost), await verifier(server.url, lost)]
    const [kept, gone] = [token(), token()]
    await one.revoke(kept)
    await redisCommand(server.url, 'SAVE')
    expect((await two.revoke(gone)).confirmedBy).toBe('acks')
    await server.kill()
    await server.restart()
    // While it is not settled nobody holds a lease; then the lost entry is in the log again.
    await eventually(() => one.revocations.follower.state === 'LIVE' && one.revocations.follower.metrics.resets > 0)
    const fresh = await verifier(server.url)
    expect([kept, gone].map((of) => isDead(fresh.revocations, of))).toEqual([true, true])
    expect(await fresh.store.revocations.floor()).toBe(0)
    expect(lost).toEqual([])
    const next = token()
    expect((await fresh.revoke(next)).confirmedBy).toBe('acks')
    expect(isDead(one.revocations, next)).toBe(true)
  })

  it('everything: the floor is raised, the keys are retired, and what is remembered is revoked again', async () => {
    const server = await startRedis()
    running.push(server)
    await (await settledRedisStore({ url: server.url })).close()
    const lost: string[] = []
    // Older than anything that the verifier has read.
    const former = await createRedisStore({ url: server.url })
    for (let i = 0; i < 3; i++) await former.revocations.revokeToken(randomId(), 1, 0)
    expect(await former.revocations.prune(systemClock.now())).toBe(3)
    await former.close()
    const late = await verifier(server.url, lost)
    const gone = token()
    await late.revoke(gone)
    await server.kill()
    await server.restart()
    await eventually(() => late.revocations.follower.state === 'LIVE' && late.revocations.follower.metrics.resets > 0)
    const fresh = await verifier(server.url)
    expect(isDead(fresh.revocations, gone)).toBe(true)
    expect(lost).toEqual(['lost'])
    expect(await fresh.store.revocations.floor()).toBeGreaterThan(0)
    expect(fresh.revocations.view.isKeyRetired('key-1')).toBe(true)
  })
})
