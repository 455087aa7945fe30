/** The stores that the chaos run can be put on, each with the bad days that are its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../src/login/store.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { type RedisServer, type ServerProcess, startPostgres, startRedis } from '../support/servers.ts'

export const ENGINES = ['sqlite', 'redis', 'redis-replicated', 'postgres'] as const
export type EngineName = (typeof ENGINES)[number]

export interface Engine {
  readonly name: EngineName
  /** Where the store listens now; null: it is a file. */
  port(): number | null
  /** How to reach it over that port or a proxy's. */
  urlAt(port: number): string
  /** What can befall the store itself; each puts everything right again before it resolves. */
  readonly faults: readonly StoreFault[]
  stop(): Promise<void>
}

export interface StoreFault {
  readonly name: string
  /** @param led tells every proxy where the store is from now on @param left a proxy that is told later than the others */
  strike(led: (port: number, to: 'all' | 'most' | 'rest') => void, pauseMs: number): Promise<void>
}

/** Opens a store by its URL, as the server does. */
export async function openStoreByUrl(url: string): Promise<Store> {
  const { protocol } = new URL(url)
  if (protocol === 'sqlite:') return createSqliteStore({ path: url.slice('sqlite:'.length) })
  if (protocol === 'redis:') {
    const { createRedisStore } = await import('../../src/stores/redis/index.ts')
    const at = new URL(url)
    const replicas = Number(at.searchParams.get('replicas') ?? 0)
    at.search = ''
    return createRedisStore({ url: at.href, replicas })
  }
  const { createPostgresStore } = await import('../../src/stores/postgres/index.ts')
  return createPostgresStore({ url })
}

export async function startEngine(name: EngineName): Promise<Engine> {
  switch (name) {
    case 'sqlite':
      return onFile()
    case 'redis':
      return onRedis()
    case 'redis-replicated':
      return onReplicatedRedis()
    case 'postgres':
      return onPostgres()
  }
}

function onFile(): Engine {
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-chaos-'))
  return {
    name: 'sqlite',
    port: () => null,
    urlAt: () => `sqlite:${join(directory, 'chaos.db')}`,
    faults: [],
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What can befall a server whose disk survives it. */
function faultsOf(server: ServerProcess): readonly StoreFault[] {
  return [
    {
      name: 'store paused',
      async strike(_led, pauseMs) {
        server.pause()
        await wait(pauseMs)
        server.resume()
      },
    },
    {
      name: 'store killed and restarted',
      async strike(_led, pauseMs) {
        await server.kill()
        await wait(pauseMs / 4)
        await server.restart()
      },
    },
  ]
}

/** One node that flushes every write: what it has acknowledged is on the disk. */
const DURABLE = { appendonly: 'yes', appendfsync: 'always' }

async function onRedis(): Promise<Engine> {
  const server = await startRedis(DURABLE)
  return {
    name: 'redis',
    port: () => server.port,
    urlAt: (port) => `redis://127.0.0.1:${port}`,
    faults: faultsOf(server),
    stop: server.stop,
  }
}

/** A primary and one replica, which every renewal and every append waits for. */
async function onReplicatedRedis(): Promise<Engine> {
  let primary = await startRedis()
  let replica = await startRedis({ replicaof: `127.0.0.1 ${primary.port}` })
  await untilInSync(primary)

  const promote = async (): Promise<RedisServer> => {
    const former = primary
    await command(replica.port, 'REPLICAOF NO ONE')
    ;[primary, replica] = [replica, former]
    return former
  }
  const follow = async (former: RedisServer): Promise<void> => {
    await command(former.port, `REPLICAOF 127.0.0.1 ${primary.port}`)
    await untilInSync(primary)
  }
  return {
    name: 'redis-replicated',
    port: () => primary.port,
    urlAt: (port) => `redis://127.0.0.1:${port}?replicas=1`,
    faults: [
      {
        name: 'primary paused',
        async strike(_led, pauseMs) {
          primary.pause()
          await wait(pauseMs)
          primary.resume()
        },
      },
      {
        name: 'primary killed, replica promoted',
        async strike(led) {
          await primary.kill()
          const former = await promote()
          led(primary.port, 'all')
          await former.restart()
          await follow(former)
        },
      },
      {
        name: 'replica promoted while some still ask the former primary',
        async strike(led, pauseMs) {
          const former = await promote()
          led(primary.port, 'most')
          await wait(pauseMs)
          led(primary.port, 'rest')
          await follow(former)
        },
      },
    ],
    stop: async () => {
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

async function onPostgres(): Promise<Engine> {
  const server = await startPostgres({ durable: true })
  return {
    name: 'postgres',
    port: () => server.port,
    urlAt: (port) => server.url.replace(`:${server.port}/`, `:${port}/`),
    faults: faultsOf(server),
    stop: server.stop,
  }
}

/** Until its replica has everything. */
async function untilInSync(primary: RedisServer): Promise<void> {
  const endMs = Date.now() + 30_000
  while (!/slave0:.*state=online/.test(await command(primary.port, 'INFO replication'))) {
    if (Date.now() > endMs) throw new Error('the replica does not follow')
    await wait(50)
  }
}

/** An inline command; its answer as it came. */
function command(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`))
    socket.setTimeout(5000, () => socket.destroy(new Error('the store does not answer')))
    socket.once('error', reject)
    socket.once('data', (chunk) => {
      socket.destroy()
      const answer = chunk.toString()
      if (answer.startsWith('-')) reject(new Error(answer.trim()))
      else resolve(answer)
    })
  })
}
