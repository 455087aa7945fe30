/** Whatever is done to them, a store and the memory store give the same answers. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { isAuthError } from '../../src/errors.ts'
import type { Store } from '../../src/login/store.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { anyOperation, type Operation, readAll, START } from './store-operations.ts'

/** What an operation answers, but for what two engines may say differently: the incarnation, and the order of members. */
async function answer(operation: Operation, store: Store, now: number): Promise<unknown> {
  try {
    const value = await operation.run(store, now)
    return JSON.parse(JSON.stringify(value ?? null), (name, part) => {
      if (name === 'incarnation') return 'incarnation'
      if (name === 'members') return (part as { id: string }[]).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return part
    })
  } catch (error) {
    return `threw ${isAuthError(error) ? error.code : error instanceof TypeError ? 'TypeError' : error}`
  }
}

/**
 * Runs random sequences of operations on the memory store and on stores of `makeStore`; answers how many operations.
 * @param makeStore  an empty store each time; it is closed here
 */
export async function answersAlike(makeStore: () => Store | Promise<Store>, numRuns: number): Promise<number> {
  const step = fc.record({ operation: anyOperation, wait: fc.constantFrom(0, 0, 0, 1, 4, 5, 10) })
  let operations = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
      const memory = createMemoryStore()
      const other = await makeStore()
      try {
        let now = START
        const told: string[] = []
        for (const { operation, wait } of steps) {
          now += wait
          told.push(`${now - START}: ${operation.told}`)
          const [one, two] = [await answer(operation, memory, now), await answer(operation, other, now)]
          expect(two, told.join('\n')).toEqual(one)
          operations++
        }
        expect(await readAll(other, now), told.join('\n')).toEqual(await readAll(memory, now))
      } finally {
        await other.close()
      }
    }),
    { numRuns },
  )
  return operations
}
