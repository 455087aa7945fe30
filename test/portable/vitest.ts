/**
 * Stands in for vitest in the bundles that run on other runtimes: as much of it as portable tests use, with vitest's own
 * `expect`. Tests run one after another, in the order in which they are written.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'

type Body = (...args: readonly unknown[]) => unknown

interface Suite {
  readonly name: string
  readonly parent: Suite | null
  readonly before: Body[]
  readonly after: Body[]
  readonly ending: Body[]
}

interface Case {
  readonly name: string
  readonly suite: Suite
  readonly body: Body
}

export interface Report {
  /** Names of tests, led by file and suites. */
  readonly passed: readonly string[]
  readonly failed: readonly { readonly name: string; readonly why: string }[]
}

const cases: Case[] = []
let current: Suite | null = null

// What tests (never the code under test) take for granted of Node.
globalThis.setImmediate ??= ((work: () => void) => setTimeout(work, 0)) as unknown as typeof setImmediate

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)
const makeExpect = (value: unknown, message?: string) => chai.expect(value, message)
const matchers = (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT as unknown as symbol]
export const expect = Object.assign(makeExpect, chai.expect, matchers, {
  unreachable(message = 'this must not be reached'): never {
    throw new Error(message)
  },
})
setState({ assertionCalls: 0 }, expect as never)

function within(name: string, load: Body): unknown {
  const parent = current
  current = { name, parent, before: [], after: [], ending: [] }
  const done = (): void => {
    current = parent
  }
  const loaded = load()
  if (loaded instanceof Promise) return loaded.finally(done)
  done()
  return loaded
}

/** A test file: `load` evaluates it. Files are loaded one after another. */
export const file = async (name: string, load: Body): Promise<void> => {
  await within(name, load)
}

function inside(): Suite {
  if (!current) throw new Error('outside of every file')
  return current
}

const named = (template: string, row: readonly unknown[], index: number): string => {
  let next = 0
  const text = template.replace(/%([sdijo#%])/g, (_, sign) =>
    sign === '#' ? String(index) : sign === '%' ? '%' : show(row[next++]),
  )
  const [first] = row
  return text.replace(/\$(\w+)/g, (whole, name) =>
    typeof first === 'object' && first !== null && name in first
      ? show((first as Record<string, unknown>)[name])
      : whole,
  )
}
const show = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)))

const each =
  (add: (name: string, body: Body) => void) =>
  (rows: readonly unknown[]) =>
  (template: string, ...rest: readonly unknown[]): void => {
    const body = rest.find((one) => typeof one === 'function') as Body
    for (const [index, row] of rows.entries()) {
      const args = Array.isArray(row) ? row : [row]
      add(named(template, args, index), () => body(...args))
    }
  }

const addCase = (name: string, body: Body): void => void cases.push({ name, suite: inside(), body })
/** Options before or after the body are for vitest alone. */
export const it = Object.assign(
  (name: string, ...rest: readonly unknown[]) => addCase(name, rest.find((one) => typeof one === 'function') as Body),
  { each: each(addCase) },
)
export const test = it
export const describe = Object.assign(
  (name: string, ...rest: readonly unknown[]) =>
    void within(name, rest.find((one) => typeof one === 'function') as Body),
  { each: each((name, body) => void within(name, body)) },
)
export const beforeEach = (body: Body): void => void inside().before.push(body)
export const afterEach = (body: Body): void => void inside().after.push(body)
export const afterAll = (body: Body): void => void inside().ending.push(body)

const finished: Body[] = []
export const onTestFinished = (body: Body): void => void finished.push(body)

/** Waits longer than vitest: several runtimes share the machine. */
export const vi = {
  async waitFor(check: Body, { timeout = 20_000, interval = 10 } = {}): Promise<unknown> {
    for (const until = Date.now() + timeout; ; ) {
      try {
        return await check()
      } catch (error) {
        if (Date.now() > until) throw error
        await new Promise((resolve) => setTimeout(resolve, interval))
      }
    }
  },
}

const chain = (suite: Suite | null): readonly Suite[] => (suite ? [...chain(suite.parent), suite] : [])

async function runOne({ suite, body }: Case): Promise<void> {
  const suites = chain(suite)
  try {
    for (const { before } of suites) for (const hook of before) await hook()
    await body()
  } finally {
    for (const hook of finished.splice(0).reverse()) await hook()
    for (const { after } of suites.toReversed()) for (const hook of after.toReversed()) await hook()
  }
}

const TIMEOUT_MS = 120_000

/** Runs all that has been loaded. */
export async function run(): Promise<Report> {
  const passed: string[] = []
  const failed: { name: string; why: string }[] = []
  for (const [index, one] of cases.entries()) {
    const name = [...chain(one.suite).map((suite) => suite.name), one.name].join(' > ')
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
    })
    try {
      await Promise.race([runOne(one), late])
      passed.push(name)
    } catch (error) {
      failed.push({
        name,
        why: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : String(error),
      })
    } finally {
      clearTimeout(timer)
    }
    if (cases[index + 1]?.suite === one.suite) continue
    const next = chain(cases[index + 1]?.suite ?? null)
    for (const suite of chain(one.suite).filter((ended) => !next.includes(ended))) {
      for (const hook of suite.ending) await hook()
    }
  }
  return { passed, failed }
}
