/** Session rows for tests. */
import { randomId } from '../../src/crypto/random.ts'
import type { Session } from '../../src/session/session.ts'
import { newSessionToken } from '../../src/session/session-token.ts'

/** A row that the login layer could have made at `now`. */
export function sessionFor(subject: string | null, now: number, over: Partial<Session> = {}): Session {
  const token = newSessionToken(randomId())
  return {
    id: token.id,
    secretHash: token.secretHash,
    subject,
    mode: 'cookie',
    generation: 0,
    floor: 0,
    version: 1,
    createdAt: now,
    lastSeenAt: now,
    idleTimeoutSeconds: 14 * 86_400,
    absoluteExpiresAt: now + 90 * 86_400,
    authenticatedAt: now,
    acr: null,
    amr: ['pwd'],
    clientId: null,
    browserId: randomId(),
    device: { userAgent: 'test', address: '127.0.0.1' },
    claims: {},
    claimsGeneration: 0,
    data: null,
    ...over,
  }
}
