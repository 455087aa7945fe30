/** What a run answers: plain numbers, no credential among them. */
import type { ModeName } from './modes.ts'
import type { ScenarioName } from './scenarios.ts'

/** What the user sets, all of it in the link. */
export interface Setup {
  readonly scenario: ScenarioName
  readonly instances: number
  readonly users: number
  /** Of all users together. */
  readonly requestsPerSecond: number
  readonly rttMs: number
  readonly seed: number
  readonly tokenMinutes: number
  /** What an application does while its store is down: refuse, or let in whoever it can still recognise. */
  readonly failOpen: boolean
}

export interface Counters {
  readonly requests: number
  readonly accepted: number
  readonly rejected: number
  /** 503: it could not be told who is asking. */
  readonly unavailable: number
  /** Of the watched user, after `await revoke()` (or the change) had resolved. */
  readonly acceptedAfter: number
  /** From then to the last of them. */
  readonly acceptedAfterMs: number
  /** Requests that waited for the store before they were decided. */
  readonly lookups: number
  readonly lookupP50Ms: number
  readonly lookupP99Ms: number
  readonly reads: number
  readonly writes: number
  /** Calls that keep the revocation log: renewals, reads, acknowledgements. */
  readonly logCalls: number
  readonly storeBytes: number
  readonly credentialBytes: number
  /** The watched user's header line. */
  readonly headerBytes: number
  readonly refreshes: number
  readonly signIns: number
  readonly signed: number
  readonly verified: number
  /** Before anything happens, the caches warm. */
  readonly steadyRequests: number
  readonly steadyReads: number
}

export type Standing = 'accepted' | 'rejected' | 'unavailable'
/** A stretch of time in which every request of the watched user came out the same. */
export interface Segment {
  readonly from: number
  readonly to: number
  readonly standing: Standing
  readonly requests: number
}
export interface Lane {
  readonly name: string
  readonly segments: readonly Segment[]
}
export interface Mark {
  readonly at: number
  readonly label: string
}
/** Counts since the point before; bytes since the start. */
export interface Point {
  readonly at: number
  readonly accepted: number
  readonly rejected: number
  readonly bytes: number
}

export interface ColumnResult {
  readonly mode: ModeName
  readonly counters: Counters
  readonly lanes: readonly Lane[]
  readonly series: readonly Point[]
  readonly marks: readonly Mark[]
  /** When `revoke()` (or the change) was called and when it resolved; null: nothing was revoked. */
  readonly calledAtMs: number | null
  readonly resolvedAtMs: number | null
  /** How the fleet was known to have it. */
  readonly confirmedBy: 'acks' | 'lease' | null
  /** Figures of this scenario only, by name. */
  readonly figures: Readonly<Record<string, number>>
}

export interface RunResult {
  readonly setup: Setup
  /** `ms` of virtual time, or number of `roles`. */
  readonly axis: 'ms' | 'roles'
  readonly horizon: number
  readonly columns: readonly ColumnResult[]
  readonly sentence: string
}
