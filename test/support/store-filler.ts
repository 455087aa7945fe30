/**
 * Fills the disk that holds the database named by its first argument until the store refuses, frees some of it again, and
 * prints as JSON what happened. `ballast` in the same directory is the file that is given up.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isAuthError } from '../../src/errors.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { aFamily, aSession, T0, UNTIL } from './store-fixtures.ts'

const path = process.argv[2] ?? ''
const ballast = join(dirname(path), 'ballast')
writeFileSync(ballast, Buffer.alloc(400_000, 1))
const store = createSqliteStore({ path })

const acknowledged: string[] = []
let failure: unknown
while (!failure && acknowledged.length < 10_000) {
  const session = aSession({ data: 'x'.repeat(3000) })
  try {
    await store.sessions.create(session, null, T0)
    acknowledged.push(session.id)
    await store.families.create(aFamily(session.id), T0)
  } catch (error) {
    failure = error
  }
}
const endedWhileFull = await store.sessions.endSubject('subject-1', null, UNTIL, T0).then(
  () => 'ended',
  (error: unknown) => (isAuthError(error) ? error.code : String(error)),
)
const stateWhileFull = await store.revocations.subject('subject-1')
const found = await Promise.all(acknowledged.map((id) => store.sessions.find(id, T0)))
const answersPing = await store.ping().then(() => true)
rmSync(ballast)
const afterwards = await store.sessions.create(aSession({ id: 'afterwards', generation: 9 }), null, T0)
await store.close()
console.log(
  JSON.stringify({
    code: isAuthError(failure) ? failure.code : String(failure),
    message: failure instanceof Error ? failure.message : null,
    acknowledged: acknowledged.length,
    lost: endedWhileFull === 'ended' ? 0 : found.filter((session) => session === null).length,
    endedWhileFull,
    stateWhileFull,
    answersPing,
    afterwards,
  }),
)
