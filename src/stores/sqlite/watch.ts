/** Notices commits to the file: our own at once, those of other processes by polling SQLite's data version. */
import type { Connection } from './connection.ts'

/** How late another process's append may be noticed. */
const POLL_MS = 20

export interface Watch {
  add(wake: () => void): () => void
  /** After an own append. */
  wakeAll(): void
  stop(): void
}

export function createWatch(connect: () => Connection): Watch {
  const watchers = new Set<() => void>()
  let timer: NodeJS.Timeout | null = null
  let seen: unknown

  const wakeAll = (): void => {
    for (const watcher of watchers) queueMicrotask(watcher)
  }
  const poll = (): void => {
    const version = dataVersion(connect)
    if (version === seen) return
    seen = version
    wakeAll()
  }
  const stopTimer = (): void => {
    if (timer) clearInterval(timer)
    timer = null
  }
  return {
    wakeAll,
    add(wake) {
      const watcher = () => {
        if (watchers.has(watcher)) wake()
      }
      watchers.add(watcher)
      timer ??= setInterval(poll, POLL_MS).unref()
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0) stopTimer()
      }
    },
    stop() {
      watchers.clear()
      stopTimer()
    },
  }
}

/** Changes when another connection has committed. A failure is a change too: whoever is woken reads, and meets it there. */
function dataVersion(connect: () => Connection): unknown {
  try {
    return connect().get('PRAGMA data_version')?.data_version
  } catch (error) {
    return error
  }
}
