/** Rows for the tests of stores: valid, with ids of their own, changed by what a test cares about. */
import type { Account } from '../accounts/account.ts'
import type { AuditEvent } from '../audit/event.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { randomId } from '../crypto/random.ts'
import type { Family } from '../refresh/family.ts'
import type { Session } from '../session/session.ts'

/** The second at which everything starts. */
export const T0 = 1_800_000_000
/** A bound for log entries that no test reaches. */
export const UNTIL = T0 + 1_000_000

export function aSession(change: Partial<Session> = {}): Session {
  const id = change.id ?? randomId()
  return {
    id,
    secretHash: sha256Base64url(`secret of ${id}`),
    subject: 'subject-1',
    mode: 'cookie',
    generation: 0,
    floor: 0,
    version: 1,
    createdAt: T0,
    lastSeenAt: T0,
    idleTimeoutSeconds: 100,
    absoluteExpiresAt: T0 + 1000,
    authenticatedAt: T0,
    acr: null,
    amr: ['pwd'],
    clientId: null,
    browserId: null,
    device: { userAgent: 'Firefox "quoted" – ünï', address: '192.0.2.1' },
    claims: { roles: ['reader'] },
    claimsGeneration: 0,
    data: { cart: [1, 2.5, 'drei', null, true] },
    ...change,
  }
}

export function aFamily(sessionId: string, change: Partial<Family> = {}): Family {
  return {
    id: randomId(),
    sessionId,
    subject: 'subject-1',
    clientId: 'phone',
    audience: ['https://api.example'],
    scope: 'read write',
    floor: 0,
    step: 0,
    secretHash: hashOf(0),
    previousHash: null,
    rotatedAt: null,
    sealedSuccessor: null,
    createdAt: T0,
    ...change,
  }
}

/** The hash of the token at a step, as the tests number them. */
export function hashOf(step: number | string): string {
  return sha256Base64url(`token ${step}`)
}

export function anAccount(change: Partial<Account> = {}): Account {
  const id = change.id ?? randomId()
  return {
    id,
    email: `${id}@example.com`,
    passwordHash: '$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA',
    claims: { roles: ['reader'] },
    mustChangePassword: false,
    createdAt: T0,
    version: 1,
    ...change,
  }
}

export function anAuditEvent(change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    at: T0,
    action: 'session.sign_in',
    actor: { kind: 'subject', id: 'subject-1' },
    subject: 'subject-1',
    sessionId: null,
    address: '192.0.2.1',
    detail: { mode: 'cookie' },
    ...change,
  }
}

/** Runs `act` for each of so many callers at once. */
export function together<T>(callers: number, act: (caller: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: callers }, (_, caller) => act(caller)))
}

/** How often each answer was given. */
export function tally(answers: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const answer of answers) counts[String(answer)] = (counts[String(answer)] ?? 0) + 1
  return counts
}
