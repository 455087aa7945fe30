/** Each attack works against the weak server and not against the product, by the server's own book. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { STATUS } from '../../../../src/http/problem.ts'
import type { ServerKind } from '../../../../web/lab/attacks/exercise.ts'
import { attack, EXERCISES, lessons } from '../../../../web/lab/attacks/exercises.ts'
import { EXERCISE_NAMES } from '../../../../web/lab/attacks/names.ts'
import type { Outcome } from '../../../../web/lab/attacks/run.ts'

/** What the product answers to the attacker, in order. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  'alg-none': ['token.malformed', 'token.algorithm'],
  'key-confusion': ['token.algorithm'],
  'weak-secret': ['key.weak', 'token.signature'],
  'key-id-injection': ['token.key_unknown'],
  'key-substitution': ['token.key_unknown', 'token.signature'],
  'cross-jwt': ['token.type', 'token.audience'],
  'stolen-token': ['token.revoked'],
  'refresh-reuse': ['refresh.reused', 'token.malformed', 'token.revoked'],
  'forged-request': ['credentials.missing', 'request.method', 'csrf.cross_site'],
  'script-injection': ['credentials.missing', 'token.browser', 'credentials.insufficient'],
  'planted-cookie': ['session.ended', 'credentials.ambiguous'],
  'half-logout': ['session.ended', 'token.revoked'],
}
/** What alice does for herself, with and without the defence. */
const OWN = { from: 'alice', to: 'bob', amount: 20 }
const OWN_DEPOSIT = { from: "alice's card", to: 'alice', amount: 50 }

/** The first run of each, for all tests. */
const runs = new Map<string, Promise<Outcome>>()
function run(id: string, server: ServerKind): Promise<Outcome> {
  const known = runs.get(`${id} ${server}`) ?? attack(id, server)
  runs.set(`${id} ${server}`, known)
  return known
}

it('there are twelve, each with its texts', () => {
  expect(EXERCISES.map(({ id }) => id)).toEqual(Object.keys(CODES))
  expect(EXERCISE_NAMES).toEqual(Object.keys(CODES))
  for (const lesson of lessons()) {
    expect(JSON.parse(JSON.stringify(lesson))).toEqual(lesson)
    for (const text of [
      lesson.title,
      lesson.attackerHas,
      lesson.naive,
      lesson.naiveCode,
      lesson.defence,
      ...lesson.remains,
    ])
      expect(text.length).toBeGreaterThan(9)
    expect(lesson.remains.length).toBeGreaterThan(0)
  }
})

describe.each(EXERCISES)('$id', (exercise) => {
  it('works against the naive server', async () => {
    const { harmed, book, codes, steps } = await run(exercise.id, 'naive')
    expect(harmed).toBe(true)
    expect(book).toContainEqual(exercise.id === 'planted-cookie' ? OWN_DEPOSIT : OWN)
    expect(book.filter(({ to }) => to === 'mallory').length).toBeGreaterThan(0)
    expect(codes).toEqual([])
    expect(steps.some(({ who, answer }) => who === 'attacker' && answer?.status === 200)).toBe(true)
  })

  it('fails against the product, with its code and no effect', async () => {
    const { harmed, book, codes } = await run(exercise.id, 'defended')
    expect(codes).toEqual(CODES[exercise.id])
    for (const code of codes) expect(STATUS).toHaveProperty([code])
    expect(harmed).toBe(false)
    // What alice does herself goes on working.
    expect(book).toEqual(exercise.id === 'planted-cookie' ? [OWN_DEPOSIT, OWN_DEPOSIT] : [OWN])
  })

  it('runs the same way every time', async () => {
    for (const server of ['naive', 'defended'] as const) {
      const [once, again] = [await run(exercise.id, server), await attack(exercise.id, server)]
      const counted = ({ figures }: typeof once) => figures.filter(({ isTiming }) => !isTiming)
      expect({ ...again, figures: counted(again) }).toEqual({ ...once, figures: counted(once) })
    }
  })

  it('shows lines of the naive server that are really there', () => {
    const file = new URL(`../../../../web/lab/attacks/${exercise.id}.ts`, import.meta.url)
    const source = readFileSync(file, 'utf8')
    // Without the text that is shown itself.
    const rest = source.replace(/naiveCode:[\s\S]*?\n {2}defence:/, '').replaceAll(/\s+/g, '')
    for (const line of exercise.naiveCode.split('\n')) expect(rest).toContain(line.replaceAll(/\s+/g, ''))
  })

  it('hands out no whole token', async () => {
    for (const server of ['naive', 'defended'] as const) {
      const text = JSON.stringify(await run(exercise.id, server))
      expect(text).not.toMatch(/eyJ|[A-Za-z0-9_-]{22,}\.[A-Za-z0-9_-]{22,}/)
    }
  })
})

describe('figures', () => {
  const figuresOf = async (id: string, server: ServerKind) => (await run(id, server)).figures

  it('say how long a stolen token lives that nobody notices', async () => {
    expect(await figuresOf('stolen-token', 'naive')).toMatchObject([{ value: 30, unit: 'days' }])
    expect(await figuresOf('stolen-token', 'defended')).toMatchObject([{ value: 10, unit: 'minutes' }])
  })

  it('count guesses, forged requests, fetched addresses and what a script could read', async () => {
    const [naive, defended] = [await figuresOf('weak-secret', 'naive'), await figuresOf('weak-secret', 'defended')]
    expect(naive[0]?.value).toBeLessThan(defended[0]?.value ?? 0)
    expect(naive[1]).toMatchObject({ isTiming: true })
    expect(naive[1]?.value).toBeGreaterThan(100)
    expect(await figuresOf('forged-request', 'naive')).toMatchObject([{ value: 3 }])
    expect(await figuresOf('forged-request', 'defended')).toMatchObject([{ value: 0 }])
    expect(await figuresOf('key-substitution', 'naive')).toMatchObject([{ value: 3 }])
    expect(await figuresOf('key-substitution', 'defended')).toMatchObject([{ value: 0 }])
    expect(await figuresOf('script-injection', 'defended')).toMatchObject([{ value: 0 }])
  })
})

it('the search for a secret stops when nobody waits any more, and tells how far it is', async () => {
  const abort = new AbortController()
  const seen: number[] = []
  const running = attack('weak-secret', 'defended', {
    signal: abort.signal,
    progress(done) {
      seen.push(done)
      if (seen.length === 3) abort.abort()
    },
  })
  await expect(running).rejects.toThrow(/abort/i)
  expect(seen).toHaveLength(3)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

it('an exercise that is not there is a mistake', () => {
  expect(() => attack('nothing', 'naive')).toThrow(TypeError)
})
