/**
 * A process of its own that takes places on status lists, as many as it is told, beginning at a moment that all share. Arguments:
 * store (a path, or the address of a Redis or Postgres), places of a list, tokens, expiry, start in milliseconds since 1970. Prints what it got as JSON.
 */
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { createStatusIndex, type StatusPlace } from '../../src/revocation/status-list-index.ts'
import { openAnyStore } from './any-store.ts'

const [path = '', places = '', tokens = '', expiresAt = '', startAtMs = ''] = process.argv.slice(2)
const store = await openAnyStore(path)
const index = createStatusIndex(store.records, systemClock, Number(places))
await store.ping()
while (Date.now() < Number(startAtMs));
const taken: StatusPlace[] = []
const take = async (): Promise<void> => {
  const token = { tokenId: randomId(), sessionId: randomId(), subject: 'ana', generation: 0 }
  taken.push(await index.reserve(token, 0, Number(expiresAt)))
}
for (let i = 0; i < Number(tokens); i += 10) await Promise.all(Array.from({ length: 10 }, take))
await store.close()
console.log(JSON.stringify(taken))
