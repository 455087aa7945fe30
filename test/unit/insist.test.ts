/** A step that can be taken again is, a few times, for as long as whoever waits has patience. */
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/errors.ts'
import { insist, type Patience } from '../../src/insist.ts'

const down = () => new AuthError('store.unavailable', 'down')

/** Time that passes in pauses, and in the step itself. */
function patience(stepMs = 0): Patience & { readonly paused: number[]; step: () => Promise<never>; tries: number } {
  let now = 0
  const paused: number[] = []
  const made = {
    paused,
    tries: 0,
    clock: { monoMs: () => now },
    async pause(ms: number) {
      paused.push(ms)
      now += ms
    },
    async step(): Promise<never> {
      made.tries++
      now += stepMs
      throw down()
    },
  }
  return made
}

describe('insisting', () => {
  it('tries three times, by the time that it is given', async () => {
    const own = patience()
    await expect(insist(own.step, own)).rejects.toMatchObject({ code: 'store.unavailable' })
    expect([own.tries, own.paused]).toEqual([3, [50]])
  })

  it('does not ask again a store that took longer than a second to say no', async () => {
    const own = patience(1001)
    await expect(insist(own.step, own)).rejects.toMatchObject({ code: 'store.unavailable' })
    expect(own.tries).toBe(1)
  })

  it('leaves other failures as they are', async () => {
    let tries = 0
    const step = async () => {
      tries++
      throw new TypeError('wrong')
    }
    await expect(insist(step)).rejects.toThrow(TypeError)
    expect(tries).toBe(1)
  })
})
