/** What an application's `Auth` does besides answering. */
import { describe, expect, it } from 'vitest'
import { startUpkeep } from '../../../src/http/upkeep.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock } from '../../../src/testing/clock.ts'

function timersByHand() {
  let due: (() => void) | null = null
  return {
    timers: {
      after: (_ms: number, run: () => void) => {
        due = run
        return () => {
          due = null
        }
      },
    },
    get planned() {
      return due !== null
    },
    async fire() {
      const run = due
      due = null
      run?.()
      await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}

describe('startUpkeep', () => {
  it('removes what has expired, goes on after a failure, and stops', async () => {
    const clock = createTestClock()
    const store = createMemoryStore()
    const browsers = store.records('browser')
    await browsers.put('old', 1, clock.now() + 10, clock.now())
    const hand = timersByHand()
    const failed: string[] = []
    let refreshed = 0
    const stop = startUpkeep({
      store,
      clock,
      keys: {
        refresh: async () => {
          refreshed++
          throw new Error('keys')
        },
      },
      onFailure: (_error, work) => failed.push(work),
      timers: hand.timers,
    })
    clock.advance(60)
    await hand.fire()
    expect(failed).toEqual(['looking after the signing keys'])
    expect(await browsers.deleteExpired(clock.now(), 10)).toBe(0)
    expect(hand.planned).toBe(true)
    await hand.fire()
    expect(refreshed).toBe(2)
    await stop()
    expect(hand.planned).toBe(false)
  })
})
