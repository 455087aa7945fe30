/** A start on a store that servers share is refused in one line that says what to do, and never repeats a password. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { FLEET_SECRET } from '../support/fleet.ts'
import { openStoreAt, settleLog } from '../support/fleet-store.ts'
import { freePort, runCli, startServer, temporaryFolder } from '../support/processes.ts'
import {
  describeWithPostgres,
  describeWithRedis,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from '../support/servers.ts'
import { root } from '../support/source-files.ts'

const PASSWORD = 'hunter2hunter2'
const OTHER_SECRET = 'an0ther-Qp9zX7vL2mN8bT4cR6wY1sD5f'

type Environment = Readonly<Record<string, string>>

function newEnv(store: string, port: number): Environment {
  const folder = temporaryFolder()
  onTestFinished(folder.remove)
  return {
    PORT: String(port),
    SOJOURN_URL: `http://localhost:${port}`,
    SOJOURN_DATA: join(folder.path, 'data'),
    SOJOURN_STORE: store,
    SOJOURN_SECRET: FLEET_SECRET,
  }
}

async function refused(env: Environment, ...words: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runCli(['serve'], { env, timeoutMs: 60_000 })
  const said = (stdout + stderr).trim()
  expect([code, said.split('\n').length], said).toEqual([1, 1])
  for (const word of words) expect(said).toContain(word)
  expect(said).not.toMatch(/hunter2|\.ts:\d+|node:internal|should not happen/)
}

const without = (name: string): Environment => ({
  WITHOUT: name,
  NODE_OPTIONS: `--import ${join(root, 'test/support/without-package.ts')}`,
})

/** What every store of a fleet refuses, and what a move to another address takes. */
function sharedStarts(of: { readonly url: () => string; readonly name: string; readonly unreachable: string }): void {
  it('without a secret', async () => {
    await refused({ ...newEnv(of.url(), await freePort()), SOJOURN_SECRET: '' }, 'SOJOURN_SECRET', 'sojourn secret')
  })

  it('without its client', async () => {
    const env = newEnv(of.url(), await freePort())
    await refused({ ...env, ...without(of.name) }, `"${of.name}"`, `npm install ${of.name}`)
  })

  it('when the store does not answer', async () => {
    await refused(newEnv(of.unreachable, await freePort()), '127.0.0.1:1', 'SOJOURN_STORE')
  })

  it('with the secret or the address of another fleet; a move to another address is none', async () => {
    const env = newEnv(of.url(), await freePort())
    const first = await startServer(env)
    try {
      const opened = await openStoreAt(of.url())
      await settleLog(opened)
      await opened.close()
      await refused({ ...env, PORT: '0', SOJOURN_SECRET: OTHER_SECRET }, 'secret')
      const next = String(await freePort())
      const moved = { ...env, PORT: next, SOJOURN_URL: `http://localhost:${next}` }
      await refused(moved, first.url, moved.SOJOURN_URL, 'SOJOURN_URL')
      await first.stop()
      const second = await startServer(moved)
      expect((await second.stop()).code).toBe(0)
      const beside = await runCli(['sessions', 'list'], { env })
      expect([beside.code, beside.stderr]).toEqual([1, expect.stringContaining(moved.SOJOURN_URL)])
    } finally {
      if (first.child.exitCode === null) await first.stop('SIGKILL')
    }
  }, 120_000)
}

describeWithRedis('a start on Redis is refused', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis({ requirepass: PASSWORD })
  }, 60_000)
  afterAll(() => redis?.stop())
  const url = (password: string) => redis.url.replace('redis://', `redis://:${password}@`)

  sharedStarts({ url: () => url(PASSWORD), name: 'redis', unreachable: `redis://:${PASSWORD}@127.0.0.1:1` })

  it('with another password', async () => {
    await refused(newEnv(url(`no-${PASSWORD}`), await freePort()), 'password')
  })

  it('that may evict what it holds', async () => {
    const evicting = await startRedis({ 'maxmemory-policy': 'allkeys-lru' })
    try {
      await refused(newEnv(evicting.url, await freePort()), 'allkeys-lru', 'noeviction')
    } finally {
      await evicting.stop()
    }
  })
})

describeWithPostgres('a start on Postgres is refused', () => {
  let postgres: PostgresServer
  beforeAll(async () => {
    postgres = await startPostgres()
  }, 60_000)
  afterAll(() => postgres?.stop())

  sharedStarts({
    url: () => postgres.url,
    name: 'pg',
    unreachable: `postgres://sojourn:${PASSWORD}@127.0.0.1:1/test`,
  })

  it('in a database that is not there', async () => {
    const url = postgres.url.replace('sojourn@', `sojourn:${PASSWORD}@`).replace(/test$/, 'nothing')
    await refused(newEnv(url, await freePort()), '/nothing', 'database')
  })
})
