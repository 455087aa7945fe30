/** The goals of the design for a fleet, held against what was measured. */
import type { Goal } from '../goals.ts'
import type { Row } from '../report.ts'
import { ENGINES } from './engines.ts'
import { MISS, STEADY } from './reads.ts'
import { BACK_TO_BACK, rateName, spreadCase, verifiersName } from './spread.ts'

/** Milliseconds, p50 and p99, with 8 verifiers. */
const SPREAD = {
  Redis: [
    [BACK_TO_BACK, 1, 6],
    [rateName(100), 2.5, 8],
    [rateName(2000), 2, 20],
  ],
  Postgres: [[BACK_TO_BACK, 6, 18]],
} as const
const BOOT_SECONDS = { Redis: 2.5, Postgres: 4 } as const
const BYTES = 25
const CHECK_US = 0.15
const MISS_US = 12

export function fleetGoalsOf(rows: readonly Row[]): readonly Goal[] {
  const goals: Goal[] = []
  const measuredAt = (name: string, subject: string, metric: string): number | undefined =>
    rows.find((row) => row.case === name && row.subject === subject && row.metric === metric)?.median
  const atMost = (name: string, subject: string, metric: string, limit: number): void => {
    const value = measuredAt(name, subject, metric)
    if (value === undefined) return
    goals.push({
      case: name,
      goal: `${subject}: ${metric} at most ${limit}`,
      measured: value.toLocaleString('en'),
      isMet: value <= limit,
    })
  }
  for (const engine of ENGINES) {
    for (const [load, half, most] of SPREAD[engine]) {
      atMost(spreadCase(engine, load), verifiersName(8), 'p50 ms', half)
      atMost(spreadCase(engine, load), verifiersName(8), 'p99 ms', most)
    }
    const live = rows.find(({ case: name }) => name.startsWith(engine) && name.endsWith('live revocations'))?.case ?? ''
    atMost(live, 'Sojourn', 'seconds to start', BOOT_SECONDS[engine])
    atMost(live, 'Sojourn', 'bytes each in memory', BYTES)
    atMost(live, 'Sojourn', 'microseconds per check', CHECK_US)
    const work = `${engine}, work for requests`
    // A renewal of the lease may fall among those that were counted.
    atMost(work, MISS, 'store commands a request', 1.05)
    if (engine === 'Redis') {
      const [cold, warm] = [MISS, STEADY].map((subject) => measuredAt(work, subject, 'CPU of the server, us'))
      if (cold !== undefined && warm !== undefined)
        goals.push({
          case: work,
          goal: `a near-cache miss: at most ${MISS_US} us of CPU`,
          measured: (cold - warm).toFixed(2),
          isMet: cold - warm <= MISS_US,
        })
    }
    atMost(work, STEADY, 'store commands a request', 0)
  }
  return goals
}
