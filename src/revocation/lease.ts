/** The lease: how long this verifier may decide from memory, by two clocks of which either ends it. */
import type { Clock } from '../clock.ts'

/** A wall clock that went back by more than this ends the lease: entries may have been dropped by its former time. */
const WALL_STEP_MS = 1000

export interface Lease {
  /** Reads both clocks. */
  holds(): boolean
  /** As `holds`: the wall time that was read, or NaN. */
  wallMsWhileHeld(): number
  /** As `holds`, but `seconds` longer. */
  heldWithin(seconds: number): boolean
  /** Milliseconds since the last usable renewal was sent; Infinity without one. */
  stalenessMs(): number
  /** Wall time at which the last usable renewal was sent; -Infinity without one. */
  readonly sentWallMs: number
  /** @param monoMs @param wallMs both clocks read BEFORE the renewal was sent */
  extend(monoMs: number, wallMs: number, leaseMs: number): void
  /** Ends it, whatever the clocks say later; what was known stays as old as it is (`heldWithin`). */
  lapse(): void
  /** Ends it, and what was known counts for nothing any more. */
  drop(): void
}

export function createLease(clock: Clock): Lease {
  let sentMonoMs = -Infinity
  let sentWallMs = -Infinity
  let validMonoMs = -Infinity
  let validWallMs = -Infinity
  let hasLapsed = false

  function heldWithin(seconds: number): boolean {
    const moreMs = seconds * 1000
    const wallMs = clock.wallMs()
    return clock.monoMs() < validMonoMs + moreMs && wallMs < validWallMs + moreMs && wallMs >= sentWallMs - WALL_STEP_MS
  }

  function wallMsWhileHeld(): number {
    const wallMs = clock.wallMs()
    const holds = clock.monoMs() < validMonoMs && wallMs < validWallMs && wallMs >= sentWallMs - WALL_STEP_MS
    return holds && !hasLapsed ? wallMs : Number.NaN
  }

  return {
    holds: () => !Number.isNaN(wallMsWhileHeld()),
    wallMsWhileHeld,
    heldWithin: (seconds) => seconds >= 0 && heldWithin(seconds),
    stalenessMs: () => clock.monoMs() - sentMonoMs,
    get sentWallMs() {
      return sentWallMs
    },
    extend(monoMs, wallMs, leaseMs) {
      // Replies may overtake one another: the renewal that was sent last counts, whenever its reply came.
      if (!(monoMs > sentMonoMs)) return
      sentMonoMs = monoMs
      sentWallMs = wallMs
      validMonoMs = monoMs + leaseMs
      validWallMs = wallMs + leaseMs
      hasLapsed = false
    },
    lapse() {
      hasLapsed = true
    },
    drop() {
      sentMonoMs = -Infinity
      sentWallMs = -Infinity
      validMonoMs = -Infinity
      validWallMs = -Infinity
    },
  }
}
