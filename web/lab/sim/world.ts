/**
 * The virtual world's time. Nothing in it waits: the clock jumps from one thing that is due to the next, and stands still while
 * the product's code runs, signs and awaits. So a run comes out the same for the same seed, on any machine.
 */
import type { Clock } from '../../../src/clock.ts'
import type { Timers } from '../../../src/revocation/timers.ts'
import { createQueue, type Due } from './queue.ts'
import { createRandom } from './random.ts'

export interface World {
  /** Milliseconds since the run began; below 0 while everything is set up. */
  readonly nowMs: number
  readonly random: () => number
  readonly timers: Timers
  /** A machine's clock, so many seconds ahead (below 0: behind). */
  clock(skewSeconds?: number): Clock
  /** @param run answers true when no promise waits because of it: then the next one follows at once */
  at(atMs: number, run: () => boolean): () => void
  sleep(ms: number): Promise<void>
  /** Work that takes real time and no virtual time, such as a signature: the clock stands still until it is done. */
  track<T>(work: Promise<T>): Promise<T>
  /** The clock stands still until this is called. */
  hold(): () => void
  /** Runs everything that is due up to this moment, which it then is. */
  runTo(atMs: number): Promise<void>
  /** Runs on until this has settled. */
  runUntil<T>(promise: Promise<T>): Promise<T>
  /** All machines sleep until then: whatever was due in between happens once, on waking. */
  leapTo(atMs: number): Promise<void>
}

export interface WorldOptions {
  readonly seed: number
  readonly startMs: number
  /** Told now and then where the clock stands; throws to stop the run. */
  readonly onTime?: (nowMs: number) => void
}

/** Wall time at 0: a Monday in November 2026. */
export const EPOCH_SECONDS = 1_794_816_000
/** A moment for others on this thread, after so many steps or so much real time. */
const STEPS_AT_ONCE = 4096

export function createWorld({ seed, startMs, onTime }: WorldOptions): World {
  const queue = createQueue()
  const random = createRandom(seed)
  let nowMs = startMs
  let turn = 0
  let underWay = 0
  let steps = 0
  /** For the clock to be let go. */
  let waiting: (() => void)[] = []

  const at: World['at'] = (atMs, run) => {
    const due: Due = { atMs: Math.max(atMs, nowMs), turn: turn++, run, isCancelled: false }
    queue.put(due)
    return () => {
      due.isCancelled = true
    }
  }
  /** Until every promise that can settle has, and every tracked work is done. */
  const settle = async (): Promise<void> => {
    do {
      if (underWay > 0) await new Promise<void>((resolve) => waiting.push(resolve))
      await breath()
    } while (underWay > 0)
  }
  const step = async (due: Due): Promise<void> => {
    if (due.isCancelled) return
    nowMs = Math.max(nowMs, due.atMs)
    const isQuiet = due.run()
    if (!isQuiet) await settle()
    if (++steps % STEPS_AT_ONCE > 0) return
    await breath()
    onTime?.(nowMs)
  }

  const world: World = {
    get nowMs() {
      return nowMs
    },
    random,
    timers: {
      after: (ms, run) =>
        at(nowMs + ms, () => {
          run()
          return false
        }),
    },
    clock(skewSeconds = 0) {
      const wallMs = () => (EPOCH_SECONDS + skewSeconds) * 1000 + nowMs
      return { now: () => Math.floor(wallMs() / 1000), wallMs, monoMs: () => nowMs + 1e9 }
    },
    at,
    sleep: (ms) => new Promise((resolve) => world.timers.after(ms, resolve, true)),
    track(work) {
      const done = world.hold()
      work.then(done, done)
      return work
    },
    hold() {
      underWay++
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        if (--underWay > 0) return
        const all = waiting
        waiting = []
        for (const go of all) go()
      }
    },
    async runTo(atMs) {
      await settle()
      while (queue.first && queue.first.atMs <= atMs) await step(queue.take() as Due)
      nowMs = Math.max(nowMs, atMs)
    },
    async runUntil(promise) {
      let isOver = false
      const over = () => {
        isOver = true
      }
      promise.then(over, over)
      await settle()
      while (!isOver) {
        const next = queue.take()
        if (!next) throw new Error('the world waits for something that can never happen')
        await step(next)
      }
      return promise
    },
    async leapTo(atMs) {
      const missed: Due[] = []
      while (queue.first && queue.first.atMs < atMs) missed.push(queue.take() as Due)
      nowMs = atMs
      for (const due of missed) await step(due)
      onTime?.(nowMs)
    },
  }
  return world
}

interface Host {
  readonly setImmediate?: (run: () => void) => unknown
}

/** Resolves when everything that waits for promises only has run. */
const breath: () => Promise<void> = (() => {
  const { setImmediate } = globalThis as Host
  if (setImmediate) return () => new Promise<void>((resolve) => setImmediate(resolve))
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve)
      port2.postMessage(null)
    })
})()
