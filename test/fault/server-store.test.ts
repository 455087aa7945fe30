/** The store fails under a whole server: nobody is let in, logged out or made to wait for it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import { createClient } from '../support/http-client.ts'
import { runCli } from '../support/processes.ts'
import { startTestServer, type TestServer } from '../support/running-server.ts'

const ADA = { email: 'ada@example.org', password: 'plum-otter-cargo' }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Another process holds the database until it is let go. */
async function lock(): Promise<() => Promise<void>> {
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const database = new DatabaseSync(process.argv[1])
    database.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE')
    process.stdout.write('locked')
    process.stdin.on('data', () => { database.exec('COMMIT'); database.close(); process.exit() })`
  const child = spawn(process.execPath, ['-e', script, `${server.directory}/sojourn.db`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.write('go')
    await once(child, 'exit')
  }
}

it('a store that another process holds for long: 503 and a time to come back, cookies kept, and then all is as before', async () => {
  const browser = createClient(server.url)
  await browser.post('/auth/sign-up', { json: ADA })
  const cookie = browser.cookies.get('__Host-Http-sid')
  const release = await lock()
  try {
    // Who is signed in already goes on, without any write.
    expect((await browser.get('/auth/session')).status).toBe(200)
    const fresh = createClient(server.url)
    const refused = await Promise.all([
      fresh.post('/auth/sign-in', { json: ADA }),
      fresh.post('/auth/sign-up', { json: { email: 'bob@example.org', password: ADA.password } }),
      fresh.post('/auth/sign-in', { form: ADA }),
    ])
    for (const { status, headers } of refused) {
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toMatch(/^\d+$/)
      expect(headers.getSetCookie()).toEqual([])
    }
    expect(browser.cookies.get('__Host-Http-sid')).toBe(cookie)
  } finally {
    await release()
  }
  expect((await browser.get('/auth/session')).status).toBe(200)
  expect((await createClient(server.url).post('/auth/sign-in', { json: ADA })).status).toBe(200)
}, 60_000)

it('attempts that met a broken store are no guesses', async () => {
  const { store } = server.instance
  const find = store.accounts.findByEmail
  const owner = createClient(server.url)
  Object.assign(store.accounts, {
    findByEmail: async () => {
      throw new AuthError('store.unavailable', 'the store is away')
    },
  })
  try {
    for (let i = 0; i < 30; i++) expect((await owner.post('/auth/sign-in', { json: ADA })).status).toBe(503)
  } finally {
    Object.assign(store.accounts, { findByEmail: find })
  }
  expect((await owner.post('/auth/sign-in', { json: ADA })).status).toBe(200)
})

it('a command that cannot join because the store is held gives up and says why, and leaves the server alone', async () => {
  const release = await lock()
  try {
    const ended = await runCli(['accounts', 'list'], { env: { SOJOURN_DATA: server.directory }, timeoutMs: 40_000 })
    expect([ended.code, ended.stderr.trim().split('\n').length]).toEqual([1, 1])
    expect(ended.stderr).toMatch(/busy|does not answer/)
  } finally {
    await release()
  }
  expect((await runCli(['accounts', 'list'], { env: { SOJOURN_DATA: server.directory } })).code).toBe(0)
  // Its lease may have run out meanwhile: the next renewal brings it back.
  const client = createClient(server.url)
  await expect.poll(async () => (await client.get('/readyz')).status, { timeout: 15_000 }).toBe(200)
}, 75_000)
