/**
 * A process of its own with four instances of the issuer's keys over one database file.
 * Arguments: the path, and when to begin (milliseconds since 1970). Prints what it saw as JSON.
 */
import { systemClock } from '../../src/clock.ts'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { createIssuerKeys } from '../../src/token/issuer-keys.ts'

const [path = '', startAtMs = '0'] = process.argv.slice(2)
const store = createSqliteStore({ path })
const secrets = createSecretRing(['an application secret of 32 characters or more'])
const records = store.records('signing-keys')
const instances = Array.from({ length: 4 }, () => createIssuerKeys({ records, secrets, clock: systemClock }))

// All workers spin up to one moment, so that they do meet.
while (Date.now() < Number(startAtMs));
const first = await Promise.all(instances.map(async (keys) => (await keys.signing()).keyId))
const rotated = await Promise.all(instances.map(async (keys) => (await keys.rotate()).signing))
await store.close()
console.log(JSON.stringify({ first, rotated }))
