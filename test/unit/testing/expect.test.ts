/** The expectations of the shipped contract agree with those of vitest, on what holds and on what does not. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { expect as ours } from '../../../src/testing/expect.ts'

const holds = (check: () => void): boolean => {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'AssertionError') return false
    throw error
  }
}

const value = fc.jsonValue({ maxDepth: 2 })
const part = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(null, 0, 1, 'a', true, undefined),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('value')),
  ),
})).value

it('of equality and of parts', () => {
  fc.assert(
    fc.property(fc.oneof(part, value), fc.oneof(part, value), (one, other) => {
      expect(holds(() => ours(one).toEqual(other))).toBe(holds(() => expect(one).toEqual(other)))
      expect(holds(() => ours(one).not.toEqual(other))).toBe(holds(() => expect(one).not.toEqual(other)))
      expect(holds(() => ours(one).toBe(other))).toBe(holds(() => expect(one).toBe(other)))
      if (typeof one === 'object' && one !== null && typeof other === 'object' && other !== null) {
        // Vitest lets some oddities pass, such as null for an object: ours are at least as strict.
        if (holds(() => ours(one).toMatchObject(other))) expect(one).toMatchObject(other)
      }
    }),
    { numRuns: 3000 },
  )
})

it('of parts that hold', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), fc.string(), (whole, left) => {
      const { [left]: _, ...some } = whole
      ours(whole).toMatchObject(some)
      ours({ nested: [whole, 1] }).toMatchObject({ nested: [some, 1] })
      expect(holds(() => ours({ nested: [some] }).toMatchObject({ nested: [some, 1] }))).toBe(false)
    }),
  )
})

it('of the rest', async () => {
  expect(holds(() => ours(null).toBeNull())).toBe(true)
  expect(holds(() => ours(0).toBeNull())).toBe(false)
  expect(holds(() => ours(null).not.toBeNull())).toBe(false)
  expect(holds(() => ours(undefined).toBeUndefined())).toBe(true)
  expect(holds(() => ours([1]).toContain(1))).toBe(true)
  expect(holds(() => ours([1]).toContain(2))).toBe(false)
  expect(holds(() => ours([1]).toHaveLength(2))).toBe(false)
  expect(holds(() => ours('abc').toMatch(/b/))).toBe(true)
  expect(holds(() => ours('abc').toMatch(/d/))).toBe(false)
  expect(holds(() => ours(new TypeError('x')).toBeInstanceOf(TypeError))).toBe(true)
  expect(holds(() => ours({}).toBeInstanceOf(TypeError))).toBe(false)
  expect(holds(() => ours(new Set([1])).toEqual(new Set([1])))).toBe(true)
  expect(holds(() => ours(new Set([1])).toEqual(new Set([2])))).toBe(false)
  const throws = () => {
    throw new TypeError('x')
  }
  expect(holds(() => ours(throws).toThrow(TypeError))).toBe(true)
  expect(holds(() => ours(throws).toThrow(RangeError))).toBe(false)
  expect(holds(() => ours(() => undefined).toThrow(TypeError))).toBe(false)
  await ours(Promise.resolve()).resolves.toBeUndefined()
  await ours(Promise.reject(new TypeError('x'))).rejects.toThrow(TypeError)
  await ours(Promise.reject(new TypeError('x'))).rejects.toMatchObject({ message: 'x' })
  await expect(ours(Promise.resolve(1)).resolves.toBeUndefined()).rejects.toThrow('expected 1')
  await expect(ours(Promise.resolve(1)).rejects.toThrow(TypeError)).rejects.toThrow('to be rejected')
  await expect(ours(Promise.reject(new Error('x'))).rejects.toThrow(TypeError)).rejects.toThrow('not')
})
