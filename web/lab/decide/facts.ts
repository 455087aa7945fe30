/** What the answers mean in numbers. */
import type { Known } from './answers.ts'
import { ASSUMED } from './constants.ts'

const DELAYS = { next: 0, s1: 1, s10: 10, m1: 60, m15: 900, h1: 3600 } as const
const DAY = 86_400
const SESSIONS = {
  minutes: { idleSeconds: 15 * 60, absoluteSeconds: 8 * 3600 },
  day: { idleSeconds: 8 * 3600, absoluteSeconds: DAY },
  weeks: { idleSeconds: 14 * DAY, absoluteSeconds: 30 * DAY },
  months: { idleSeconds: 30 * DAY, absoluteSeconds: 90 * DAY },
} as const
const INSTANCES = { one: 1, few: 4, many: 32, regions: 32 } as const
const TRIPS = { local: 0, ms1: 1, ms5: 5, ms30: 30, ms100: 100, none: null } as const
const RATES = { r10: 10, r100: 100, r1000: 1000, r10000: 10_000, r100000: 100_000 } as const
const BUDGETS = { b5: 5, b20: 20, b100: 100 } as const
const CLAIMS = { c100: 100, c400: 400, c1000: 1000, c3000: 3000, c6000: 6000 } as const
const OUTAGES = { refuse: 0, s12: 12, m1: 60, m5: 300 } as const

export interface Facts {
  readonly known: Known
  readonly revokeSeconds: number
  readonly roleSeconds: number
  readonly idleSeconds: number
  readonly absoluteSeconds: number
  readonly instances: number
  /** Null: whatever checks cannot reach a store. */
  readonly tripMs: number | null
  readonly requestsPerSecond: number
  readonly budgetMs: number
  readonly activeSessions: number
  readonly claimBytes: number
  readonly outageSeconds: number
  readonly hasBrowser: boolean
  readonly hasNative: boolean
  readonly hasServices: boolean
  readonly hasHub: boolean
  /** Somebody runs a store, wherever it is. */
  readonly hasStore: boolean
  /** A store that whatever checks can reach. */
  readonly reachesStore: boolean
  readonly hasFeed: boolean
  readonly isFleet: boolean
}

export function factsOf(known: Known): Facts {
  const { q1, q13 } = known
  const tripMs = TRIPS[known.q6r]
  const requestsPerSecond = RATES[known.q7]
  const hasStore = q13.includes('store')
  return {
    known,
    revokeSeconds: DELAYS[known.q3],
    roleSeconds: DELAYS[known.q4],
    ...SESSIONS[known.q5],
    instances: INSTANCES[known.q6],
    tripMs,
    requestsPerSecond,
    budgetMs: BUDGETS[known.q7b],
    activeSessions: requestsPerSecond * ASSUMED.secondsBetweenRequests.value,
    claimBytes: CLAIMS[known.q9],
    outageSeconds: OUTAGES[known.q14],
    hasBrowser: q1.includes('pages') || q1.includes('spa'),
    hasNative: q1.includes('mobile') || q1.includes('partner'),
    hasServices: q1.includes('service') || known.q8 !== 'one',
    hasHub: known.q2 !== 'one' || known.q10 !== 'own',
    hasStore,
    reachesStore: hasStore && tripMs !== null,
    hasFeed: q13.includes('feed') && hasStore,
    isFleet: known.q6 !== 'one',
  }
}
