/** Keeps over a restart who has to wait: a stop of the server is no way to guess on. */
import type { Clock } from '../clock.ts'
import type { JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import type { KeptAttemptCounter } from './attempt-counter.ts'

export interface ThrottleKeeper {
  restore(): Promise<void>
  save(): Promise<void>
  sweep(): void
}

const KIND = 'throttle'
const KEY = 'counters'
const KEEP_SECONDS = 86_400

export function createThrottleKeeper(
  counters: Readonly<Record<string, KeptAttemptCounter>>,
  records: RecordsOf,
  clock: Clock,
): ThrottleKeeper {
  const kept = records(KIND)
  let saved = '{}'
  return {
    async restore() {
      const value = (await kept.find(KEY, clock.now()))?.value
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return
      for (const [name, dump] of Object.entries(value)) counters[name]?.restore(dump)
    },
    async save() {
      const dump: JsonObject = Object.fromEntries(
        Object.entries(counters).map(([name, counter]) => [name, counter.dump()]),
      )
      const text = JSON.stringify(dump)
      if (text === saved) return
      const now = clock.now()
      await kept.put(KEY, dump, now + KEEP_SECONDS, now)
      saved = text
    },
    sweep() {
      for (const counter of Object.values(counters)) counter.sweep()
    },
  }
}
