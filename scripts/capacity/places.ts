/** The engines whose rows and commands are counted, each a server (or a file) of the measurement's own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createClient } from 'redis'
import { systemClock } from '../../src/clock.ts'
import type { Store } from '../../src/login/store.ts'
import { createPostgresStore } from '../../src/stores/postgres/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { settledRedisStore } from '../../test/support/redis-stores.ts'
import { startPostgres, startRedis } from '../../test/support/servers.ts'

export const ENGINES = ['sqlite', 'redis', 'postgres'] as const
export type Engine = (typeof ENGINES)[number]

export interface Place {
  readonly engine: Engine
  /** What it is, with its settings. */
  readonly about: string
  open(): Promise<Store>
  /** Bytes of all that is kept: memory of Redis, files of SQLite, tables and indexes of Postgres. */
  bytes(): Promise<number>
  /** Commands (Redis) or statements (Postgres) that clients have sent so far; null: nothing is sent, SQLite runs in the process. */
  sent(): Promise<number | null>
  /** CPU of the server so far, in microseconds; of this very process for SQLite. */
  cpuUs(): number
  stop(): Promise<void>
}

export function startPlace(engine: Engine): Promise<Place> {
  if (engine === 'sqlite') return startSqlite()
  return engine === 'redis' ? startRedisPlace() : startPostgresPlace()
}

async function startSqlite(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-capacity-'))
  const path = join(folder, 'sojourn.db')
  return {
    engine: 'sqlite',
    about: 'node:sqlite, WAL, synchronous=FULL',
    open: async () => createSqliteStore({ path }),
    async bytes() {
      const { DatabaseSync } = await import('node:sqlite')
      const database = new DatabaseSync(path)
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      database.close()
      return statSync(path).size
    },
    sent: async () => null,
    cpuUs() {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function startRedisPlace(): Promise<Place> {
  const server = await startRedis({ appendonly: 'yes', appendfsync: 'everysec' })
  const client = await createClient({ url: server.url }).connect()
  const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1]
  return {
    engine: 'redis',
    about: `Redis ${version}, appendonly yes, appendfsync everysec`,
    open: () => settledRedisStore({ url: server.url, commandTimeoutMs: 30_000 }),
    async bytes() {
      return Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1])
    },
    async sent() {
      const calls = new Map(
        [...(await client.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
          ([, name = '', count]) => [name, Number(count)] as const,
        ),
      )
      // What a script calls is counted apart; these two are all that a store sends once it is open.
      return (calls.get('evalsha') ?? 0) + (calls.get('xread') ?? 0)
    },
    cpuUs: () => runTimeUs(server.pid),
    async stop() {
      client.destroy()
      await server.stop()
    },
  }
}

async function startPostgresPlace(): Promise<Place> {
  const server = await startPostgres({
    durable: true,
    settings: {
      shared_preload_libraries: 'pg_stat_statements',
      shared_buffers: '256MB',
      max_wal_size: '4GB',
      max_connections: '300',
      autovacuum: 'off',
    },
  })
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query('CREATE EXTENSION pg_stat_statements')
  const [about] = (await client.query<{ version: string }>('SHOW server_version')).rows.map((row) =>
    Object.values(row).join(),
  )
  const single = async (sql: string): Promise<number> => {
    const { rows } = await client.query<{ n: string | null }>(sql)
    return Number(rows[0]?.n ?? 0)
  }
  return {
    engine: 'postgres',
    about: `Postgres ${about}, fsync on`,
    async open() {
      const store = await createPostgresStore({ url: server.url, timeoutMs: 30_000, connections: 4 })
      await store.revocations.settle((await store.revocations.members()).incarnation)
      return store
    },
    bytes: () =>
      single(`SELECT sum(pg_total_relation_size(c.oid)) AS n FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
        WHERE s.nspname = 'sojourn' AND c.relkind = 'r'`),
    sent: () =>
      single(`SELECT sum(calls) AS n FROM pg_stat_statements WHERE toplevel AND query NOT LIKE '%pg_stat_statements%'
        AND query NOT LIKE '%pg_total_relation_size%' AND query !~* '^(begin|commit|set)'`),
    cpuUs: () => [server.pid, ...childrenOf(server.pid)].reduce((sum, pid) => sum + runTimeUs(pid), 0),
    async stop() {
      await client.end()
      await server.stop()
    },
  }
}

/** How long the kernel has let the process's main thread run. */
function runTimeUs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
  } catch {
    return 0
  }
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid
      } catch {
        return false
      }
    })
    .map(Number)
}

export const now = (): number => systemClock.now()
