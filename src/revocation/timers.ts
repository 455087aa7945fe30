/** Timers as a value, so that a test can run time itself. */

export interface Timers {
  /**
   * Calls `run` once after `ms` milliseconds; returns how to cancel. Unless `holdsProcess`, a process may end
   * while the timer is pending.
   */
  after(ms: number, run: () => void, holdsProcess: boolean): () => void
}

export const systemTimers: Timers = {
  after(ms, run, holdsProcess) {
    const timer: unknown = setTimeout(run, ms)
    if (!holdsProcess) (timer as { unref?(): void }).unref?.()
    return () => clearTimeout(timer as number)
  },
}
