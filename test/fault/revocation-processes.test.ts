/** Real processes on one SQLite file: paused, killed, restarted, and asked after every revocation that has returned. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import type { Store } from '../../src/login/store.ts'
import type { CredentialRef } from '../../src/revocation/engine.ts'
import { createRevocations, type Revocations } from '../../src/revocation/revocations.ts'
import type { Receipt } from '../../src/revocation/revoke.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { databaseFiles } from '../support/store-files.ts'
import { startVerifier, type VerifierProcess } from '../support/verifier-processes.ts'

const LEASE = 1.5
/** Lw = 1.5 s * 1.01 / 0.99 + 20 ms. */
const WAIT_MS = 1550

let store: Store
let revoker: Revocations
let path: string
const files = databaseFiles()
const running = new Set<VerifierProcess>()

beforeAll(() => {
  path = files.next()
  store = createSqliteStore({ path })
  // Only revokes; it is no verifier itself.
  revoker = createRevocations({ engine: store.revocations, clock: systemClock, leaseSeconds: LEASE })
})
afterEach(async () => {
  await Promise.all([...running].map((verifier) => verifier.stop()))
  running.clear()
})
afterAll(async () => {
  await revoker.close()
  await store.close()
  files.remove()
})

async function start(count: number, variant = ''): Promise<VerifierProcess[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startVerifier(path, LEASE, variant)))
  for (const verifier of started) running.add(verifier)
  return started
}

function credential(): CredentialRef {
  return { sessionId: randomId(), subject: `user-${randomId()}`, tokenId: randomId(), generation: 0 }
}

/** Ends the session, the token or everything of the subject, and waits for the fleet. */
async function revoke(target: CredentialRef, what: 'session' | 'token' | 'subject'): Promise<Receipt> {
  const now = systemClock.now()
  if (what === 'session') return revoker.settle(await store.sessions.end(target.sessionId, revoker.until(), now))
  if (what === 'token') {
    return revoker.settle(await store.revocations.revokeToken(target.tokenId ?? '', revoker.until(), now))
  }
  const ended = await store.sessions.endSubject(target.subject, null, revoker.until(), now)
  if (!ended) throw new Error('endSubject answers null only for a replacement')
  return revoker.settle(ended)
}

const KINDS = ['session', 'token', 'subject'] as const

describe('four verifiers on one file', () => {
  it('all refuse once the revocation has returned', async () => {
    const verifiers = await start(4)
    const times: number[] = []
    let checks = 0
    let accepted = 0
    let acceptedBefore = 0
    for (let i = 0; i < 60; i++) {
      const target = credential()
      for (const verifier of verifiers) if ((await verifier.check(target)).isAccepted) acceptedBefore++
      const receipt = await revoke(target, KINDS[i % 3] ?? 'session')
      if (receipt.confirmedBy === 'acks') times.push(receipt.ms)
      for (const answer of await Promise.all(verifiers.map((verifier) => verifier.check(target)))) {
        checks++
        if (answer.isAccepted) accepted++
      }
    }
    times.sort((a, b) => a - b)
    console.log(
      `revokes by acks ${times.length} of 60, p50 ${times[times.length >> 1]?.toFixed(1)} ms, max ${times.at(-1)?.toFixed(1)} ms, accepted before ${acceptedBefore}, checks after return ${checks}, accepted after return ${accepted}`,
    )
    // A machine that is busy enough may let a lease of 1.5 s run out, but not the rule.
    expect(acceptedBefore).toBeGreaterThan(200)
    expect(times.length).toBeGreaterThan(50)
    expect(accepted).toBe(0)
  })

  it('a stopped one is waited out, and its first check refuses', async () => {
    const [stopped, other] = await start(2)
    if (!stopped || !other) throw new Error('two were started')
    const target = credential()
    expect((await stopped.check(target)).isAccepted).toBe(true)
    stopped.signal('SIGSTOP')
    const receipt = await revoke(target, 'session')
    expect(receipt).toMatchObject({ confirmedBy: 'lease', waitedFor: [stopped.member] })
    expect(receipt.ms).toBeGreaterThanOrEqual(WAIT_MS)
    expect(receipt.ms).toBeLessThan(WAIT_MS + 500)
    // In its pipe when it goes on, before anything that it could hear of the revocation.
    const first = stopped.check(target)
    expect((await other.check(target)).isAccepted).toBe(false)
    stopped.signal('SIGCONT')
    expect((await first).isAccepted).toBe(false)
    await until(async () => (await stopped.check(credential())).isAccepted)
    expect(await stopped.check(target)).toMatchObject({ isAccepted: false, verdict: 'dead' })
  })

  /** What it answers to a request that lay in its pipe while it stood still and its lease ran out. */
  const goesOn = async (variant: string): Promise<boolean> => {
    const [stopped] = await start(1, variant)
    if (!stopped) throw new Error('one was started')
    const target = credential()
    expect((await stopped.check(target)).isAccepted).toBe(true)
    const [working, next] = [stopped.check(credential(), 500), stopped.check(target)]
    await new Promise((resolve) => setTimeout(resolve, 100))
    stopped.signal('SIGSTOP')
    const receipt = await revoke(target, 'session')
    expect(receipt).toMatchObject({ confirmedBy: 'lease', waitedFor: [stopped.member] })
    stopped.signal('SIGCONT')
    await working
    return (await next).isAccepted
  }

  it('one stopped at its work goes on with a request in hand and reads the clock', async () => {
    expect(await goesOn('')).toBe(false)
  })

  // The mutant: a flag that a timer keeps. What has been read from the pipe comes before the timer, unless it was stopped before it had read.
  it('one stopped at its work goes on with a request in hand and looks at a flag', async () => {
    let isAccepted = false
    for (let attempt = 0; attempt < 10 && !isAccepted; attempt++) isAccepted = await goesOn('flag')
    expect(isAccepted).toBe(true)
  })

  it('a killed one costs one slow revocation and is removed', async () => {
    const [killed, other] = await start(2)
    if (!killed || !other) throw new Error('two were started')
    const target = credential()
    expect((await killed.check(target)).isAccepted).toBe(true)
    await killed.kill()
    const receipt = await revoke(target, 'token')
    // On a slow machine the reaper of another process may have been sure of its death first.
    if (receipt.confirmedBy === 'lease') expect(receipt.waitedFor).toEqual([killed.member])
    else expect((await store.revocations.members()).members.map(({ id }) => id)).not.toContain(killed.member)
    expect((await other.check(target)).isAccepted).toBe(false)
    await until(async () => (await store.revocations.members()).members.every(({ id }) => id !== killed.member))
    expect(await revoke(credential(), 'token')).toMatchObject({ confirmedBy: 'acks' })
  })

  it('a restarted one has read the log before it accepts anything', async () => {
    const [killed] = await start(1)
    if (!killed) throw new Error('one was started')
    const targets = [credential(), credential(), credential()]
    await killed.kill()
    for (const [i, target] of targets.entries()) await revoke(target, KINDS[i] ?? 'session')
    const [restarted] = await start(1)
    for (const target of targets) {
      expect(await restarted?.check(target)).toMatchObject({ isAccepted: false, verdict: 'dead' })
    }
    expect((await restarted?.check(credential()))?.isAccepted).toBe(true)
  })

  it('one that leaves is not waited for', async () => {
    const [leaving] = await start(2)
    await leaving?.stop()
    const receipt = await revoke(credential(), 'session')
    expect(receipt.confirmedBy).toBe('acks')
  })
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 10_000
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error('it did not come to be so')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
