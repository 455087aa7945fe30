/** The few expectations that the store contract states, without a test runner: what does not hold throws. */

export interface Expectation {
  toBe(expected: unknown): void
  /** Deeply; a member that is undefined counts as absent. */
  toEqual(expected: unknown): void
  /** Deeply, of the members that `expected` names; lists item by item. */
  toMatchObject(expected: unknown): void
  toBeNull(): void
  toBeUndefined(): void
  toBeInstanceOf(type: Constructor): void
  toContain(item: unknown): void
  toHaveLength(length: number): void
  toMatch(pattern: RegExp): void
  toThrow(type: Constructor): void
  readonly not: Pick<Expectation, 'toBe' | 'toEqual' | 'toBeNull'>
  readonly resolves: Asynchronous<Pick<Expectation, 'toBeUndefined'>>
  readonly rejects: Asynchronous<Pick<Expectation, 'toMatchObject' | 'toThrow'>>
}

type Constructor = abstract new (...args: never) => unknown
type Asynchronous<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer A) => void ? (...args: A) => Promise<void> : never
}

/** What did not hold, in a form that every test runner shows. */
export class ExpectationError extends Error {
  readonly actual: unknown
  readonly expected: unknown

  constructor(message: string, actual: unknown, expected: unknown) {
    super(message)
    this.name = 'AssertionError'
    this.actual = actual
    this.expected = expected
  }
}

/** @param told what is being looked at, for the message */
export function expect(actual: unknown, told = ''): Expectation {
  const check = (holds: boolean, what: string, expected: unknown): void => {
    if (holds) return
    const lines = [`${told === '' ? '' : `${told}: `}expected ${show(actual)}`, `${what} ${show(expected)}`]
    throw new ExpectationError(lines.join('\n'), actual, expected)
  }
  return {
    toBe: (expected) => check(Object.is(actual, expected), 'to be', expected),
    toEqual: (expected) => check(isLike(actual, expected, true), 'to equal', expected),
    toMatchObject: (expected) => check(isLike(actual, expected, false), 'to match', expected),
    toBeNull: () => check(actual === null, 'to be', null),
    toBeUndefined: () => check(actual === undefined, 'to be', undefined),
    toBeInstanceOf: (type) => check(actual instanceof type, 'to be an instance of', type.name),
    toContain: (item) => check(Array.isArray(actual) && actual.includes(item), 'to contain', item),
    toHaveLength: (length) => check(Array.isArray(actual) && actual.length === length, 'to have length', length),
    toMatch: (pattern) => check(typeof actual === 'string' && pattern.test(actual), 'to match', String(pattern)),
    toThrow(type) {
      let thrown: unknown = null
      try {
        if (typeof actual === 'function') actual()
      } catch (error) {
        thrown = error
      }
      check(thrown instanceof type, `to throw ${type.name}, not`, thrown)
    },
    not: {
      toBe: (expected) => check(!Object.is(actual, expected), 'not to be', expected),
      toEqual: (expected) => check(!isLike(actual, expected, true), 'not to equal', expected),
      toBeNull: () => check(actual !== null, 'not to be', null),
    },
    resolves: {
      toBeUndefined: async () => expect(await actual, told).toBeUndefined(),
    },
    rejects: {
      toMatchObject: async (expected) => expect(await rejection(actual), told).toMatchObject(expected),
      async toThrow(type) {
        const error = await rejection(actual)
        check(error instanceof type, `to be rejected with ${type.name}, not`, error)
      },
    },
  }
}

/** A value that must be there. */
export function there<T>(value: T | null | undefined): T {
  if (value !== null && value !== undefined) return value
  throw new ExpectationError('expected something to be there', value, undefined)
}

async function rejection(promise: unknown): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new ExpectationError('expected a promise to be rejected', undefined, undefined)
}

/** @param whole no other members may be there */
function isLike(actual: unknown, expected: unknown, whole: boolean): boolean {
  if (Object.is(actual, expected)) return true
  if (!isObject(actual) || !isObject(expected)) return false
  if (Array.isArray(expected) || (whole && Array.isArray(actual))) {
    if (!Array.isArray(actual) || !Array.isArray(expected) || actual.length !== expected.length) return false
    return expected.every((item, i) => isLike(actual[i], item, whole))
  }
  if (expected instanceof Set) {
    return actual instanceof Set && actual.size === expected.size && [...expected].every((item) => actual.has(item))
  }
  const names = Object.keys(expected).filter((name) => !whole || expected[name] !== undefined)
  if (whole && Object.keys(actual).filter((name) => actual[name] !== undefined).length !== names.length) return false
  return names.every((name) => name in actual && isLike(actual[name], expected[name], whole))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

const LONGEST = 2000

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name} ${'code' in value ? String(value.code) : ''} ${value.message}`
  if (typeof value === 'function') return `function ${value.name}`
  if (value instanceof Set) return `Set ${show([...value])}`
  const text = JSON.stringify(value, null, 1) ?? String(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text
}
