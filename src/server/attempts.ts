/** Where this server counts attempts: in its own memory, kept over a restart; in the store, where several servers share one. */
import { ATTEMPT_LIMITS, type AttemptCounter, type AttemptKind } from '../accounts/throttle.ts'
import { createAttemptCounter, type KeptAttemptCounter } from './attempt-counter.ts'
import { isFleet } from './config-store.ts'
import type { Instance } from './instance.ts'
import type { Job } from './jobs.ts'
import { createSharedAttemptCounter } from './shared-attempt-counter.ts'
import { createThrottleKeeper } from './throttle-keeper.ts'

export interface Attempts {
  readonly counters: Readonly<Record<AttemptKind, AttemptCounter>>
  /** What has to be done about them in the background. */
  readonly jobs: readonly Job[]
  /** How many keys are counted here; null: not here but in the store. */
  size(): number | null
  /** Keeps what has to outlive this process. */
  save(): Promise<void>
}

/** The kinds of record of the shared counters. */
export const ATTEMPT_RECORDS: readonly string[] = Object.keys(ATTEMPT_LIMITS).map(recordsOf)

export async function openAttempts(instance: Instance): Promise<Attempts> {
  const { config, clock, store } = instance
  if (isFleet(config.store)) {
    const counters = each((kind) =>
      createSharedAttemptCounter(ATTEMPT_LIMITS[kind], store.records(recordsOf(kind)), clock),
    )
    return { counters, jobs: [], size: () => null, save: async () => undefined }
  }
  const counters = each((kind): KeptAttemptCounter => createAttemptCounter(ATTEMPT_LIMITS[kind], clock))
  const keeper = createThrottleKeeper(counters, store.records, clock)
  await keeper.restore()
  return {
    counters,
    jobs: [
      { name: 'keep the attempt counters', everySeconds: 15, run: () => keeper.save() },
      { name: 'sweep the attempt counters', everySeconds: 60, run: async () => keeper.sweep() },
    ],
    size: () => Object.values(counters).reduce((sum, counter) => sum + counter.size, 0),
    save: () => keeper.save(),
  }
}

function recordsOf(kind: string): string {
  return `attempts-${kind}`
}

function each<T>(make: (kind: AttemptKind) => T): Readonly<Record<AttemptKind, T>> {
  return {
    device: make('device'),
    address: make('address'),
    account: make('account'),
    signUp: make('signUp'),
    passwordCheck: make('passwordCheck'),
    deviceCode: make('deviceCode'),
  }
}
