/** A clock that stands still until a test moves it. */
import type { Clock } from '../clock.ts'

/** All three readings move together; `stepWall` moves the wall clock alone, as an operator or NTP would. */
export interface TestClock extends Clock {
  /** Moves every reading forward. @throws TypeError for a negative number */
  advance(seconds: number): void
  advanceMs(milliseconds: number): void
  /** Moves the wall clock only, forward or back. */
  stepWall(seconds: number): void
}

/** @param options.now where the wall clock starts, seconds since 1970; default 1 750 000 000 */
export function createTestClock(options: { readonly now?: number } = {}): TestClock {
  let wall = (options.now ?? 1_750_000_000) * 1000
  let mono = 1_000_000
  const advanceMs = (milliseconds: number): void => {
    if (!(milliseconds >= 0)) throw new TypeError('a clock only advances; use stepWall to set the wall clock back')
    wall += milliseconds
    mono += milliseconds
  }
  return {
    now: () => Math.floor(wall / 1000),
    wallMs: () => wall,
    monoMs: () => mono,
    advance: (seconds) => advanceMs(seconds * 1000),
    advanceMs,
    stepWall(seconds) {
      wall += seconds * 1000
    },
  }
}
