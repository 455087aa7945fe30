/** What an application's `Auth` does besides answering: removes what has expired, looks after the keys. */
import type { Clock } from '../clock.ts'
import type { Store } from '../login/store.ts'
import { STATUS_RECORDS } from '../revocation/status-list-names.ts'
import { systemTimers, type Timers } from '../revocation/timers.ts'
import type { IssuerKeys } from '../token/issuer-keys.ts'

export interface UpkeepOptions {
  readonly store: Store
  readonly keys: Pick<IssuerKeys, 'refresh'>
  readonly clock: Clock
  /** Told of each step that failed; it is tried again next time. */
  readonly onFailure: (error: unknown, work: string) => void
  readonly timers?: Timers
}

const EVERY_MS = 60_000
/** Rows per step: the rest waits for the next round, so that nobody waits for us. */
const PORTION = 1000

/** Begins; holds no process. Returns how to stop, which waits for the round under way. */
export function startUpkeep({ store, keys, clock, onFailure, timers = systemTimers }: UpkeepOptions) {
  const steps: readonly (readonly [work: string, step: () => Promise<unknown>])[] = [
    ['looking after the signing keys', () => keys.refresh()],
    ['deleting expired sessions', () => store.sessions.deleteExpired(clock.now(), PORTION)],
    ['deleting expired families', () => store.families.deleteExpired(clock.now(), PORTION)],
    ['deleting expired browsers', () => store.records('browser').deleteExpired(clock.now(), PORTION)],
    ['deleting expired conversions', () => store.records('conversion').deleteExpired(clock.now(), PORTION)],
    ['deleting expired moves', () => store.records('moved-in').deleteExpired(clock.now(), PORTION)],
    ...STATUS_RECORDS.map(
      (kind) =>
        [`deleting expired ${kind} records`, () => store.records(kind).deleteExpired(clock.now(), PORTION)] as const,
    ),
  ]
  let stopped = false
  let round: Promise<void> = Promise.resolve()
  let cancel = (): void => undefined

  const run = async (): Promise<void> => {
    for (const [work, step] of steps) {
      if (stopped) return
      await step().catch((error: unknown) => onFailure(error, work))
    }
  }
  const plan = (): void => {
    cancel = timers.after(
      EVERY_MS,
      () => {
        round = run().then(() => {
          if (!stopped) plan()
        })
      },
      false,
    )
  }
  plan()
  return async (): Promise<void> => {
    stopped = true
    cancel()
    await round
  }
}
