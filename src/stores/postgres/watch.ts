/** Wakes whoever follows the log: by notifications where the server's reach us, by looking at the head where they do not. */
import type { Client } from 'pg'
import type { Clock } from '../../clock.ts'

export interface Watch {
  add(wake: () => void): () => void
  wakeAll(): void
  /** Whether notifications arrive at this moment. */
  readonly isListening: boolean
  close(): void
}

export interface WatchOptions {
  readonly channel: string
  /** Makes the connection that listens; null where none may be held: then the log is looked at only. */
  readonly listen: (() => Promise<Client>) | null
  /** Highest offset in the log. */
  readonly head: () => Promise<number>
  readonly clock: Clock
}

/** How late another process's append may be noticed without notifications. */
const POLL_MS = 50
/** Between two tries to listen, and between two looks whether somebody still does. */
const RETRY_MS = 1_000

export function createWatch({ channel, listen, head, clock }: WatchOptions): Watch {
  const watchers = new Set<() => void>()
  let listener: Client | null = null
  let isTrying = false
  let isClosed = false
  let timer: NodeJS.Timeout | null = null
  let nextTryMs = 0
  let seen: number | null = null

  const wakeAll = (): void => {
    for (const watcher of watchers) queueMicrotask(watcher)
  }

  /** Losing a notification costs latency only: renewals read the head anyway. So no failure here is anybody's. */
  const tryToListen = async (open: () => Promise<Client>): Promise<void> => {
    isTrying = true
    nextTryMs = clock.monoMs() + RETRY_MS
    const client = await open().catch(() => null)
    const forget = (): void => {
      if (listener !== client) return
      listener = null
      stop()
      turn()
    }
    if (client) {
      client.on('error', forget)
      client.on('end', forget)
      client.on('notification', wakeAll)
      const isOn = await client.query(`LISTEN "${channel}"`).then(
        () => true,
        () => false,
      )
      if (isOn && !isClosed) {
        listener = client
        // What was appended before we listened.
        wakeAll()
      } else {
        client.connection.stream.destroy()
      }
    }
    isTrying = false
  }

  const look = async (): Promise<void> => {
    const found = await head().catch(() => null)
    // A store that is back is news, too.
    if (found !== seen) wakeAll()
    seen = found
  }

  const turn = (): void => {
    timer = null
    if (isClosed || watchers.size === 0) return
    if (listen && !listener && !isTrying && clock.monoMs() >= nextTryMs) void tryToListen(listen)
    const looking = listener ? Promise.resolve() : look()
    void looking.then(() => {
      if (!isClosed && watchers.size > 0) timer ??= setTimeout(turn, listener ? RETRY_MS : POLL_MS).unref()
    })
  }

  const stop = (): void => {
    if (timer) clearTimeout(timer)
    timer = null
  }

  return {
    wakeAll,
    get isListening() {
      return listener !== null
    },
    add(wake) {
      const watcher = (): void => {
        if (watchers.has(watcher)) wake()
      }
      watchers.add(watcher)
      if (!timer) turn()
      return () => {
        watchers.delete(watcher)
        if (watchers.size === 0) stop()
      }
    },
    close() {
      isClosed = true
      watchers.clear()
      stop()
      listener?.connection.stream.destroy()
    },
  }
}
