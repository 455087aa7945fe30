/** Keeps one connection: opened when it is needed, opened anew after it broke, and refused at once while the server is known to be gone. */
import type { Connection } from './connection.ts'
import { unavailable } from './errors.ts'

export interface Link {
  /** The connection as it is now. */
  open(): Connection | null
  /** The connection as it is now, or a new one. @throws what opening throws; soon after a failed attempt the same again */
  use(): Promise<Connection>
  close(): void
}

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 1000

export function createLink(open: () => Promise<Connection>, monoMs: () => number): Link {
  let connection: Connection | null = null
  let attempt: Promise<Connection> | null = null
  let failure: unknown = null
  let pauseMs = 0
  let againAtMs = -Infinity
  let isClosed = false

  const connect = async (): Promise<Connection> => {
    try {
      const opened = await open()
      if (isClosed) {
        opened.close()
        throw closed()
      }
      connection = opened
      pauseMs = 0
      return opened
    } catch (error) {
      failure = error
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs === 0 ? FIRST_PAUSE_MS : pauseMs * 2)
      // Never the same for two processes.
      againAtMs = monoMs() + pauseMs * (0.5 + Math.random() / 2)
      throw error
    } finally {
      attempt = null
    }
  }

  return {
    open: () => (connection?.isOpen ? connection : null),
    async use() {
      if (isClosed) throw closed()
      if (connection?.isOpen) return connection
      connection?.close()
      connection = null
      if (attempt) return attempt
      if (monoMs() < againAtMs) throw failure
      attempt = connect()
      return attempt
    },
    close() {
      isClosed = true
      connection?.close()
    },
  }
}

function closed(): unknown {
  return unavailable('the store has been closed')
}
