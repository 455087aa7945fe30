/** Work that no request waits for: coalesced by key, one after the other, its failures reported and never thrown. */

import { systemTimers, type Timers } from '../revocation/timers.ts'

export interface Background {
  /** Runs `task` soon, unless one of the same key is still waiting to begin. */
  soon(key: string, work: string, task: () => Promise<void>): void
  /** Reports a failure that has nobody else to go to. */
  failed(error: unknown, work: string): void
  /** Resolves when everything that was handed over so far has run. */
  drain(): Promise<void>
  /** Runs what is waiting and takes nothing more. */
  close(): Promise<void>
}

/**
 * @param report told of each failure; must not throw
 * @param delayMs how long a task waits for others: one wake-up then does for all of them
 */
export function createBackground(
  report: (error: unknown, work: string) => void,
  delayMs = 20,
  timers: Timers = systemTimers,
): Background {
  const waiting = new Map<string, { readonly work: string; readonly task: () => Promise<void> }>()
  let running: Promise<void> | null = null
  let cancelTimer: (() => void) | null = null
  let closed = false

  const run = async (): Promise<void> => {
    for (;;) {
      const next = waiting.entries().next().value
      if (!next) return
      const [key, { work, task }] = next
      waiting.delete(key)
      try {
        await task()
      } catch (error) {
        report(error, work)
      }
    }
  }
  const start = (): Promise<void> => {
    cancelTimer?.()
    cancelTimer = null
    running ??= run().finally(() => {
      running = null
    })
    return running
  }
  const drain = async (): Promise<void> => {
    while (waiting.size > 0 || running) await start()
  }
  return {
    soon(key, work, task) {
      if (closed || waiting.has(key)) return
      waiting.set(key, { work, task })
      if (cancelTimer || running) return
      cancelTimer = timers.after(delayMs, () => void start(), false)
    },
    failed: report,
    drain,
    async close() {
      closed = true
      await drain()
    },
  }
}
