/** Looks at the registry: removes who cannot hold a lease any more, and settles a new incarnation once its time has come. */
import type { Clock } from '../clock.ts'
import type { Appended, Registry, RevocationEngine } from './engine.ts'
import { createReaper } from './reaper.ts'

export interface RegistryLooksOptions {
  readonly engine: Pick<RevocationEngine, 'members' | 'reap' | 'settle' | 'overlapMs'>
  readonly clock: Clock
  /** As `createLeaseEnd` makes it. */
  readonly leaseEndMs: (memberId: string) => number
  /** Told of each member that was removed. */
  readonly onReaped?: (memberId: string) => void
}

export interface RegistryLooks {
  /** @throws what the engine throws */
  look(): Promise<Registry>
  /** An append's answer is a first sighting of its members: a process that revokes once and ends can reap, too. */
  note(appended: Appended): void
  /** How many members have been removed. */
  readonly reaped: number
}

export function createRegistryLooks(options: RegistryLooksOptions): RegistryLooks {
  const { engine, clock, leaseEndMs } = options
  const reaper = createReaper(leaseEndMs)
  /** The unsettled incarnation, and when it was first seen. */
  let unsettled: { readonly incarnation: string; readonly sinceMs: number } | null = null
  let reaped = 0

  function see(registry: Registry, answeredMs: number): void {
    if (registry.settled) unsettled = null
    else if (unsettled?.incarnation !== registry.incarnation) {
      unsettled = { incarnation: registry.incarnation, sinceMs: answeredMs }
    }
  }

  /**
   * Every lease of an earlier incarnation is over; and nobody is registered who has yet to give back what it knows: a follower
   * leaves when it has (`recovery.ts`), and who is dead or cut off has been removed for its silence. Twice the time is enough.
   */
  function isDue(registry: Registry, askedMs: number): boolean {
    if (registry.settled || !unsettled) return false
    const waitMs = leaseEndMs('') + engine.overlapMs
    return askedMs - unsettled.sinceMs >= (registry.members.length > 0 ? 2 * waitMs : waitMs)
  }

  return {
    async look() {
      const askedMs = clock.monoMs()
      const registry = await engine.members()
      const answeredMs = clock.monoMs()
      see(registry, answeredMs)
      for (const { id, renewals } of reaper.see(registry, askedMs, answeredMs)) {
        if (!(await engine.reap(id, renewals))) continue
        reaped++
        options.onReaped?.(id)
      }
      if (isDue(registry, askedMs)) await engine.settle(registry.incarnation)
      return registry
    },
    note(appended) {
      const nowMs = clock.monoMs()
      see(appended, nowMs)
      reaper.see(appended, -Infinity, nowMs)
    },
    get reaped() {
      return reaped
    },
  }
}
