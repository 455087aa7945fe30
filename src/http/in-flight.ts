/** Requests that were let in and are not over yet: known without a listener on each of them, which most would pay for nothing. */

export interface UnderWay {
  /** Its answer has been sent, or its client is gone. */
  isOver(): boolean
}

export interface InFlight<Request extends UnderWay> {
  /** A request has been let in. Costs a few nanoseconds; those that are over leave when others come. */
  enter(request: Request): void
  /** Those that are not over. */
  open(): readonly Request[]
}

/** So many are noted before anybody looks who is over: at most as many that are gone are held by it. */
const FIRST_SWEEP = 64

export function createInFlight<Request extends UnderWay>(): InFlight<Request> {
  const noted: (Request | undefined)[] = []
  let count = 0
  let sweepAt = FIRST_SWEEP

  const sweep = (): void => {
    const before = count
    count = 0
    for (let i = 0; i < before; i++) {
      const request = noted[i] as Request
      if (!request.isOver()) noted[count++] = request
    }
    noted.fill(undefined, count, before)
    sweepAt = Math.max(FIRST_SWEEP, 2 * count)
  }

  return {
    enter(request) {
      noted[count++] = request
      if (count >= sweepAt) sweep()
    },
    open() {
      sweep()
      return noted.slice(0, count) as Request[]
    },
  }
}
