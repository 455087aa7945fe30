/**
 * One connection to one server, for as long as it lasts: it never reconnects by itself, and no command passes before the server
 * has said who it is. Replies come in order, so one look at the oldest command tells whether a deadline has passed.
 */
import { createClient } from 'redis'
import { unavailable } from './errors.ts'
import { readServerInfo, type ServerInfo } from './server-info.ts'

/** What our commands answer; `null` is Redis's nil. */
export type Reply = string | number | null | readonly Reply[]

export interface Connection {
  /** Holds the password, if there is one. */
  readonly url: string
  /** What the server said when the connection was opened; `askAgain` tells what it is now. */
  readonly info: ServerInfo
  readonly isOpen: boolean
  /** @throws what the server or the client says; when the deadline passes, the connection is closed */
  send(args: readonly string[], timeoutMs?: number): Promise<Reply>
  close(): void
}

export interface ConnectionOptions {
  readonly url: string
  readonly timeoutMs: number
  /** Monotonic milliseconds. */
  readonly monoMs: () => number
}

/** Between two looks at the oldest command; a deadline counts only when two looks agree, for the process may have slept. */
const LOOK_MS = 50

/** @throws AuthError `store.unavailable`, `store.version` */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { url, timeoutMs, monoMs } = options
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // Its own deadlines cost an AbortSignal for each command, a third of all the work; ours are looked at below.
    commandOptions: { timeout: 0 },
    socket: { reconnectStrategy: false, connectTimeout: timeoutMs },
  })
  let failure: unknown = null
  client.on('error', (error: unknown) => {
    failure = error
  })
  /** Deadlines of the commands under way, oldest first, from `first` on. */
  let deadlines: number[] = []
  let first = 0
  let overdue = -1
  let answered = 0
  const look = setInterval(() => {
    const oldest = deadlines[first]
    if (oldest === undefined || monoMs() < oldest) return
    if (overdue === answered) {
      failure = unavailable('Redis did not answer in time')
      close()
    } else overdue = answered
  }, LOOK_MS).unref()

  const close = (): void => {
    clearInterval(look)
    if (client.isOpen) client.destroy()
  }
  const done = (): void => {
    answered++
    first++
    if (first < 1024) return
    deadlines = deadlines.slice(first)
    first = 0
  }
  const send = async (args: readonly string[], limitMs = timeoutMs): Promise<Reply> => {
    // Mutable in the client's types only.
    const reply: Promise<Reply> = client.sendCommand(args as string[])
    deadlines.push(monoMs() + limitMs)
    try {
      return await reply
    } finally {
      done()
    }
  }
  try {
    await connectWithin(client.connect(), timeoutMs)
    const info = readServerInfo(String(await send(['INFO'])))
    return {
      url,
      info,
      get isOpen() {
        return client.isReady
      },
      send,
      close,
    }
  } catch (cause) {
    close()
    throw failure ?? cause
  }
}

/** What the server says of itself now: it may have followed another one since, and an open connection does not notice. */
export async function askAgain(connection: Connection): Promise<ServerInfo> {
  return readServerInfo(String(await connection.send(['INFO'])))
}

/**
 * Replicas that nobody waits for would make a confirmation worth nothing: one of them may be promoted.
 * @throws AuthError `store.unavailable`
 */
export function assertReplicas(connection: Connection, replicas: number): Connection {
  const { replicas: connected } = connection.info
  if (replicas === 0 || connected <= replicas) return connection
  connection.close()
  throw unavailable(
    `${connected} replicas are connected, and ${replicas} are to confirm every write: say how many there are`,
  )
}

/** A server that takes the connection and then says nothing must not hold us. */
async function connectWithin(connecting: Promise<unknown>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(unavailable('Redis did not answer in time')), timeoutMs)
  try {
    await Promise.race([connecting, late.promise])
  } finally {
    clearTimeout(timer)
    connecting.catch(() => undefined)
  }
}
