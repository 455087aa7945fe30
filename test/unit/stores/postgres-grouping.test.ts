/** Steps that wait at the same time are sent together, and answered as if each had been alone. */
import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/errors.ts'
import { createGrouping } from '../../../src/stores/postgres/grouping.ts'

describe('a grouping', () => {
  it('sends the first at once and the others together, at most 256', async () => {
    const sent: number[] = []
    const take = createGrouping(async (steps: readonly number[]) => {
      sent.push(steps.length)
      await new Promise((resolve) => setTimeout(resolve, 1))
      return steps.map((step) => step * 2)
    })
    const answers = await Promise.all(Array.from({ length: 600 }, (_, i) => take(i)))
    expect(answers).toEqual(Array.from({ length: 600 }, (_, i) => i * 2))
    expect(sent).toEqual([1, 256, 256, 87])
    expect(await take(7)).toBe(14)
  })

  it('lets nobody pay for one that cannot be done', async () => {
    const take = createGrouping(async (steps: readonly number[]) => {
      if (steps.includes(5)) throw new TypeError('five')
      return steps
    })
    const answers = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => take(i)))
    expect(answers.map(({ status }) => status === 'fulfilled')).toEqual(answers.map((_, i) => i !== 5))
    expect(answers[5]).toMatchObject({ reason: expect.any(TypeError) })
  })

  it('fails all that wait when the store does not answer, and goes on when it does', async () => {
    let isUp = false
    const sent: number[] = []
    const take = createGrouping(async (steps: readonly number[]) => {
      sent.push(steps.length)
      if (!isUp) throw new AuthError('store.unavailable', 'gone')
      return steps
    })
    const answers = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => take(i)))
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
    expect(sent).toEqual([1])
    isUp = true
    expect(await take(1)).toBe(1)
  })

  it('says so when an answer is missing', async () => {
    await expect(createGrouping(async () => [])(1)).rejects.toThrow('not answered')
  })
})
