/** A Redis Cluster: which node has which slot, learnt from the nodes and from their refusals. */
import { assertReplicas, type Connection, openConnection } from './connection.ts'
import { unavailable } from './errors.ts'
import { asCount, asList, asText } from './fields.ts'
import { createLink, type Link } from './link.ts'
import type { Lane, Servers, ServersOptions } from './servers.ts'
import { slotOf } from './slot.ts'

export function createCluster({ urls, replicas, timeoutMs, monoMs }: ServersOptions): Servers {
  const seed = new URL(urls[0] ?? '')
  const nodes = new Map<string, Record<Lane, Link>>()
  let table: (string | undefined)[] = []
  let refreshing: Promise<void> | null = null
  let isClosed = false

  const nodeAt = (address: string): Record<Lane, Link> => {
    const known = nodes.get(address)
    if (known) return known
    const url = urlAt(seed, address)
    const open = async () => assertReplicas(await openConnection({ url, timeoutMs, monoMs }), replicas)
    const link = () => createLink(open, monoMs)
    const node = { main: link(), waited: link(), tail: link() }
    nodes.set(address, node)
    if (isClosed) close(node)
    return node
  }

  /** Asks the nodes, known ones first, until one tells who has what. */
  const readTable = async (): Promise<void> => {
    const addresses = new Set([...nodes.keys(), ...urls.map((url) => addressOf(new URL(url)))])
    let failure: unknown = unavailable('no node of the Redis Cluster answers')
    for (const address of addresses) {
      try {
        const connection = await nodeAt(address).main.use()
        const ranges = asList(await connection.send(['CLUSTER', 'SLOTS']), 'cluster')
        const read: string[] = []
        for (const range of ranges) {
          const [from, to, primary] = asList(range, 'cluster')
          const [host, port] = asList(primary, 'cluster')
          const name =
            host === '' || host === null ? address.slice(0, address.lastIndexOf(':')) : asText(host, 'cluster')
          for (let slot = asCount(from, 'cluster'); slot <= asCount(to, 'cluster'); slot++) {
            read[slot] = `${name}:${asCount(port, 'cluster')}`
          }
        }
        table = read
        return
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }
  const refresh = (): Promise<void> => {
    refreshing ??= readTable().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  return {
    open(tag) {
      const address = table[slotOf(tag)]
      return address === undefined ? null : nodeAt(address).main.open()
    },

    async connection(tag, lane) {
      const slot = slotOf(tag)
      if (table[slot] === undefined) await refresh()
      const address = table[slot]
      if (address === undefined) throw unavailable('the Redis Cluster does not cover all slots')
      try {
        return await nodeAt(address)[lane].use()
      } catch (error) {
        // A replica may have taken its place.
        await refresh()
        const next = table[slot]
        if (next === undefined || next === address) throw error
        return nodeAt(next)[lane].use()
      }
    },

    async refused(tag, connection, message) {
      const [word, , address] = message.split(' ')
      if (word === 'MOVED' && address) {
        table[slotOf(tag)] = address.startsWith(':') ? `${seed.hostname}${address}` : address
        return
      }
      if (word === 'READONLY') connection.close()
      await refresh()
    },
    doubt: (connection) => connection.close(),

    async asked(message, lane) {
      const [word, , address] = message.split(' ')
      if (word !== 'ASK' || !address) return null
      const connection = await nodeAt(address.startsWith(':') ? `${seed.hostname}${address}` : address)[lane].use()
      return asking(connection)
    },

    close() {
      isClosed = true
      for (const node of nodes.values()) close(node)
    },
  }
}

/** For a slot on its way to another node: each command says that it was sent here. */
function asking(connection: Connection): Connection {
  return {
    url: connection.url,
    info: connection.info,
    get isOpen() {
      return connection.isOpen
    },
    send(args, timeoutMs) {
      connection.send(['ASKING']).catch(() => undefined)
      return connection.send(args, timeoutMs)
    },
    close: () => connection.close(),
  }
}

function close(node: Record<Lane, Link>): void {
  for (const link of Object.values(node)) link.close()
}

function addressOf(url: URL): string {
  return `${url.hostname}:${url.port || '6379'}`
}

/** Name, password and TLS are the same for all nodes. */
function urlAt(seed: URL, address: string): string {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon)
  const url = new URL(seed)
  url.hostname = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  url.port = address.slice(colon + 1)
  url.pathname = ''
  return url.href
}
