/** What an option costs under given facts: counts and durations, never opinions. */
import {
  ASSUMED,
  BROWSER_TOKEN_SECONDS,
  CACHE_SECONDS,
  MEASURED,
  SHORT_CACHE_SECONDS,
  TOKEN_SECONDS,
} from './constants.ts'
import type { Facts } from './facts.ts'
import {
  bytesPerDay,
  bytesPerDayHttp2,
  denylistRows,
  exposureExpected,
  exposureUnnoticed,
  exposureWorst,
  refreshRate,
  stalenessMean,
} from './formulas.ts'
import { bytesOf, claimsMoved } from './header-bytes.ts'
import { type Option, type OptionId, optionOf } from './options.ts'

export interface Cost {
  readonly lifeSeconds: number
  /** After the revocation has returned. */
  readonly revokeSeconds: number
  /** Until it returns, at the 99th percentile. */
  readonly spreadSeconds: number
  readonly exposureSeconds: number
  readonly exposureWorstSeconds: number
  readonly exposureMeanSeconds: number
  readonly staleSeconds: number
  readonly staleMeanSeconds: number
  readonly latencyMs: number
  readonly cpuMicros: number
  readonly bytes: number
  readonly bytesPerDay: number
  readonly bytesPerDayHttp2: number
  readonly readsPerSecond: number
  readonly writesPerSecond: number
  readonly rows: number
  readonly storeBytes: number
  /** Share of requests that fail when the store has been away for as long as is wanted: 0 or 1. */
  readonly stopsWithStore: number
  /** 1: a new instance is of no use before it reaches the store; less where it needs a key set or a feed only. */
  readonly coupling: number
  /** 0 to 1: how much of what the leg asks it serves. */
  readonly served: number
  /** Ways for script and other sites to make use of it. */
  readonly openings: number
  /** Moving parts; one that the team does not run yet counts twice. */
  readonly parts: number
}

export function costOf(id: OptionId, facts: Facts): Cost {
  const option = optionOf(id)
  const lifeSeconds = exposedLife(id, option, facts)
  const revokeSeconds = option.delaySeconds ?? facts.absoluteSeconds
  const staleSeconds = option.staleSeconds ?? facts.absoluteSeconds
  const bytes = bytesOf(id, facts)
  const perDay = ASSUMED.requestsPerUserAndDay.value
  const isStealable =
    option.carrier !== 'cookie' || facts.known.q11.includes('malware') || facts.known.q11.includes('logs')
  const reads = readsOf(id, option, facts)
  // Of all requests, those that wait for the store.
  const waiting = Math.min(1, reads / facts.requestsPerSecond) + (claimsMoved(id, facts) ? 1 : 0)
  const trip = (facts.tripMs ?? 0) + (facts.tripMs === 0 ? LOCAL_MS : 0)
  const check = option.credential === 'session' ? MEASURED.cookieCheckMicros : MEASURED.tokenFirstCheckMicros
  return {
    lifeSeconds,
    revokeSeconds,
    spreadSeconds: option.revocation === 'log' ? MEASURED.spreadTailMs.value / 1000 : 0,
    exposureSeconds: exposureExpected(lifeSeconds, revokeSeconds) * (isStealable ? 1 : ASSUMED.stealableShare.value),
    exposureWorstSeconds: exposureWorst(lifeSeconds, revokeSeconds),
    exposureMeanSeconds: exposureUnnoticed(lifeSeconds),
    staleSeconds,
    staleMeanSeconds: stalenessMean(staleSeconds),
    latencyMs: check.value / 1000 + waiting * trip * ASSUMED.tailFactor.value,
    cpuMicros: option.credential === 'session' ? MEASURED.cookieCheckMicros.value : MEASURED.tokenCheckMicros.value,
    bytes,
    bytesPerDay: bytesPerDay(perDay, bytes),
    bytesPerDayHttp2: bytesPerDayHttp2(perDay, bytes),
    readsPerSecond: reads + (claimsMoved(id, facts) ? facts.activeSessions / ASSUMED.cacheSeconds.value : 0),
    writesPerSecond: writesOf(option, facts),
    rows: rowsOf(option, facts),
    storeBytes:
      rowsOf(option, facts) *
      (option.credential === 'session' ? MEASURED.sessionRowBytes : MEASURED.familyRowBytes).value,
    stopsWithStore: survives(id, option) >= facts.outageSeconds ? 0 : 1,
    coupling: couplingOf(option),
    served: servedOf(id, option, facts),
    openings: openingsOf(id, option, facts),
    parts: option.parts.reduce((sum, part) => sum + (isRun(part, facts) ? 1 : 2), 0),
  }
}

