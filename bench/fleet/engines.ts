/** The engines of a fleet, each a server of the bench's own, and how often it was asked for what. */
import pg from 'pg'
import { createClient } from 'redis'
import { startPostgres, startRedis } from '../../test/support/servers.ts'

export const ENGINES = ['Redis', 'Postgres'] as const
export type EngineName = (typeof ENGINES)[number]

export interface Engine {
  readonly name: EngineName
  /** As `SOJOURN_STORE`. */
  readonly store: string
  /** Commands (Redis; those that scripts call included) or statements (Postgres) so far, by name, the counting itself left out. */
  counts(): Promise<ReadonlyMap<string, number>>
  /** What clients send during some work: a script of Redis is one command, whatever it calls. Slows the engine down. */
  sentDuring(work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>>
  /** Puts so many revocations into a log that is there, past the store; null: through the store it is quick enough. */
  readonly appendTokens: ((count: number, until: number) => Promise<void>) | null
  stop(): Promise<void>
}

/** Redis writes its log every second, Postgres flushes each commit to the disk. */
export function startEngine(name: EngineName): Promise<Engine> {
  return name === 'Redis' ? startRedisEngine() : startPostgresEngine()
}

async function startRedisEngine(): Promise<Engine> {
  const server = await startRedis({ appendonly: 'yes', appendfsync: 'everysec' })
  const client = createClient({ url: server.url })
  await client.connect()
  /** MONITOR marks what a script calls: `1339518083.1 [0 lua] "get" "k"`. */
  const sentDuring = async (work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> => {
    const sent = new Map<string, number>()
    const watcher = await client.duplicate().connect()
    await watcher.monitor((line) => {
      const [, from, name = ''] = /^[\d.]+ \[\d+ (\S+)\] "(\w+)"/.exec(String(line)) ?? []
      if (from !== 'lua' && name.toLowerCase() !== 'info')
        sent.set(name.toLowerCase(), (sent.get(name.toLowerCase()) ?? 0) + 1)
    })
    try {
      await work()
      // What has been sent arrives here in order, but later.
      await new Promise((resolve) => setTimeout(resolve, 200))
    } finally {
      watcher.destroy()
    }
    return sent
  }
  return {
    name: 'Redis',
    store: server.url,
    sentDuring,
    appendTokens: null,
    async counts() {
      const found = (await client.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)
      return new Map(
        [...found].filter(([, name]) => name !== 'info').map(([, name = '', calls]) => [name, Number(calls)]),
      )
    },
    async stop() {
      await client.close()
      await server.stop()
    },
  }
}

async function startPostgresEngine(): Promise<Engine> {
  const server = await startPostgres({
    durable: true,
    settings: {
      shared_preload_libraries: 'pg_stat_statements',
      shared_buffers: '256MB',
      max_wal_size: '4GB',
      // 32 verifiers, each a process with a pool of its own.
      max_connections: '500',
    },
  })
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query('CREATE EXTENSION pg_stat_statements')
  const counts = async (): Promise<ReadonlyMap<string, number>> => {
    const { rows } = await client.query<{ query: string; calls: string }>(
      "SELECT query, sum(calls) AS calls FROM pg_stat_statements WHERE toplevel AND query NOT LIKE '%pg_stat_statements%' GROUP BY query",
    )
    return new Map(rows.map(({ query, calls }) => [query, Number(calls)]))
  }
  return {
    name: 'Postgres',
    store: server.url,
    counts,
    async appendTokens(count, until) {
      // 128 random bits as base64url, as every token's id.
      const id = `rtrim(translate(encode(decode(md5(random()::text || i), 'hex'), 'base64'), '+/', '-_'), '=')`
      await client.query('BEGIN')
      await client.query(
        `INSERT INTO sojourn.log (log_position, kind, key, until) SELECT head + i, 'token', ${id}, $2 FROM sojourn.state, generate_series(1, $1::int) i`,
        [count, until],
      )
      await client.query('UPDATE sojourn.state SET head = head + $1', [count])
      await client.query('COMMIT')
    },
    async sentDuring(work) {
      const before = await counts()
      await work()
      return countsBetween(before, await counts())
    },
    async stop() {
      await client.end()
      await server.stop()
    },
  }
}

/** What was asked for between two counts. */
export function countsBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  return new Map(
    [...after]
      .map(([name, calls]) => [name, calls - (before.get(name) ?? 0)] as const)
      .filter(([, calls]) => calls > 0),
  )
}

export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, calls) => sum + calls, 0)
}
