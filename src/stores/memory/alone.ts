/** A store in memory is one worker's alone: among several it would make a promise that nobody keeps. */
import { kindOfWorker } from '../../crypto/node-crypto.ts'

/** @throws TypeError in a worker of a cluster and in a worker thread, for there others may decide about the same logins */
export function assertAlone(): void {
  const kind = kindOfWorker()
  if (kind === null) return
  throw new TypeError(
    `a store in memory cannot be shared, and this is ${kind}: what is revoked in another one would still be accepted here. Open ` +
      'createSqliteStore, createRedisStore or createPostgresStore in each of them; or, if no other one decides about logins, ' +
      'createMemoryStore({ onlyInThisWorker: true })',
  )
}
