/** Timers that fire when the test moves its clock. */
import type { Timers } from '../../src/revocation/timers.ts'
import { createTestClock, type TestClock } from '../../src/testing/clock.ts'

export interface ManualTime {
  readonly clock: TestClock
  readonly timers: Timers
  /** Moves all clocks, millisecond by millisecond where a timer is due, and lets every promise settle. */
  pass(ms: number): Promise<void>
  /** Timers that are pending and would keep a process. */
  readonly holding: number
  readonly pending: number
}

export function createManualTime(): ManualTime {
  const clock = createTestClock()
  const pending = new Set<{ readonly dueMs: number; readonly run: () => void; readonly holds: boolean }>()
  return {
    clock,
    timers: {
      after(ms, run, holds) {
        const timer = { dueMs: clock.monoMs() + ms, run, holds }
        pending.add(timer)
        return () => pending.delete(timer)
      },
    },
    async pass(ms) {
      const endMs = clock.monoMs() + ms
      await settled()
      for (;;) {
        const next = [...pending].sort((a, b) => a.dueMs - b.dueMs)[0]
        if (!next || next.dueMs > endMs) break
        clock.advanceMs(Math.max(0, next.dueMs - clock.monoMs()))
        pending.delete(next)
        next.run()
        await settled()
      }
      clock.advanceMs(Math.max(0, endMs - clock.monoMs()))
      await settled()
    },
    get holding() {
      return [...pending].filter((timer) => timer.holds).length
    },
    get pending() {
      return pending.size
    },
  }
}

/** Resolves when everything that waits for promises only has run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
