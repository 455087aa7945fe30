/** Logins over a memory store with a frozen clock; the log is followed when the test says so. */
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import type { JsonObject } from '../../src/json.ts'
import type { Logins } from '../../src/login/login.ts'
import { createLogins } from '../../src/login/logins.ts'
import type { LoginEvent, LoginRevocations, LoginsOptions } from '../../src/login/options.ts'
import type { Store } from '../../src/login/store.ts'
import type { LogEntry } from '../../src/revocation/engine.ts'
import { createRevocationView } from '../../src/revocation/view.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createTestClock, type TestClock } from '../../src/testing/clock.ts'
import { createIssuerKeys } from '../../src/token/issuer-keys.ts'

export const ISSUER = 'https://app.example'
export const RING = createSecretRing(['an application secret of 32 characters or more'])
const LEASE_MS = 12_000

export interface LoginKit {
  readonly logins: Logins
  readonly clock: TestClock
  readonly store: Store
  readonly events: LoginEvent[]
  readonly errors: unknown[]
  /** What the claims loader answers, by subject. */
  readonly claims: Map<string, JsonObject>
  /** How often the claims loader was asked. */
  readonly loads: { count: number }
  /** Reads the log to its end and renews the lease. */
  follow(): Promise<void>
  /** Moves the clock, then follows. */
  advance(seconds: number): Promise<void>
  /** From now on nothing is followed and nothing renewed, whatever is awaited. */
  cutOff(): void
  /** Drops the lease; the tables stay as they are. */
  loseLease(): void
}

export interface KitOptions extends Partial<LoginsOptions> {
  /** Stands between the logins and the store. */
  readonly wrap?: (store: Store) => Store
  /** A store that another kit has too: another process, as it were. */
  readonly shared?: LoginKit
}

export async function createLoginKit({ wrap, shared, ...over }: KitOptions = {}): Promise<LoginKit> {
  const clock = shared?.clock ?? createTestClock()
  const store = shared?.store ?? createMemoryStore()
  const seen = wrap ? wrap(store) : store
  const events: LoginEvent[] = []
  const errors: unknown[] = []
  const claims = shared?.claims ?? new Map<string, JsonObject>()
  const loads = { count: 0 }
  const view = createRevocationView({ clock, judge: (ref, now) => seen.revocations.judge(ref, now) })
  const applied = new Set<(entry: LogEntry) => void>()
  const reset = new Set<() => void>()
  let offset = 0
  let following = true

  const follow = async (): Promise<void> => {
    if (!following) return
    const sent = { mono: clock.monoMs(), wall: clock.wallMs() }
    for (const entry of await store.revocations.readAfter(offset, 100_000)) {
      view.apply(entry)
      for (const listener of applied) listener(entry)
      offset = entry.offset
    }
    view.lease.extend(sent.mono, sent.wall, LEASE_MS)
  }
  const revocations: LoginRevocations = {
    view,
    async settle({ incarnation, offset: of }) {
      await follow()
      return {
        incarnation,
        offset: of,
        confirmedBy: 'acks',
        waitedFor: [],
        verifiers: [],
        ms: 0,
        remoteEffectiveAt: null,
      }
    },
    onApplied: (listener) => subscribe(applied, listener),
    onReset: (listener) => subscribe(reset, listener),
    async close() {
      following = false
      view.lease.drop()
    },
  }
  const logins = createLogins({
    store: seen,
    issuer: ISSUER,
    keys: createIssuerKeys({ records: store.records('signing-keys'), secrets: RING, clock }),
    secrets: RING,
    clock,
    revocations,
    claims: async (subject) => {
      loads.count++
      return claims.get(subject) ?? {}
    },
    onEvent: (event) => void events.push(event),
    onBackgroundError: (error) => void errors.push(error),
    ...over,
  })
  await follow()
  return {
    logins,
    clock,
    store,
    events,
    errors,
    claims,
    loads,
    follow,
    async advance(seconds) {
      clock.advance(seconds)
      // A first renewal tells of the time, a second one is granted by it.
      await follow()
    },
    cutOff() {
      following = false
    },
    loseLease() {
      view.lease.drop()
    },
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const DEVICE = { userAgent: 'Firefox', address: '192.0.2.7' }
