/** A real Redis Cluster of primaries, each a process of its own; slots can be moved from one to another while it is used. */
import { freePort } from './processes.ts'
import { redisCommand } from './redis-stores.ts'
import { type RedisServer, startRedis } from './servers.ts'

export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly urls: readonly string[]
  /** Which node has the slot of this key now. */
  ownerOf(key: string): Promise<number>
  /** Moves the slot of a key, and all keys in it, to another node. `step`: awaited between two keys, while both nodes have some. */
  moveSlotOf(key: string, to: number, step?: () => Promise<void>): Promise<void>
  /** One command at one node. */
  command(node: number, ...args: readonly string[]): Promise<unknown>
  stop(): Promise<void>
}

const SLOTS = 16_384
const READY_MS = 60_000

export async function startRedisCluster(
  primaries = 3,
  config: Readonly<Record<string, string>> = {},
): Promise<RedisCluster> {
  const nodes: RedisServer[] = []
  const busPorts: number[] = []
  for (let i = 0; i < primaries; i++) {
    const busPort = await freePort()
    busPorts.push(busPort)
    // The usual place of the bus, the port and 10 000, may be none at all.
    const cluster = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '5000', 'cluster-port': String(busPort) }
    nodes.push(await startRedis({ ...cluster, ...config }))
  }
  const command = (node: number, ...args: readonly string[]): Promise<unknown> =>
    redisCommand(nodes[node]?.url ?? '', ...args)
  const ids = await Promise.all(nodes.map(async (_, i) => String(await command(i, 'CLUSTER', 'MYID'))))
  for (const [i, node] of nodes.entries()) {
    const [from, to] = [Math.floor((SLOTS * i) / primaries), Math.floor((SLOTS * (i + 1)) / primaries) - 1]
    await command(i, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
    await command(i, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
    if (i > 0) await command(0, 'CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPorts[i]))
  }
  const until = Date.now() + READY_MS
  for (const i of nodes.keys()) {
    for (;;) {
      const info = String(await command(i, 'CLUSTER', 'INFO'))
      if (info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${primaries}`)) break
      if (Date.now() > until) throw new Error(`the cluster did not form:\n${info}\n${nodes[i]?.output()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  const slotOf = async (key: string): Promise<number> => Number(await command(0, 'CLUSTER', 'KEYSLOT', key))
  const ownerOf = async (key: string): Promise<number> => {
    const slot = await slotOf(key)
    for (const range of (await command(0, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][]) {
      if (slot >= range[0] && slot <= range[1]) return nodes.findIndex(({ port }) => port === range[2][1])
    }
    throw new Error(`nobody has slot ${slot}`)
  }

  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    ownerOf,
    command,
    async moveSlotOf(key, to, step = async () => undefined) {
      const slot = String(await slotOf(key))
      const from = await ownerOf(key)
      if (from === to) return
      await command(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from] ?? '')
      await command(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to] ?? '')
      for (;;) {
        const keys = (await command(from, 'CLUSTER', 'GETKEYSINSLOT', slot, '1')) as string[]
        if (keys.length === 0) break
        await command(from, 'MIGRATE', '127.0.0.1', String(nodes[to]?.port), '', '0', '5000', 'KEYS', ...keys)
        await step()
      }
      for (const i of [to, from, ...nodes.keys()]) await command(i, 'CLUSTER', 'SETSLOT', slot, 'NODE', ids[to] ?? '')
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}
