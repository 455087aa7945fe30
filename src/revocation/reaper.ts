/** REAP: finds members that have not renewed for longer than any lease can last, by this process's own monotonic clock. */
import type { Member, Registry } from './engine.ts'

export interface Reaper {
  /**
   * Takes in a look at the registry and answers whom it may lose: their counter stood still for as long as a lease can
   * last. Nothing else counts: no wall clock, no lifetime kept by the store.
   * @param askedMs monotonic time before the look was asked for
   * @param answeredMs monotonic time after the answer
   */
  see(registry: Pick<Registry, 'incarnation' | 'members'>, askedMs: number, answeredMs: number): readonly Member[]
}

/** @param leaseEndMs how long after its grant a member's lease is surely over, in milliseconds */
export function createReaper(leaseEndMs: (memberId: string) => number): Reaper {
  let incarnation: string | null = null
  let sightings = new Map<string, { readonly renewals: number; readonly sinceMs: number }>()
  return {
    see(registry, askedMs, answeredMs) {
      const known = registry.incarnation === incarnation ? sightings : new Map<string, never>()
      incarnation = registry.incarnation
      sightings = new Map()
      const still: Member[] = []
      for (const member of registry.members) {
        const before = known.get(member.id)
        const sighting =
          before?.renewals === member.renewals ? before : { renewals: member.renewals, sinceMs: answeredMs }
        sightings.set(member.id, sighting)
        if (askedMs - sighting.sinceMs >= leaseEndMs(member.id)) still.push(member)
      }
      return still
    },
  }
}
