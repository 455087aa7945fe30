/** Servers with what they need: a folder each and, for those that ask for it, a Redis of the bench's own. */
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '../../test/support/servers.ts'
import type { Framework } from './application.ts'
import { type MeasuredServer, startServer } from './server-process.ts'
import type { HttpSubject } from './subjects.ts'

export interface Place {
  readonly server: MeasuredServer
  /** Bytes of all files that the server keeps. */
  fileBytes(): number
  /** Bytes that Redis uses for data, of everybody; null for a server without Redis. */
  redisBytes(): Promise<number | null>
}

export interface Stage {
  start(subject: HttpSubject, framework: Framework): Promise<Place>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const servers: MeasuredServer[] = []
  let redis: RedisServer | null = null
  let postgres: PostgresServer | null = null
  let databases = 0

  const databaseOf = async (subject: HttpSubject): Promise<string | null> => {
    if (!subject.postgres) return null
    postgres ??= await startPostgres({ durable: true })
    return postgres.createDatabase()
  }
  const urlOf = async (subject: HttpSubject): Promise<string | null> => {
    if (!subject.redis) return null
    redis ??= await startRedis()
    return `${redis.url}/${databases++}`
  }
  return {
    async start(subject, framework) {
      const redisUrl = await urlOf(subject)
      const postgresUrl = await databaseOf(subject)
      const own = mkdtempSync(join(folder, 'server-'))
      const server = await startServer(subject.module, {
        framework,
        variant: subject.variant,
        redisUrl,
        postgresUrl,
        folder: own,
      })
      servers.push(server)
      return {
        server,
        fileBytes: () => globSync('**/*', { cwd: own }).reduce((sum, path) => sum + statSync(join(own, path)).size, 0),
        redisBytes: async () => (redisUrl === null ? null : dataBytes(redisUrl)),
      }
    },
    async close() {
      await Promise.all(servers.map((server) => server.stop()))
      await Promise.all([redis?.stop(), postgres?.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function dataBytes(url: string): Promise<number> {
  const client = createClient({ url })
  await client.connect()
  try {
    const found = /^used_memory:(\d+)/m.exec(await client.info('memory'))
    if (!found) throw new Error('Redis does not say how much it holds')
    return Number(found[1])
  } finally {
    await client.close()
  }
}