const LOCAL_MS = 0.02

/** One question for each request. */
function isAsking({ revocation, leg }: Option): boolean {
  return leg !== 'hub' && (revocation === 'row' || revocation === 'question')
}

/** How long a thief gets on: of a pair that rotates, until its owner comes back; of a bound one, until the next proof. */
function exposedLife(id: OptionId, option: Option, facts: Facts): number {
  if (option.binding === 'device-cookie') return ASSUMED.deviceCookieSeconds.value
  if (option.binding === 'proof') return ASSUMED.proofSeconds.value
  if (id === 'script-pair') return facts.absoluteSeconds
  if (option.credential === 'pair') return (option.lifeSeconds ?? 0) + ASSUMED.ownerAwaySeconds.value
  return Math.min(option.lifeSeconds ?? facts.absoluteSeconds, facts.absoluteSeconds)
}

function readsOf(id: OptionId, option: Option, { requestsPerSecond, activeSessions }: Facts): number {
  if (isAsking(option)) return requestsPerSecond
  const cached = (seconds: number): number => Math.min(requestsPerSecond, refreshRate(activeSessions, seconds))
  if (id === 'session-cache-60') return cached(CACHE_SECONDS)
  if (id === 'session-cache-5') return cached(SHORT_CACHE_SECONDS)
  return option.credential === 'session' ? cached(ASSUMED.cacheSeconds.value) : 0
}

function writesOf({ credential, lifeSeconds }: Option, { activeSessions }: Facts): number {
  if (credential === 'pair') return refreshRate(activeSessions, lifeSeconds ?? TOKEN_SECONDS)
  // A token that is minted from a session reads it; the session's own last-seen is written in either case.
  return credential === 'session' || credential === 'code' ? activeSessions / ASSUMED.touchSeconds.value : 0
}

function rowsOf({ credential, revocation, lifeSeconds }: Option, { activeSessions }: Facts): number {
  if (credential === 'sealed') return 0
  if (credential !== 'access') return activeSessions * ASSUMED.keptPerActive.value
  const entries = denylistRows(activeSessions * ASSUMED.revocationsPerSession.value, lifeSeconds ?? TOKEN_SECONDS)
  return revocation === 'log' || revocation === 'list' ? Math.ceil(entries) : 0
}

function survives(id: OptionId, { revocation, lifeSeconds }: Option): number {
  if (id === 'session-cache-60') return 5 * CACHE_SECONDS
  if (id === 'session-cache-5') return CACHE_SECONDS
  if (revocation === 'log') return ASSUMED.leaseSeconds.value
  return revocation === 'row' || revocation === 'question' ? 0 : (lifeSeconds ?? BROWSER_TOKEN_SECONDS)
}

function couplingOf({ revocation, credential }: Option): number {
  if (credential === 'sealed') return 0
  const byMeans = { row: 1, question: 1, copy: 0.7, log: 0.5, list: 0.3, message: 0.5, expiry: 0.1 } as const
  return byMeans[revocation]
}

function servedOf(id: OptionId, option: Option, { known, absoluteSeconds }: Facts): number {
  if (id === 'one-host') return known.q1.includes('pages') ? 0.3 : 1
  if (id === 'sealed')
    return (known.q12.includes('list') ? 0.4 : 1) * (absoluteSeconds > (option.lifeSeconds ?? 0) ? 0.4 : 1)
  if (id === 'script-pair') return known.q1.includes('pages') ? 0.5 : 1
  return 1
}

function openingsOf(id: OptionId, option: Option, { known }: Facts): number {
  const script = option.carrier === 'script' ? 3 : 0
  const crossSite = option.carrier === 'cookie' ? 1 : 0
  const sibling = id === 'one-host' && known.q11.includes('sibling') ? 1 : 0
  return script + crossSite + sibling
}

function isRun(part: Option['parts'][number], { known }: Facts): boolean {
  return part === 'store' || part === 'rotation' || part === 'feed' ? known.q13.includes(part) : true
}
