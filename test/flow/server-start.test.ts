/** How long a start takes, also when 100 000 sessions and as many log entries lie in the file. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { createClient } from '../support/http-client.ts'
import { type RunningServer, startServer, temporaryFolder } from '../support/processes.ts'
import { aSession } from '../support/store-fixtures.ts'

const COUNT = 100_000
const CREDENTIALS = { email: 'ada@example.org', password: 'plum-otter-cargo' }
const folder = temporaryFolder()
const data = join(folder.path, 'data')
const now = Math.floor(Date.now() / 1000)

beforeAll(async () => {
  const server = await startServer({ SOJOURN_DATA: data })
  await createClient(server.url).post('/auth/sign-up', { json: CREDENTIALS })
  await server.stop()
  const store = createSqliteStore({ path: join(data, 'sojourn.db') })
  for (let from = 0; from < COUNT; from += 1000) {
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => {
        const session = aSession({
          subject: `subject-${(from + i) % 25_000}`,
          createdAt: now,
          lastSeenAt: now,
          idleTimeoutSeconds: 86_400,
          absoluteExpiresAt: now + 86_400,
        })
        return store.sessions.create(session, null, now)
      }),
    )
  }
  await store.close()
}, 120_000)
afterAll(folder.remove)

/** Milliseconds until the URL is there. */
async function timeToStart(env: Record<string, string>): Promise<{ ms: number; server: RunningServer }> {
  const started = performance.now()
  const server = await startServer(env)
  return { ms: performance.now() - started, server }
}

it('takes no longer than with none, and the first request is answered at once', { timeout: 60_000 }, async () => {
  // The promise is 3 s on a fresh machine; other tests run beside this one, so that it is measured beside an empty start.
  const empty = temporaryFolder()
  const first = await timeToStart({ SOJOURN_DATA: empty.path })
  await first.server.stop()
  empty.remove()
  const { ms, server } = await timeToStart({ SOJOURN_DATA: data })
  try {
    const client = createClient(server.url)
    const before = performance.now()
    expect((await client.post('/auth/sign-in', { json: CREDENTIALS })).status).toBe(200)
    const signInMs = performance.now() - before
    console.log(
      `start with ${COUNT} sessions: ${Math.round(ms)} ms, with none ${Math.round(first.ms)} ms; first sign-in ${Math.round(signInMs)} ms`,
    )
    const metrics = await client.get('/metrics')
    expect(metrics.text).toMatch(/^sojourn_sessions 10000\d$/m)
    expect(ms).toBeLessThan(2 * first.ms + 2000)
    expect(signInMs).toBeLessThan(5000)
  } finally {
    expect((await server.stop()).code).toBe(0)
  }
})
