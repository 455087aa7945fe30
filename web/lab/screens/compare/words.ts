/** Rows of the tables, and how numbers are read. */
import type { ColumnResult, Standing } from '../../sim/result.ts'
import { duration } from '../../sim/sentence.ts'

export const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  accepted: 'let in',
  rejected: 'refused',
  unavailable: 'could not be told (503)',
}

export const number = (value: number): string => Math.round(value).toLocaleString('en').replaceAll(',', '\u00a0')

export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`
  return value < 1e6 ? `${(value / 1000).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`
}

/** `0:00`, `12:05`, `day 10`. */
export function moment(ms: number, horizon: number): string {
  if (horizon > 86_400_000) return `day ${Math.floor(ms / 86_400_000)}`
  const seconds = Math.floor(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

type Row = readonly [name: string, of: (column: ColumnResult) => string]

export const ROWS: readonly Row[] = [
  [
    'Let in after it had resolved',
    ({ counters, resolvedAtMs }) => (resolvedAtMs === null ? '-' : number(counters.acceptedAfter)),
  ],
  ['the last one after', ({ counters }) => (counters.acceptedAfter === 0 ? '-' : duration(counters.acceptedAfterMs))],
  [
    'Until it had resolved',
    ({ calledAtMs, resolvedAtMs, confirmedBy }) =>
      calledAtMs === null || resolvedAtMs === null
        ? '-'
        : `${duration(resolvedAtMs - calledAtMs)}${confirmedBy === 'lease' ? ' (a lease was waited out)' : ''}`,
  ],
  ['Requests', ({ counters }) => number(counters.requests)],
  ['let in', ({ counters }) => number(counters.accepted)],
  ['refused', ({ counters }) => number(counters.rejected)],
  ['could not be told (503)', ({ counters }) => number(counters.unavailable)],
  ['Requests that waited for the store', ({ counters }) => number(counters.lookups)],
  [
    'how long: half of them, 99 %',
    ({ counters }) =>
      counters.lookups === 0 ? '-' : `${duration(counters.lookupP50Ms)}, ${duration(counters.lookupP99Ms)}`,
  ],
  ['Store reads', ({ counters }) => number(counters.reads)],
  ['Store writes', ({ counters }) => number(counters.writes)],
  ['Calls of the revocation log', ({ counters }) => number(counters.logCalls)],
  ['Credential, one header line', ({ counters }) => bytes(counters.headerBytes)],
  ['Credentials, in all', ({ counters }) => bytes(counters.credentialBytes)],
  ['To and from the store', ({ counters }) => bytes(counters.storeBytes)],
  ['Token refreshes', ({ counters }) => number(counters.refreshes)],
  ['Sign-ins', ({ counters }) => number(counters.signIns)],
  ['Signatures made', ({ counters }) => number(counters.signed)],
  ['Signatures checked', ({ counters }) => number(counters.verified)],
]
