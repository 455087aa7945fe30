/** Recurring work: jittered, one run at a time, failures told, over when closed. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inPortions, startJobs } from '../../../src/server/jobs.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('runs again and again, also after a failure', async () => {
  let runs = 0
  const failures: unknown[] = []
  const jobs = startJobs(
    [
      {
        name: 'work',
        everySeconds: 10,
        async run() {
          if (++runs === 2) throw new Error('once')
        },
      },
    ],
    (error, job) => failures.push([job, (error as Error).message]),
    () => 0.5,
  )
  await vi.advanceTimersByTimeAsync(35_000)
  expect(runs).toBe(3)
  expect(failures).toEqual([['work', 'once']])
  await jobs.close()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(runs).toBe(3)
})

it('spreads the runs by a fifth of the interval', async () => {
  const at: number[] = []
  const start = Date.now()
  const job = (name: string) => ({ name, everySeconds: 10, run: async () => void at.push(Date.now() - start) })
  let next = 0
  const jobs = startJobs(
    [job('a'), job('b')],
    () => undefined,
    () => next++ % 2,
  )
  await vi.advanceTimersByTimeAsync(12_500)
  expect(at.slice(0, 2)).toEqual([8000, 12_000])
  await jobs.close()
})

it('waits for a run under way, and never starts two', async () => {
  let release = (): void => undefined
  let runs = 0
  const run = () => {
    runs++
    return new Promise<void>((resolve) => {
      release = resolve
    })
  }
  const jobs = startJobs([{ name: 'slow', everySeconds: 1, run }], () => undefined)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(runs).toBe(1)
  let closed = false
  const closing = jobs.close().then(() => {
    closed = true
  })
  await vi.advanceTimersByTimeAsync(10)
  expect(closed).toBe(false)
  release()
  await closing
  expect(runs).toBe(1)
})

it('deletes in portions until one is not full', async () => {
  vi.useRealTimers()
  let left = 1234
  const total = await inPortions(500, async (limit) => {
    const count = Math.min(limit, left)
    left -= count
    return count
  })
  expect(total).toBe(1234)
  expect(left).toBe(0)
})
