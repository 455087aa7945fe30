/** Counts what happens in one column. */
import type { Counters, Lane, Point, Standing } from './result.ts'

export interface Meter {
  called(kind: 'read' | 'write' | 'log', bytes: number): void
  answered(kind: 'read' | 'write' | 'log', bytes: number): void
  /** A request has been decided. `lane`: of the watched user. */
  decided(standing: Standing, sinceMs: number, nowMs: number, waited: boolean, lane: string | null): void
  sent(headerBytes: number): void
  count(what: 'refreshes' | 'signIns' | 'signed' | 'verified'): void
  /** Everything so far was preparation. */
  start(): void
  /** The quiet time is over. */
  endOfQuiet(): void
  /** From here on, whatever the watched user is still let in for counts. */
  resolved(nowMs: number): void
  /** A lane begins, before anything is decided in it. */
  addLane(name: string): void
  readonly acceptedAfter: number
  result(headerBytes: number): {
    readonly counters: Counters
    readonly lanes: readonly Lane[]
    readonly series: readonly Point[]
  }
}

const POINTS = 240
const zero = () => ({
  requests: 0,
  accepted: 0,
  rejected: 0,
  unavailable: 0,
  acceptedAfter: 0,
  acceptedAfterMs: 0,
  lookups: 0,
  reads: 0,
  writes: 0,
  logCalls: 0,
  storeBytes: 0,
  credentialBytes: 0,
  refreshes: 0,
  signIns: 0,
  signed: 0,
  verified: 0,
})

/** @param seesAll whether the chart shows every request, or the watched user's */
export function createMeter(horizon: number, seesAll: boolean): Meter {
  const width = Math.max(1000, Math.ceil(horizon / POINTS / 1000) * 1000)
  let total = zero()
  let steady = { requests: 0, reads: 0 }
  let resolvedMs = Number.POSITIVE_INFINITY
  let waits: number[] = []
  const lanes = new Map<string, { from: number; to: number; standing: Standing; requests: number }[]>()
  const points = Array.from({ length: Math.ceil(horizon / width) }, () => ({ accepted: 0, rejected: 0, bytes: 0 }))
  let lastMs = 0

  const pointAt = (ms: number) => points[Math.min(points.length - 1, Math.max(0, Math.floor(ms / width)))]
  const carry = (bytes: number): void => {
    total.storeBytes += bytes
    const point = pointAt(lastMs)
    if (point) point.bytes += bytes
  }

  return {
    called(kind, bytes) {
      total[kind === 'log' ? 'logCalls' : kind === 'write' ? 'writes' : 'reads']++
      carry(bytes)
    },
    answered: (_kind, bytes) => carry(bytes),
    sent(bytes) {
      total.credentialBytes += bytes
      const point = pointAt(lastMs)
      if (point) point.bytes += bytes
    },
    decided(standing, sinceMs, nowMs, waited, lane) {
      lastMs = nowMs
      total.requests++
      total[standing]++
      if (waited) {
        total.lookups++
        waits.push(nowMs - sinceMs)
      }
      const point = pointAt(nowMs)
      if (point && (seesAll || lane !== null)) point[standing === 'accepted' ? 'accepted' : 'rejected']++
      if (lane === null) return
      if (standing === 'accepted' && sinceMs >= resolvedMs) {
        total.acceptedAfter++
        total.acceptedAfterMs = Math.max(total.acceptedAfterMs, nowMs - resolvedMs)
      }
      const segments = lanes.get(lane) ?? []
      const last = segments.at(-1)
      if (last?.standing === standing) {
        last.to = nowMs
        last.requests++
      } else {
        segments.push({ from: nowMs, to: nowMs, standing, requests: 1 })
        lanes.set(lane, segments)
      }
    },
    count(what) {
      total[what]++
    },
    start() {
      total = zero()
      waits = []
      lanes.clear()
      for (const point of points) Object.assign(point, { accepted: 0, rejected: 0, bytes: 0 })
    },
    endOfQuiet() {
      steady = { requests: total.requests, reads: total.reads }
    },
    resolved(nowMs) {
      resolvedMs = nowMs
    },
    addLane: (name) => void (lanes.has(name) || lanes.set(name, [])),
    get acceptedAfter() {
      return total.acceptedAfter
    },
    result(headerBytes) {
      let bytes = 0
      const sorted = waits.toSorted((a, b) => a - b)
      const centile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
      return {
        counters: {
          ...total,
          headerBytes,
          lookupP50Ms: centile(0.5),
          lookupP99Ms: centile(0.99),
          steadyRequests: steady.requests,
          steadyReads: steady.reads,
        },
        lanes: [...lanes].map(([name, segments]) => ({ name, segments })),
        series: points.map((point, i) => {
          bytes += point.bytes
          return { at: i * width, accepted: point.accepted, rejected: point.rejected, bytes }
        }),
      }
    },
  }
}
