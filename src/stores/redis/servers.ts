/** Which server to ask: the primary among those that are named. A Cluster has a server for each slot (`cluster.ts`). */
import { assertReplicas, type Connection, openConnection } from './connection.ts'
import { unavailable } from './errors.ts'
import { createLink, type Link } from './link.ts'

/** Connections of different uses, so that none waits for another: a blocking read, or replicas that have to confirm. */
export type Lane = 'main' | 'waited' | 'tail'

export interface Servers {
  /** The connection to the server that has these keys, if there is one already. @param tag what their hash tag holds */
  open(tag: string): Connection | null
  connection(tag: string, lane: Lane): Promise<Connection>
  /** The server refused (MOVED, READONLY, ...): whatever was believed of the slot is looked up again. */
  refused(tag: string, connection: Connection, message: string): Promise<void>
  /** Too few replicas have confirmed a write there: another server may have been promoted. */
  doubt(connection: Connection): void
  /** Where to send a command that was refused with ASK; null for any other refusal. */
  asked(message: string, lane: Lane): Promise<Connection | null>
  close(): void
}

export interface ServersOptions {
  readonly urls: readonly string[]
  /** How many replicas have to confirm. */
  readonly replicas: number
  readonly timeoutMs: number
  readonly monoMs: () => number
}

/**
 * With replicas, all lanes lead to the server that confirms our writes. Each on its own might stay with a former primary that is
 * cut off from its replicas: it would answer reads by what has ended elsewhere.
 */
export function createPrimary(options: ServersOptions): Servers {
  const { replicas, monoMs } = options
  let doubted: string | null = null
  const waited = createLink(async () => {
    const connection = await openPrimary(options, doubted)
    for (const link of [main, tail]) {
      const other = link.open()
      if (replicas > 0 && other && other.info.run !== connection.info.run) other.close()
    }
    return connection
  }, monoMs)
  const besideWaited = async (): Promise<Connection> => {
    const confirming = await waited.use()
    const connection = await openConnection({ ...options, url: confirming.url })
    if (connection.info.run === confirming.info.run && confirming.isOpen) return connection
    connection.close()
    confirming.close()
    throw unavailable('the primary is changing')
  }
  const beside = (): Link => createLink(replicas > 0 ? besideWaited : () => openPrimary(options, null), monoMs)
  const main = beside()
  const tail = beside()
  const links: Record<Lane, Link> = { main, waited, tail }

  return {
    open() {
      const connection = main.open()
      return replicas === 0 || connection?.info.run === waited.open()?.info.run ? connection : null
    },
    async connection(_tag, lane) {
      const connection = await links[lane].use()
      if (replicas === 0 || lane === 'waited' || connection.info.run === (await waited.use()).info.run)
        return connection
      connection.close()
      return links[lane].use()
    },
    async refused(_tag, connection) {
      // It may have become a replica meanwhile.
      connection.close()
    },
    doubt(connection) {
      doubted = connection.url
      connection.close()
    },
    asked: () => Promise.resolve(null),
    close() {
      for (const link of Object.values(links)) link.close()
    },
  }
}

/**
 * Asks all of them at once, for one that hangs must not keep the others from being found.
 * @param doubted the one that is taken only when there is no other
 */
async function openPrimary(
  { urls, replicas, timeoutMs, monoMs }: ServersOptions,
  doubted: string | null,
): Promise<Connection> {
  const found = Promise.withResolvers<Connection>()
  const failures: unknown[] = []
  /** A primary whose replicas are not there: another one may have been promoted in its place. */
  let second: Connection | null = null
  let isFound = false
  const take = (connection: Connection): void => {
    const { role, replicas: connected } = connection.info
    if (role === 'replica' || isFound) {
      connection.close()
      return
    }
    if ((connected < replicas || connection.url === doubted) && urls.length > 1) {
      second?.close()
      second = connection
      return
    }
    isFound = true
    found.resolve(connection)
  }
  const openings = urls.map((url) =>
    openConnection({ url, timeoutMs, monoMs })
      .then((connection) => take(assertReplicas(connection, replicas)))
      .catch((failure: unknown) => failures.push(failure)),
  )
  Promise.all(openings).then(() => {
    if (isFound) second?.close()
    else if (second) found.resolve(second)
    else found.reject(failures[0] ?? unavailable('none of the Redis servers is a primary'))
  }, found.reject)
  return found.promise
}
