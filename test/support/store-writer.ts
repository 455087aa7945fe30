/**
 * Writes to the database named by its first argument until it is killed (or so many rounds as the second says), and says
 * on its standard output what has been acknowledged, each line written before the next thing is done.
 */
import { writeSync } from 'node:fs'
import { randomId } from '../../src/crypto/random.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { aFamily, aSession, T0, UNTIL } from './store-fixtures.ts'

const store = createSqliteStore({ path: process.argv[2] ?? '' })
const rounds = Number(process.argv[3] ?? Number.POSITIVE_INFINITY)
const say = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`)

async function writeOne(): Promise<void> {
  const session = aSession({ subject: randomId() })
  await store.sessions.create(session, null, T0)
  say('created', session.id)
  await store.families.create(aFamily(session.id), T0)
  const { offset } = await store.revocations.revokeToken(session.id, UNTIL, T0)
  say('appended', offset, session.id)
  await store.records('code').put(session.id, 'x'.repeat(2000), null, T0)
  say('put', session.id)
  const next = aSession({ subject: session.subject })
  const rotated = await store.sessions.rotate(session.id, 1, next, UNTIL, T0)
  if (rotated.outcome === 'rotated') say('rotated', session.id, next.id, rotated.appended.offset)
  const ended = await store.sessions.end(next.id, UNTIL, T0)
  say('ended', next.id, ended.offset)
}

async function writeOn(): Promise<void> {
  for (let round = 0; round < rounds; round++) await writeOne()
}

// Several at once, so that transactions are shared, too; one alone when the rounds are counted.
await Promise.all(Array.from({ length: Number.isFinite(rounds) ? 1 : 8 }, writeOn))
await store.close()
