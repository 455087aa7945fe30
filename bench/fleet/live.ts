/** What do live revocations cost a verifier: to read them at its start, to hold them, to look among them? */
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import type { RevocationEvent } from '../../src/revocation/engine.ts'
import { openStoreAt, settleLog } from '../../test/support/fleet-store.ts'
import type { Row } from '../report.ts'
import type { Engine } from './engines.ts'
import { type Booted, startProcess } from './processes.ts'
import { row } from './rows.ts'

const AT_ONCE = 400
const LANES = 16
const KEEP_SECONDS = 86_400

export function liveCase(engine: string, count: number): string {
  return `${engine}, ${count.toLocaleString('en')} live revocations`
}

export async function liveRows(
  engine: Engine,
  count: number,
  progress: (text: string) => void,
): Promise<readonly Row[]> {
  const fewer = Math.floor(count / 4)
  const few = await bootWith(engine, fewer, fewer, progress)
  const all = await bootWith(engine, count - fewer, count, progress)
  const name = liveCase(engine.name, count)
  // What a verifier holds besides, however many they are (the newest entries word for word), is told apart.
  const each = (all.heapBytes - few.heapBytes) / (count - fewer)
  return [
    row(name, 'Sojourn', 'seconds to start', 's', all.seconds),
    row(name, 'Sojourn', 'bytes each in memory', 'bytes', Math.round(each * 10) / 10),
    row(name, 'Sojourn', 'megabytes in memory, all', 'MB', Math.round(all.heapBytes / 1e5) / 10),
    row(name, 'Sojourn', 'microseconds per check', 'us', all.checkUs),
  ]
}

/** Adds so many, and starts a verifier that then reads `total`. */
async function bootWith(
  engine: Engine,
  more: number,
  total: number,
  progress: (text: string) => void,
): Promise<Booted> {
  await fill(engine, more, progress)
  progress(`${engine.name}: starting with ${total} revocations`)
  const verifier = startProcess(engine.store)
  try {
    const booted = await verifier.boot()
    if (booted.applied < total) throw new Error(`only ${booted.applied} of ${total} revocations were read`)
    return booted
  } finally {
    await verifier.stop()
  }
}

async function fill(engine: Engine, count: number, progress: (text: string) => void): Promise<void> {
  const store = await openStoreAt(engine.store)
  try {
    await settleLog(store)
    if (engine.appendTokens) {
      await engine.appendTokens(count, systemClock.now() + KEEP_SECONDS)
      return
    }
    let left = count
    const lane = async (): Promise<void> => {
      while (left > 0) {
        const portion = Math.min(AT_ONCE, left)
        left -= portion
        const now = systemClock.now()
        const events = Array.from(
          { length: portion },
          (): RevocationEvent => ({ kind: 'token', tokenId: randomId(), until: now + KEEP_SECONDS }),
        )
        await store.revocations.restore(events, now)
        progress(`${engine.name}: revocations, ${count - left} of ${count}`)
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  } finally {
    await store.close()
  }
}
