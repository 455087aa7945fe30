/** How long does it take to check a session cookie that is near at hand? Beside the floor. */
import { systemClock } from '../src/clock.ts'
import { randomId } from '../src/crypto/random.ts'
import { createSecretRing } from '../src/crypto/secret-ring.ts'
import type { Logins } from '../src/login/login.ts'
import { createLogins } from '../src/login/logins.ts'
import type { Store } from '../src/login/store.ts'
import type { FollowedView } from '../src/revocation/view.ts'
import type { Session } from '../src/session/session.ts'
import { newSessionToken } from '../src/session/session-token.ts'
import { createMemoryStore } from '../src/stores/memory/index.ts'
import { createIssuerKeys } from '../src/token/issuer-keys.ts'
import type { Case, Subject } from './measure.ts'
import { createPool, ISSUER, type TokenPool } from './tokens.ts'
import { createView, mapFloor, renew, revoke, SMALL } from './verify.ts'

export interface CookieSuiteOptions {
  /** Distinct sessions of the wide case. */
  readonly wide: number
  /** Live revocations in the large view. */
  readonly revocations: number
  readonly progress: (text: string) => void
}

const DAY = 86_400

export async function* cookieCases({ wide, revocations, progress }: CookieSuiteOptions): AsyncGenerator<Case> {
  for (const count of [1, wide]) {
    progress(`cookies: ${count} sessions`)
    const rows = new Map<string, string>()
    const pool = createPool(Array.from({ length: count }, () => signIn(rows)))
    const small = await warmed(rows, pool, SMALL)
    const large = await warmed(rows, pool, revocations)
    // Of its own, so that nothing moves in the others.
    const moving = await warmed(rows, pool, revocations)
    const name = `Sojourn, ${revocations.toLocaleString('en')} revoked`
    yield {
      name: count === 1 ? 'Cookie warm, one hot session' : `Cookie warm, ${count.toLocaleString('en')} sessions`,
      subjects: [
        mapFloor(count),
        subject(`Sojourn, ${SMALL.toLocaleString('en')} revoked`, small, false),
        subject(name, large, false),
        subject(`${name}, log moving`, moving, true),
      ],
      inputs: () => pool.cycle(0, count),
      warmUp: Math.max(2000, count),
    }
    await Promise.all([small, large, moving].map(({ logins }) => logins.close()))
  }
}

interface Warmed {
  readonly logins: Logins
  readonly view: FollowedView
}

function subject(name: string, { logins, view }: Warmed, isMoving: boolean): Subject {
  return {
    name,
    kind: 'ours',
    prepare: () => {
      renew(view)
      // An event before every batch of 500: each session is looked up in the tables again.
      if (isMoving) revoke(view, 1)
    },
    run: ({ tokens }) => {
      for (const cookie of tokens) if (!logins.resumeNow(cookie)) throw new Error('the session is not near at hand')
    },
  }
}

/** Logins that have every session near at hand. */
async function warmed(rows: ReadonlyMap<string, string>, pool: TokenPool, revocations: number): Promise<Warmed> {
  const view = createView(revocations)
  const store = storeOf(rows)
  const secrets = createSecretRing(['a secret of the bench, 0123456789 abcdefghij'])
  const logins = createLogins({
    store,
    issuer: ISSUER,
    keys: createIssuerKeys({ records: store.records('signing-keys'), secrets, clock: systemClock }),
    secrets,
    revocations: {
      view,
      settle: () => Promise.reject(new Error('nothing is ended here')),
      onApplied: () => () => undefined,
      onReset: () => () => undefined,
      close: async () => undefined,
    },
    cacheSeconds: 3600,
    touchSeconds: DAY,
    cacheEntries: pool.count,
    cacheBytes: 2 ** 40,
  })
  for (let i = 0; i < pool.count; i++) await logins.resume(pool.fresh(i))
  return { logins, view }
}

/** Makes a row anew for each read and keeps none, as a store at the end of a wire does. */
function storeOf(rows: ReadonlyMap<string, string>): Store {
  const store = createMemoryStore()
  const find = async (id: string): Promise<Session | null> => {
    const text = rows.get(id)
    return text === undefined ? null : JSON.parse(text)
  }
  const findWithSubject: Store['sessions']['findWithSubject'] = async (id) => {
    const session = await find(id)
    return session && { session, subject: { generation: 0, deadBelow: 0, staleBelow: 0 } }
  }
  return { ...store, sessions: { ...store.sessions, find, findWithSubject } }
}

/** Adds a session's row and answers its cookie. */
function signIn(rows: Map<string, string>): string {
  const { id, value, secretHash } = newSessionToken(randomId())
  const now = systemClock.now()
  const session: Session = {
    id,
    secretHash,
    subject: randomId(),
    mode: 'cookie',
    generation: 0,
    floor: 0,
    version: 1,
    createdAt: now,
    lastSeenAt: now,
    idleTimeoutSeconds: 14 * DAY,
    absoluteExpiresAt: now + 90 * DAY,
    authenticatedAt: now,
    acr: null,
    amr: ['pwd'],
    clientId: null,
    browserId: randomId(),
    device: {
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      address: '192.0.2.1',
    },
    claims: { roles: ['reader'] },
    claimsGeneration: 0,
    data: { theme: 'dark', cart: [1, 2, 3] },
  }
  rows.set(id, JSON.stringify(session))
  return value
}
