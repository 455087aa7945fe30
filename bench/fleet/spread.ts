/**
 * How long does it take until nobody accepts a token any more? From the call to the last acknowledgement, with 1, 8 and 32
 * verifiers, each a process of its own as on machines of their own (threads would share memory, and the cost of one event loop).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { isAuthError } from '../../src/errors.ts'
import type { Store } from '../../src/login/store.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { openStoreAt, settleLog } from '../../test/support/fleet-store.ts'
import type { Row } from '../report.ts'
import type { Engine } from './engines.ts'
import { startProcess } from './processes.ts'
import { percentile, row } from './rows.ts'

export interface SpreadOptions {
  readonly verifiers: readonly number[]
  /** Revocations one after the other; seconds of each rate; revocations at once. */
  readonly serial: number
  readonly rateSeconds: number
  readonly burst: number
  readonly progress: (text: string) => void
}

export const BACK_TO_BACK = 'back to back'
export const RATES = [100, 2000] as const
const WARM_UP = 50
const KEEP_SECONDS = 3600

type Revoke = () => Promise<void>

export async function spreadRows(engine: Engine, options: SpreadOptions): Promise<readonly Row[]> {
  const rows: Row[] = []
  const store = await openStoreAt(engine.store)
  try {
    await settleLog(store)
    for (const count of options.verifiers) rows.push(...(await withVerifiers(engine, store, count, options)))
  } finally {
    await store.close()
  }
  return rows
}

export function spreadCase(engine: string, load: string): string {
  return `${engine}, revoke to all acked, ${load}`
}

export function verifiersName(count: number): string {
  return `Sojourn, ${count} ${count === 1 ? 'verifier' : 'verifiers'}`
}

async function withVerifiers(engine: Engine, store: Store, count: number, options: SpreadOptions): Promise<Row[]> {
  const { serial, rateSeconds, burst, progress } = options
  progress(`${engine.name}: starting ${count} verifiers`)
  const verifiers = Array.from({ length: count }, () => startProcess(engine.store))
  const revocations = createRevocations({ engine: store.revocations, clock: systemClock })
  const revoke: Revoke = async () => {
    const now = systemClock.now()
    const receipt = await revocations.settle(await store.revocations.revokeToken(randomId(), now + KEEP_SECONDS, now))
    if (receipt.confirmedBy !== 'acks') throw new Error('a verifier did not acknowledge')
  }
  const measured = async (load: string, run: (revoke: Revoke) => Promise<void>): Promise<Row[]> => {
    progress(`${engine.name}, ${count} verifiers: ${load}`)
    const took: number[] = []
    let refused = 0
    const began = performance.now()
    await run(async () => {
      const from = performance.now()
      try {
        await revoke()
        took.push(performance.now() - from)
      } catch (error) {
        // More than the engine takes in: whoever asks is told at once, and this is what is measured then.
        if (!isAuthError(error, 'store.unavailable')) throw error
        refused++
      }
    })
    const perSecond = took.length / ((performance.now() - began) / 1000)
    const sorted = took.toSorted((a, b) => a - b)
    const [name, subject] = [spreadCase(engine.name, load), verifiersName(count)]
    return [
      row(name, subject, 'p50 ms', 'ms', percentile(sorted, 0.5)),
      row(name, subject, 'p99 ms', 'ms', percentile(sorted, 0.99)),
      row(name, subject, 'longest ms', 'ms', percentile(sorted, 1)),
      row(name, subject, 'revocations a second', '1/s', Math.round(perSecond)),
      row(name, subject, 'refused', '', refused),
    ]
  }
  try {
    await Promise.all(verifiers.map((verifier) => verifier.follow()))
    for (let i = 0; i < WARM_UP; i++) await revoke()
    const rows = await measured(BACK_TO_BACK, async (one) => {
      for (let i = 0; i < serial; i++) await one()
    })
    for (const rate of RATES) rows.push(...(await measured(rateName(rate), (one) => atRate(rate, rateSeconds, one))))
    rows.push(...(await measured(`a burst of ${burst.toLocaleString('en')}`, (one) => allAtOnce(burst, one))))
    return rows
  } finally {
    await Promise.all(verifiers.map((verifier) => verifier.stop()))
    await forgetMembers(store)
    await revocations.close()
  }
}

export function rateName(rate: number): string {
  return `${rate.toLocaleString('en')} a second`
}

/** As they come, whatever became of those before. */
async function atRate(rate: number, seconds: number, one: Revoke): Promise<void> {
  const began = performance.now()
  const all: Promise<void>[] = []
  for (let i = 0; i < rate * seconds; i++) {
    const dueMs = began + (i * 1000) / rate - performance.now()
    if (dueMs > 1) await sleep(dueMs)
    all.push(one())
  }
  await Promise.all(all)
}

async function allAtOnce(count: number, one: Revoke): Promise<void> {
  await Promise.all(Array.from({ length: count }, one))
}

/** Those that were killed would be waited for. */
async function forgetMembers({ revocations: engine }: Store): Promise<void> {
  for (const { id } of (await engine.members()).members) await engine.leave(id)
}
