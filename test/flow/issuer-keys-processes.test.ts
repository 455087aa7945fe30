/** Twenty instances in five processes share one set of signing keys. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { createIssuerKeys } from '../../src/token/issuer-keys.ts'
import { runNode } from '../support/processes.ts'

const PROCESSES = 5
const WORKER = fileURLToPath(new URL('../support/key-worker.ts', import.meta.url))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('agree on the first key, and lose no rotation', async () => {
  const path = join(folder, 'auth.db')
  await createSqliteStore({ path }).close()
  const startAtMs = String(Date.now() + 2500)
  const runs = Array.from({ length: PROCESSES }, () => runNode([WORKER, path, startAtMs]))
  const ended = await Promise.all(runs)
  expect(ended.map(({ stderr }) => stderr).filter((text) => text !== '')).toEqual([])
  const seen = ended.map(({ stdout }) => JSON.parse(stdout) as { first: string[]; rotated: string[] })
  const rotated = seen.flatMap((one) => one.rotated)
  expect(new Set(rotated).size).toBe(4 * PROCESSES)

  const store = createSqliteStore({ path })
  const secrets = createSecretRing(['an application secret of 32 characters or more'])
  const keys = createIssuerKeys({ records: store.records('signing-keys'), secrets, clock: systemClock })
  const listed = await keys.list()
  // One first key, whichever process made it, and one for each rotation; the last one signs.
  expect(listed).toHaveLength(1 + rotated.length)
  const [first] = listed.filter((key) => !rotated.includes(key.keyId))
  expect(seen.some((one) => one.first.includes(first?.keyId ?? ''))).toBe(true)
  const known = new Set(listed.map((key) => key.keyId))
  expect(seen.flatMap((one) => one.first).filter((keyId) => !known.has(keyId))).toEqual([])
  expect(listed.filter((key) => key.state === 'signing').map((key) => key.keyId)).toEqual([
    (await keys.signing()).keyId,
  ])
  await store.close()
}, 60_000)
