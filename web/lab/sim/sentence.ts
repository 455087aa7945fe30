/** What a run has shown, in one sentence with its numbers. */
import { MODE_WORDS } from './modes.ts'
import type { ColumnResult, Setup } from './result.ts'
import type { ScenarioName } from './scenarios.ts'

const many = (count: number, what: string): string =>
  `${count.toLocaleString('en').replaceAll(',', ' ')} ${what}${count === 1 ? '' : 's'}`

/** `8 min 40 s`, `26 days 4 h`, `1.1 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Number(ms.toPrecision(2))} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} days ${Math.floor((seconds % 86_400) / 3600)} h`
}

const after = ({ counters: { acceptedAfter, acceptedAfterMs } }: ColumnResult): string =>
  acceptedAfter === 0
    ? '0 more requests'
    : `${many(acceptedAfter, 'more request')}, the last one after ${duration(acceptedAfterMs)}`

const share = (part: number, whole: number): string =>
  whole === 0 ? '0 %' : `${Number(((100 * part) / whole).toFixed(part / whole < 0.1 ? 1 : 0))} %`

type Say = (column: ColumnResult, setup: Setup) => string

const CLAUSES: Readonly<Record<ScenarioName, { readonly start: string; readonly say: Say }>> = {
  'revoke-one': { start: 'After revoke() had resolved, the stolen login was let in for', say: after },
  'revoke-user': { start: 'After revoke() had resolved, the three logins of Ana were let in for', say: after },
  'role-removed': { start: 'After changeClaims() had resolved, Ana was still an administrator for', say: after },
  'password-reset': {
    start: 'After the new password, the stolen login was let in for',
    say: (column) => `${after(column)} (her own login ${column.figures.ownKept ? 'went on' : 'ended, too'})`,
  },
  'store-outage': {
    start: 'Of all requests, so many could not be decided',
    say: ({ counters }) =>
      `${many(counters.unavailable, 'request')} (${share(counters.unavailable, counters.requests)})`,
  },
  'new-instance': {
    start: 'The new instance let Ana in',
    say: ({ figures, counters }) =>
      `${duration(figures.firstAcceptMs ?? 0)} after it began to start, and ${many(counters.lookups, 'request')} of the fleet waited for the store`,
  },
  partition: {
    start: 'With one instance cut off, after revoke() had resolved, the login was let in for',
    say: (column) => {
      const { calledAtMs, resolvedAtMs, confirmedBy } = column
      const wait = calledAtMs !== null && resolvedAtMs !== null ? duration(resolvedAtMs - calledAtMs) : 'never'
      return `${after(column)} (revoke() took ${wait}${confirmedBy === 'lease' ? ', for it waited out a lease' : ''})`
    },
  },
  'key-rotation': {
    start: 'After the emergency brake had resolved, tokens and sessions of before it were let in for',
    say: after,
  },
  'clock-skew': {
    start: 'With one clock 90 s behind, after revoke() had resolved, the login was let in for',
    say: after,
  },
  'login-storm': {
    start: 'Everybody signing in within 10 s cost',
    say: ({ counters }) =>
      `${many(counters.signIns, 'sign-in')}, ${many(counters.signed, 'signature')} and ${many(counters.writes, 'write')}`,
  },
  'thirty-days': {
    start: 'What was stolen on day 2 of a session of 30 days was good for',
    say: (column) => `${duration(column.figures.exposureMs ?? 0)} (${after(column)} after the log-out on day 10)`,
  },
  'header-budget': {
    start: 'With 40 roles, each request carries',
    say: ({ figures }) =>
      `${many(figures.bytesAt40 ?? 0, 'byte')}${(figures.cookieAt ?? -1) >= 0 ? ` (from ${figures.cookieAt} roles on more than the 4 096 that a cookie may have)` : ''}${(figures.outgrownAt ?? -1) >= 0 ? `; at ${figures.outgrownAt} roles no token holds them any more` : ''}`,
  },
}

export function sentenceOf(setup: Setup, columns: readonly ColumnResult[]): string {
  const { start, say } = CLAUSES[setup.scenario]
  const parts = columns.map((column) => `${MODE_WORDS[column.mode].title}: ${say(column, setup)}`)
  return `${start}: ${parts.join('; ')}.`
}
