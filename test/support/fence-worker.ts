/**
 * A process of an application that shares its database with the store: writes one effect after another, each in a transaction,
 * until the session is over. Arguments: place of the store (`openStoreAt`), session, subject, and how it protects its effects:
 * `fenced` inside their transaction, or `checked` just before it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { systemClock } from '../../src/clock.ts'
import { isAuthError } from '../../src/errors.ts'
import { createFence } from '../../src/login/fence.ts'
import { openStoreAt } from './store-at.ts'
import { aSession, T0 } from './store-fixtures.ts'

const [place = '', sessionId = '', subject = '', how = ''] = process.argv.slice(2)
const store = await openStoreAt(place)
const fence = createFence(store, { ...systemClock, now: () => T0 })
const login = { sessionId, subject, session: aSession({ id: sessionId, subject }), token: null }
const client = new Client({ connectionString: place })
await client.connect()

async function act(): Promise<void> {
  if (how === 'checked' && !(await store.sessions.find(sessionId, T0))) return
  await client.query('BEGIN')
  if (how === 'fenced') await fence(login, client)
  // What the application does between the check and the effect.
  await sleep(20)
  await client.query('INSERT INTO effects (session) VALUES ($1)', [sessionId])
  await client.query('COMMIT')
}

try {
  for (let i = 0; i < 10_000; i++) await act()
} catch (error) {
  if (!isAuthError(error, 'session.ended')) throw error
}
await client.end()
await store.close()
