/** The replay window counts from the moment at which a refresh token is spent, not from when somebody began to wait for the store. */
import { once } from 'node:events'
import { afterAll, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createRefreshTokens } from '../../src/refresh/refresh-tokens.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { RING } from '../support/login-kit.ts'
import { databaseFiles } from '../support/store-files.ts'
import { aFamily, aSession } from '../support/store-fixtures.ts'
import { startScript } from '../support/store-processes.ts'

const files = databaseFiles()
afterAll(files.remove)

it('takes the retry of a client that gave up while the store was locked for a retry, not for a thief', async () => {
  const path = files.next()
  const store = createSqliteStore({ path })
  const now = systemClock.now()
  const session = aSession({ createdAt: now, lastSeenAt: now, idleTimeoutSeconds: 600, absoluteExpiresAt: now + 6000 })
  await store.sessions.create(session, null, now)
  const tokens = createRefreshTokens({
    store: store.families,
    secrets: RING,
    clock: systemClock,
    windowSeconds: 2,
    keepSeconds: 60,
  })
  const { clientId, audience, scope, floor } = aFamily(session.id)
  const issued = await tokens.issue({ sessionId: session.id, subject: 'subject-1', clientId, audience, scope, floor })
  const first = issued?.token ?? ''

  const child = startScript(new URL('../support/store-lock.ts', import.meta.url), [path, '3500'])
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  const lost = await tokens.exchange(first)
  // The client never got that answer, and asks again.
  const again = await tokens.exchange(first)
  expect([lost.outcome, again.outcome]).toEqual(['rotated', 'replayed'])
  expect('token' in again && 'token' in lost && again.token === lost.token).toBe(true)
  expect(await store.sessions.find(session.id, systemClock.now())).not.toBeNull()
  if (child.exitCode === null) await once(child, 'exit')
  await store.close()
}, 60_000)
