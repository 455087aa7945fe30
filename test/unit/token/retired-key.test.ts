import { describe, expect, it } from 'vitest'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'
import { createAccessTokenIssuer } from '../../../src/token/access-tokens.ts'
import { createIssuerKeys } from '../../../src/token/issuer-keys.ts'

const ISSUER = 'https://app.example'
const secrets = createSecretRing(['0123456789abcdefghijklmnopqrstuvwxyz-0123456789'])

function setUp() {
  const clock = createTestClock()
  const records = createMemoryStore().records('signing-keys')
  const newKeys = () => createIssuerKeys({ records, secrets, clock })
  const retired = new Set<string>()
  const keys = newKeys()
  const issuer = createAccessTokenIssuer({ issuer: ISSUER, keys, isKeyRetired: (keyId) => retired.has(keyId) })
  const issue = async () => {
    const input = { subject: 'ann', sessionId: 's', generation: 0, audience: [ISSUER], clientId: ISSUER }
    const token = await issuer.issue({ ...input, scope: null, issuedAt: clock.now(), lifetimeSeconds: 600 })
    return token.keyId
  }
  return { keys, newKeys, retired, issue }
}

describe('a signing key that the floor has retired', () => {
  it('signs no more, though another process has rotated a moment ago', async () => {
    const { newKeys, retired, issue } = setUp()
    const first = await issue()
    const other = newKeys()
    const { signing, retired: ids } = await other.rotate({ compromised: true })
    // Until the floor is seen, this process still signs by its own copy.
    expect(await issue()).toBe(first)
    for (const id of ids) retired.add(id)
    expect(await issue()).toBe(signing)
  })

  it('gives way to the next one where nobody has rotated', async () => {
    const { keys, retired, issue } = setUp()
    retired.add(await issue())
    for (const { keyId } of await keys.list()) retired.add(keyId)
    const next = await issue()
    expect(retired.has(next)).toBe(false)
    expect(await issue()).toBe(next)
  })

  it('leaves no key when all are retired, and says so', async () => {
    const { keys } = setUp()
    const issuer = createAccessTokenIssuer({ issuer: ISSUER, keys, isKeyRetired: () => true })
    const input = { subject: 'ann', sessionId: 's', generation: 0, audience: [ISSUER], clientId: ISSUER }
    await expect(issuer.issue({ ...input, scope: null, issuedAt: 1, lifetimeSeconds: 600 })).rejects.toMatchObject({
      code: 'keys.unavailable',
    })
  })
})
