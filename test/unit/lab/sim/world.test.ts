/** The virtual world keeps its own time, in order, and stands still while work in real time is under way. */
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../web/lab/sim/random.ts'
import { createWorld } from '../../../../web/lab/sim/world.ts'

const world = () => createWorld({ seed: 1, startMs: 0 })

describe('the virtual world', () => {
  it('runs what is due in order, and at the same moment in the order in which it was asked for', async () => {
    const it = world()
    const seen: string[] = []
    const note = (name: string) => () => {
      seen.push(`${name}@${it.nowMs}`)
      return true
    }
    for (const ms of [50, 10, 30, 10, 40, 20]) it.at(ms, note(`${ms}`))
    it.at(10, note('last of 10'))
    await it.runTo(45)
    expect(seen).toEqual(['10@10', '10@10', 'last of 10@10', '20@20', '30@30', '40@40'])
    expect(it.nowMs).toBe(45)
  })

  it('does not run what was cancelled', async () => {
    const it = world()
    const cancel = it.timers.after(5, () => expect.fail(), true)
    cancel()
    await it.runTo(10)
  })

  it('stands still while a signature is made', async () => {
    const it = world()
    const slow = it.track(new Promise((resolve) => setTimeout(resolve, 30))).then(() => it.nowMs)
    it.at(1, () => true)
    await it.runTo(100)
    expect(await slow).toBe(0)
  })

  it('wakes after a leap: what was due in between happens once, then', async () => {
    const it = world()
    const at: number[] = []
    const beat = (): void => {
      at.push(it.nowMs)
      it.timers.after(10, beat, false)
    }
    it.timers.after(10, beat, false)
    await it.leapTo(1000)
    await it.runTo(1015)
    expect(at).toEqual([1000, 1010])
  })

  it('has clocks that can be wrong, and one time', async () => {
    const it = world()
    await it.runTo(1500)
    expect(it.clock(-90).now() - it.clock().now()).toBe(-90)
    expect(it.clock(-90).monoMs()).toBe(it.clock().monoMs())
  })

  it('gives the same numbers for the same seed', () => {
    const [a, b, c] = [createRandom(7), createRandom(7), createRandom(8)]
    const of = (next: () => number) => Array.from({ length: 5 }, next)
    const first = of(a)
    expect(first).toEqual(of(b))
    expect(first).not.toEqual(of(c))
    expect(first.every((one) => one >= 0 && one < 1)).toBe(true)
  })
})
