/** Work that recurs in the background: never two runs of one job at once, jittered, and no reason to keep the process alive. */

export interface Job {
  readonly name: string
  /** Between the end of one run and the start of the next, on average. */
  readonly everySeconds: number
  run(): Promise<void>
}

export interface Jobs {
  /** Starts no further run and waits for those under way. */
  close(): Promise<void>
}

/**
 * @param failed told of each failure; the job runs again next time
 * @param random 0 to 1: spreads the runs of several processes by a fifth of the interval
 */
export function startJobs(
  jobs: readonly Job[],
  failed: (error: unknown, job: string) => void,
  random: () => number = Math.random,
): Jobs {
  let closed = false
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<void>>()

  const plan = (job: Job): void => {
    if (closed) return
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        const run = runOnce(job)
        running.add(run)
        void run.then(() => {
          running.delete(run)
          plan(job)
        })
      },
      job.everySeconds * 1000 * (0.8 + 0.4 * random()),
    )
    timer.unref()
    timers.add(timer)
  }
  const runOnce = async (job: Job): Promise<void> => {
    try {
      await job.run()
    } catch (error) {
      failed(error, job.name)
    }
  }
  for (const job of jobs) plan(job)

  return {
    async close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}

/** Deletes in portions, with a pause for others between them, until a portion was not full. */
export async function inPortions(portion: number, deleteSome: (limit: number) => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const count = await deleteSome(portion)
    total += count
    if (count < portion) return total
    await new Promise((resolve) => setImmediate(resolve))
  }
}
