/** Workers of a cluster and worker threads: each is a verifier of its own, and the guide on them as it stands. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomId } from '../../src/crypto/random.ts'
import type { Receipt } from '../../src/revocation/revoke.ts'
import { openStoreAt, settleLog } from '../support/fleet-store.ts'
import { createGuideFolder } from '../support/guide-folder.ts'
import { freePort, temporaryFolder } from '../support/processes.ts'
import { describeWithPostgres, describeWithRedis, startPostgres, startRedis } from '../support/servers.ts'
import { root } from '../support/source-files.ts'
import { startVerifiersAs, type WorkerKind, type Workers } from '../support/workers.ts'

const LEASE_SECONDS = 1.5
const WORKERS = 3
const data = temporaryFolder()
afterAll(data.remove)

function workersOf(kind: WorkerKind, makePlace: () => string): void {
  describe(`${kind}`, () => {
    let workers: Workers
    const all = [...Array(WORKERS).keys()]
    const credential = () => ({ sessionId: randomId(), subject: 'ann', tokenId: null, generation: 0 })
    const checks = (from: readonly number[], of: object) =>
      Promise.all(from.map((worker) => workers.ask<string>(worker, 'check', of)))

    beforeAll(async () => {
      const place = makePlace()
      const store = await openStoreAt(place)
      await settleLog(store)
      workers = await startVerifiersAs(kind, WORKERS, place, LEASE_SECONDS)
      await store.close()
    })
    afterAll(() => workers?.stop())

    it('refuse what any one of them has revoked, all of them, when that returns', async () => {
      expect(new Set(await Promise.all(all.map((worker) => workers.ask(worker, 'member')))).size).toBe(WORKERS)
      let accepted = 0
      for (let round = 0; round < 15; round++) {
        const one = credential()
        accepted += (await checks(all, one)).filter((verdict) => verdict === 'accepted').length
        await workers.ask<Receipt>(round % WORKERS, 'revoke', one.sessionId)
        expect(await checks(all, one)).toEqual(all.map(() => 'refused'))
      }
      // A machine that is busy may let a short lease run out, but not every time.
      expect(accepted).toBeGreaterThan(15)
    })

    it('wait for the lease of one whose event loop is blocked; it refuses when it goes on', async () => {
      const one = credential()
      const [begun, until] = [join(data.path, randomId()), join(data.path, randomId())]
      const blocked = workers.ask(2, 'block', { begun, until })
      const later = workers.ask<string>(2, 'check', one)
      while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 5))
      const receipt = await workers.ask<Receipt>(0, 'revoke', one.sessionId)
      // It is still blocked: nobody has heard from it.
      expect(receipt).toMatchObject({ confirmedBy: 'lease', waitedFor: [expect.any(String)] })
      expect(await checks([0, 1], one)).toEqual(['refused', 'refused'])
      writeFileSync(until, '')
      await blocked
      expect(await later).toBe('refused')
    })
  })
}

const KINDS: readonly WorkerKind[] = ['workers of a cluster', 'worker threads']

describe('on one SQLite file', () => {
  for (const kind of KINDS) workersOf(kind, () => `sqlite:${join(data.path, `${randomId()}.db`)}`)
})

describeWithRedis('on Redis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  for (const kind of KINDS) workersOf(kind, () => `${server.url}?prefix=${kind.replaceAll(' ', '-')}`)
})

describeWithPostgres('on Postgres', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  for (const kind of KINDS) workersOf(kind, () => `${server.url}?schema=${kind.replaceAll(' ', '_')}`)
})

describe('a store in memory', () => {
  const MEMORY = `const { createMemoryStore } = await import('${root}/src/stores/memory/index.ts')
    try { createMemoryStore() } catch (error) { console.log(error.name + ': ' + error.message) }
    await createMemoryStore({ onlyInThisWorker: true }).ping()`
  const run = (code: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', cwd: root }).stdout

  it('is refused in a worker of a cluster, with what to do, unless it is the only one', () => {
    const code = `import cluster from 'node:cluster'
      if (cluster.isPrimary) cluster.fork().once('exit', () => process.exit())
      else { ${MEMORY}; process.exit() }`
    const file = join(data.path, 'cluster.mjs')
    writeFileSync(file, code)
    const printed = spawnSync(process.execPath, [file], { encoding: 'utf8' }).stdout
    expect(printed).toMatch(
      /^TypeError: a store in memory cannot be shared, and this is a worker of a cluster: .*onlyInThisWorker/,
    )
  })

  it('is refused in a worker thread', () => {
    const code = `import { Worker } from 'node:worker_threads'
      new Worker(${JSON.stringify(`(async () => { ${MEMORY} })()`)}, { eval: true })`
    expect(run(code)).toMatch(/^TypeError: .* this is a worker thread: /)
  })

  it('is made where nobody else can be', () => {
    expect(run(`${MEMORY}; console.log('made')`)).toBe('made\n')
  })
})

describe('the guide on workers', () => {
  const guides = createGuideFolder(['workers'])
  afterAll(guides.remove)

  it('is well-typed', () => {
    expect(guides.faults()).toEqual([])
  })

  it.each(['cluster', 'threads'])('%s.ts: a log-out in one worker is one in all of them', async (name) => {
    const port = String(await freePort())
    const url = await guides.start('workers', `${name}.ts`, {
      PORT: port,
      WORKERS: '2',
      AUTH_DB: join(data.path, `guide-${name}.db`),
      AUTH_SECRET: 'a secret of tests, 0123456789 abcdefghijk',
    })
    const headers = { origin: url }
    const first = await call(`${url}/login`, 'POST', headers)
    const cookie = first.headers['set-cookie']?.map((line) => line.split(';')[0]).join('; ') ?? ''
    expect(cookie).not.toBe('')
    const seen = async (wanted: string): Promise<Set<string>> => {
      const by = new Set<string>()
      for (let i = 0; i < 400 && by.size < 2; i++) {
        const { text, headers: answered } = await call(url, 'GET', { cookie })
        expect(text).toBe(wanted)
        by.add(String(answered['served-by']))
      }
      return by
    }
    expect((await seen('ada')).size).toBe(2)
    await call(`${url}/logout`, 'POST', { ...headers, cookie })
    expect((await seen('stranger')).size).toBe(2)
  })
})

/** A connection for each, so that each may come to another worker. */
async function call(url: string, method: string, headers: Readonly<Record<string, string>>) {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method, headers, agent: false }, resolve).once('error', reject).end()
  })
  let text = ''
  for await (const chunk of answer) text += chunk
  return { text, headers: answer.headers }
}
