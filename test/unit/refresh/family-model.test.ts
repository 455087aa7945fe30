/** A refresh family driven by random commands against a model of what every token of it should answer. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSecretRing } from '../../../src/crypto/secret-ring.ts'
import { isAuthError } from '../../../src/errors.ts'
import { createRefreshTokens, type RefreshTokens } from '../../../src/refresh/refresh-tokens.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts'
import { sessionFor } from '../../support/sessions.ts'

const WINDOW = 10
const ring = createSecretRing(['an application secret of 32 characters or more'])

interface Model {
  /** Every refresh token of the line, by step. */
  line: string[]
  rotatedAt: number
  alive: boolean
}

interface Real {
  readonly tokens: RefreshTokens
  readonly clock: TestClock
}

class Present implements fc.AsyncCommand<Model, Real> {
  readonly age: number
  readonly times: number
  constructor(age: number, times: number) {
    this.age = age
    this.times = times
  }
  check = (model: Model) => model.line.length > this.age
  async run(model: Model, { tokens, clock }: Real): Promise<void> {
    const presented = model.line.at(-1 - this.age) ?? ''
    const answers = await Promise.all(Array.from({ length: this.times }, () => tokens.exchange(presented)))
    // Which of them is first is nobody's promise.
    const outcomes = answers
      .map(({ outcome }) => outcome)
      .sort()
      .reverse()
    const successors = answers.flatMap((answer) => ('token' in answer ? [answer.token] : []))
    const rest = (outcome: string) => Array.from({ length: this.times - 1 }, () => outcome)
    if (!model.alive) {
      expect(outcomes).toEqual(['missing', ...rest('missing')])
    } else if (this.age === 0) {
      expect(outcomes.filter((outcome) => outcome === 'rotated')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'replayed')).toHaveLength(this.times - 1)
      expect(new Set(successors).size).toBe(1)
      model.line.push(successors[0] ?? '')
      model.rotatedAt = clock.now()
    } else if (this.age === 1 && clock.now() < model.rotatedAt + WINDOW) {
      expect(outcomes).toEqual(['replayed', ...rest('replayed')])
      expect(new Set(successors)).toEqual(new Set([model.line.at(-1)]))
    } else {
      expect(outcomes).toEqual(['reused', ...rest('missing')])
      model.alive = false
    }
  }
  toString = () => `present(age ${this.age}, ${this.times} times)`
}

class Forge implements fc.AsyncCommand<Model, Real> {
  readonly at: number
  constructor(at: number) {
    this.at = at
  }
  check = () => true
  async run(model: Model, { tokens }: Real): Promise<void> {
    const text = model.line.at(-1) ?? ''
    const at = this.at % text.length
    const forged = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    const error: unknown = await tokens.exchange(forged).catch((reason: unknown) => reason)
    expect(isAuthError(error, 'refresh.unknown')).toBe(true)
  }
  toString = () => `forge(${this.at})`
}

class Wait implements fc.AsyncCommand<Model, Real> {
  readonly seconds: number
  constructor(seconds: number) {
    this.seconds = seconds
  }
  check = () => true
  async run(_model: Model, { clock }: Real): Promise<void> {
    clock.advance(this.seconds)
  }
  toString = () => `wait(${this.seconds})`
}

describe('a refresh family', () => {
  it('answers as its model does, whatever is presented, whenever, by how many at once', async () => {
    const commands = fc.commands(
      [
        fc
          .tuple(fc.constantFrom(0, 0, 0, 1, 1, 2, 3), fc.integer({ min: 1, max: 5 }))
          .map(([a, n]) => new Present(a, n)),
        fc.nat(80).map((at) => new Forge(at)),
        fc.constantFrom(1, 4, 9, 10, 11, 600).map((seconds) => new Wait(seconds)),
      ],
      { maxCommands: 30 },
    )
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const clock = createTestClock()
        const store = createMemoryStore()
        const session = sessionFor('ann', clock.now(), { mode: 'token', secretHash: null })
        await store.sessions.create(session, null, clock.now())
        const tokens = createRefreshTokens({
          store: store.families,
          secrets: ring,
          clock,
          windowSeconds: WINDOW,
          keepSeconds: 60,
        })
        const first = await tokens.issue({
          sessionId: session.id,
          subject: 'ann',
          clientId: null,
          audience: ['https://app.example'],
          scope: null,
          floor: 0,
        })
        const setup = () => ({
          model: { line: [first?.token ?? ''], rotatedAt: 0, alive: true },
          real: { tokens, clock },
        })
        await fc.asyncModelRun(setup, list)
      }),
      { numRuns: 150 },
    )
  })
})
