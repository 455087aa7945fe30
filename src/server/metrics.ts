/** Prometheus metrics. Labels hold routes, modes, outcomes and codes: nothing of any user. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { FollowerMetrics, FollowerState } from '../revocation/follower-shape.ts'

const STATES: readonly FollowerState[] = ['JOINING', 'LIVE', 'STALE']

/** What is read anew for each scrape. */
export interface Gauges {
  leaseAgeSeconds(): number
  leaseHolds(): boolean
  /** Of this verifier's follower. */
  follower(): FollowerMetrics
  /** Revocations of this process that are waiting for the fleet; verifiers that it has removed. */
  spread(): { readonly pending: number; readonly reaped: number }
  /** null: the store does not say. */
  sessions(): Promise<number | null>
  /** null: they are counted in the store. */
  throttledKeys(): number | null
}

export type SignInOutcome =
  | 'success'
  | 'credentials'
  | 'throttled'
  | 'password_change_required'
  | 'busy'
  | 'limit'
  | 'error'

export interface Metrics {
  readonly contentType: string
  request(route: string, method: string, status: number, seconds: number): void
  signIn(outcome: SignInOutcome, mode: string): void
  /** `rotated`, or the code of the refusal without its part. */
  refresh(outcome: string): void
  revocation(kind: string, confirmedBy: string, spreadMs: number): void
  token(bytes: number): void
  check(credential: 'cookie' | 'token', answeredFrom: 'memory' | 'store'): void
  /** A login was recognised. */
  accepted(): void
  /** When that was for the last time, in seconds since 1970; null: never. */
  lastAcceptedAt(): number | null
  /** @param call `sessions.find` @param during whether a request waited for it */
  storeCall(call: string, during: 'request' | 'background', isGood: boolean): void
  backgroundError(work: string): void
  /** What the OpenID Connect provider did. */
  provider(event: string): void
  render(gauges: Gauges): Promise<string>
}

/** A registry of its own, so that several servers in one process do not mix. */
export function createMetrics(): Metrics {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name: `sojourn_${name}`, help, labelNames, registers })
  const gauge = <T extends string>(name: string, help: string, labelNames: T[] = []) =>
    new Gauge({ name: `sojourn_${name}`, help, labelNames, registers })
  const histogram = <T extends string>(name: string, help: string, buckets: number[], labelNames: T[]) =>
    new Histogram({ name: `sojourn_${name}`, help, buckets, labelNames, registers })

  const requests = counter('http_requests_total', 'Requests answered.', ['route', 'method', 'status'])
  const durations = histogram(
    'http_request_seconds',
    'Time to answer a request.',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    ['route'],
  )
  const signIns = counter('sign_ins_total', 'Attempts to sign in.', ['outcome', 'mode'])
  const refreshes = counter('refreshes_total', 'Refresh tokens presented.', ['outcome'])
  const revocations = counter('revocations_total', 'Revocations that reached every verifier.', ['kind', 'confirmed_by'])
  const spread = histogram(
    'revocation_spread_seconds',
    'From the append until no verifier accepts any more.',
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 12, 15],
    [],
  )
  const tokenBytes = histogram(
    'token_bytes',
    'Size of access tokens on the wire.',
    [256, 384, 440, 512, 640, 768, 1024, 2048, 4096],
    [],
  )
  const checks = counter('checks_total', 'Credentials checked, and where the answer came from.', ['credential', 'from'])
  const failures = counter('background_errors_total', 'Failures of work that no request waits for.', ['work'])
  const provider = counter('oidc_events_total', 'What the OpenID Connect provider did.', ['event'])
  const leaseAge = gauge('lease_age_seconds', 'Since the last renewal that this verifier may decide by.')
  const leaseHeld = gauge('lease_held', 'Whether this verifier may decide from memory.')
  const applied = gauge('revocation_applied_offset', 'The last log entry that this verifier knows.')
  const head = gauge('revocation_log_head', 'The last log entry that a renewal has told of.')
  const state = gauge(
    'verifier_state',
    '1 for the present one. JOINING: the log has not been read yet; LIVE: the lease holds; STALE: it has run out.',
    ['state'],
  )
  const followed = gauge('revocation_follower_events', 'Renewals, failed calls and readings anew since the start.', [
    'event',
  ])
  const pending = gauge('revocations_pending', 'Revocations of this process that wait for other verifiers.')
  const reaped = gauge('verifiers_reaped', 'Verifiers that this process has removed, for they had disappeared.')
  const lastAccepted = gauge('last_accepted_timestamp_seconds', 'When this process last recognised a login; 0: never.')
  const storeCalls = counter('store_calls_total', 'Calls to the store; request: somebody waited for it.', [
    'call',
    'during',
    'outcome',
  ])
  const sessions = gauge('sessions', 'Live sessions (may be a minute old).')
  const throttled = gauge(
    'throttled_keys',
    'Devices, addresses and accounts whose attempts are counted (NaN: in the store, for all servers).',
  )

  let acceptedAtMs: number | null = null

  return {
    contentType: registry.contentType,
    request(route, method, status, seconds) {
      requests.inc({ route, method, status: String(status) })
      durations.observe({ route }, seconds)
    },
    signIn: (outcome, mode) => signIns.inc({ outcome, mode }),
    refresh: (outcome) => refreshes.inc({ outcome }),
    revocation(kind, confirmedBy, spreadMs) {
      revocations.inc({ kind, confirmed_by: confirmedBy })
      spread.observe(spreadMs / 1000)
    },
    token: (bytes) => tokenBytes.observe(bytes),
    check: (credential, from) => checks.inc({ credential, from }),
    accepted() {
      acceptedAtMs = Date.now()
    },
    lastAcceptedAt: () => (acceptedAtMs === null ? null : Math.floor(acceptedAtMs / 1000)),
    storeCall: (call, during, isGood) => storeCalls.inc({ call, during, outcome: isGood ? 'ok' : 'failed' }),
    backgroundError: (work) => failures.inc({ work }),
    provider: (event) => provider.inc({ event }),
    async render(gauges) {
      leaseAge.set(Math.min(gauges.leaseAgeSeconds(), Number.MAX_SAFE_INTEGER))
      leaseHeld.set(gauges.leaseHolds() ? 1 : 0)
      const follower = gauges.follower()
      applied.set(follower.applied)
      head.set(follower.head)
      for (const one of STATES) state.set({ state: one }, follower.state === one ? 1 : 0)
      for (const event of ['renewals', 'failures', 'resets'] as const) followed.set({ event }, follower[event])
      lastAccepted.set((acceptedAtMs ?? 0) / 1000)
      pending.set(gauges.spread().pending)
      reaped.set(gauges.spread().reaped)
      throttled.set(gauges.throttledKeys() ?? Number.NaN)
      sessions.set((await gauges.sessions()) ?? Number.NaN)
      return registry.metrics()
    },
  }
}
