/** What does the store have to do for requests: for the first one of a session at a verifier, and for all that follow? */
import { openStoreAt, settleLog } from '../../test/support/fleet-store.ts'
import type { Row } from '../report.ts'
import { countsBetween, type Engine, total } from './engines.ts'
import { startProcess } from './processes.ts'
import { row } from './rows.ts'

export interface ReadOptions {
  readonly sessions: number
  /** Of the steady state, and of the silence that it is held against. */
  readonly seconds: number
  readonly progress: (text: string) => void
}

/** Sessions whose commands are counted one by one. */
const SAMPLE = 500
export const MISS = 'a session that this verifier has not seen'
export const STEADY = 'the same sessions, again and again'

export async function readRows(engine: Engine, { sessions, seconds, progress }: ReadOptions): Promise<readonly Row[]> {
  const store = await openStoreAt(engine.store)
  await settleLog(store)
  await store.close()
  const [first, second] = [startProcess(engine.store), startProcess(engine.store)]
  try {
    progress(`${engine.name}: signing in ${sessions} times`)
    const cookies = await first.signIn(sessions)
    await first.stop()
    // What is loaded on first use, at the store (its scripts) and here, is no part of a miss.
    await second.hold(cookies.slice(0, 1))
    await second.pass(null)
    await second.hold(cookies.slice(1, 1 + SAMPLE))
    const sent = await engine.sentDuring(() => second.pass(null))
    await second.hold(cookies.slice(1 + SAMPLE))
    progress(`${engine.name}: asking for ${sessions} sessions`)
    const missed = await second.pass(null)
    progress(`${engine.name}: asking again for ${seconds} s`)
    await second.pass(null)
    const steadyFrom = await engine.counts()
    const steady = await second.pass(seconds)
    const busy = countsBetween(steadyFrom, await engine.counts())
    const silenceFrom = await engine.counts()
    await new Promise((resolve) => setTimeout(resolve, steady.wallMs))
    const silence = countsBetween(silenceFrom, await engine.counts())
    // What a verifier asks for by itself (renewals, the log) goes on in silence.
    const beyond = Math.max(0, total(busy) - total(silence))
    const name = `${engine.name}, work for requests`
    return [
      row(name, MISS, 'store commands a request', '', round(total(sent) / SAMPLE, 2)),
      row(name, MISS, 'CPU of the server, us', 'us', missed.cpuUs),
      row(name, STEADY, 'store commands a request', '', round(beyond / steady.requests, 6)),
      row(name, STEADY, 'CPU of the server, us', 'us', steady.cpuUs),
    ]
  } finally {
    await Promise.all([first.stop(), second.stop()])
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
