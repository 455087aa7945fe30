/** Notices appends as they happen: a read that waits at the end of the log, on a connection of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAppended } from './answers.ts'
import { asList, asText } from './fields.ts'
import type { Steps } from './steps.ts'

export interface Watch {
  add(wake: () => void): () => void
  /** Where the log stands, for all we know: nobody need be woken for what comes before. */
  sees(incarnation: string, head: number): void
  stop(): void
}

/** So long the read waits; then it looks anew where the log stands, for it may be another one by now. */
const BLOCK_MS = 2000
const PAUSE_MS = 200

export function createWatch(steps: Steps, timeoutMs: number): Watch {
  const watchers = new Set<() => void>()
  let known: string | null = null
  let seen: number | null = null
  let isRunning = false

  const wakeAll = (): void => {
    for (const watcher of [...watchers]) watcher()
  }

  /** One read that waits. Answers the offset of what it found. */
  const waitOnce = async (): Promise<number | null> => {
    // What was appended before the first look is no news to the log, but it is to whoever has just begun to watch.
    if (seen === null) return parseAppended(await steps.log('members', 0)).offset
    const from = `${seen}-0`
    const command = ['XREAD', 'COUNT', '1', 'BLOCK', String(BLOCK_MS), 'STREAMS', `{${steps.prefix}}log`, from]
    const reply = await steps.tail(command, BLOCK_MS + timeoutMs)
    if (reply === null) return null
    const [, entries] = asList(asList(reply, 'log')[0], 'log')
    const [id] = asList(asList(entries, 'log')[0], 'log')
    return Number.parseInt(asText(id, 'log'), 10)
  }

  const run = async (): Promise<void> => {
    isRunning = true
    while (watchers.size > 0) {
      try {
        const found = await waitOnce()
        if (found !== null) {
          seen = Math.max(seen ?? 0, found)
          wakeAll()
        }
      } catch {
        // The renewals find out by themselves, and tell; until the server is back, they alone read the log.
        wakeAll()
        await sleep(PAUSE_MS, undefined, { ref: false })
      }
    }
    isRunning = false
  }

  return {
    add(wake) {
      const watcher = (): void => {
        if (watchers.has(watcher)) wake()
      }
      watchers.add(watcher)
      if (!isRunning) void run()
      return () => {
        watchers.delete(watcher)
      }
    },
    sees(incarnation, head) {
      // Of another history, offsets may begin anew.
      seen = known === incarnation ? Math.max(seen ?? 0, head) : head
      known = incarnation
    },
    stop: () => watchers.clear(),
  }
}
