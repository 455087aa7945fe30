/** The decision model: total, monotone, every answer reachable, every line of the reference cited. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LINE_IDS, type LineId } from '../../../../web/lab/claims/lines.ts'
import {
  CHOICES,
  type ChoiceId,
  DEFAULTS,
  INPUTS,
  isChoice,
  type Known,
  resolve,
  SCALES,
  type ScaleId,
} from '../../../../web/lab/decide/answers.ts'
import { type Decision, decide, decideKnown } from '../../../../web/lab/decide/decide.ts'
import { type Archetype, OPTION_IDS, type OptionId, optionOf } from '../../../../web/lab/decide/options.ts'
import { reasonsFor } from '../../../../web/lab/decide/reasons.ts'
import { RULE_LINES, type RuleId } from '../../../../web/lab/decide/rules.ts'
import { stateMap } from '../../../../web/lab/decide/state-map.ts'
import { flipsOf, relaxationsOf, stepsFrom, takeStep } from '../../../../web/lab/decide/walk.ts'
import { DIMENSION_LINES, DIMENSIONS, moveWeight, PRESETS, type Weights } from '../../../../web/lab/decide/weights.ts'
import { PERSONAS } from './personas.ts'

const scale = (id: ScaleId) => fc.constantFrom(...(SCALES[id] as readonly string[]))
const list = (id: ChoiceId) => fc.subarray([...(CHOICES[id] as readonly string[])], { minLength: id === 'q1' ? 1 : 0 })
const known = fc.record(
  Object.fromEntries(INPUTS.map((id) => [id, isChoice(id) ? list(id) : scale(id)])),
) as unknown as fc.Arbitrary<Known>
const weights = fc
  .array(fc.tuple(fc.constantFrom(...DIMENSIONS), fc.integer({ min: 0, max: 100 })), { maxLength: 4 })
  .map((moves) => moves.reduce<Weights>((moved, [name, to]) => moveWeight(moved, name, to), PRESETS.balanced))
const RUNS = { seed: 20_261_201, numRuns: 2000 }
const FEW = { ...RUNS, numRuns: 100 }

/** By what q3 asks: 0 asks or hears of every end, 1 has a copy or list of a minute at most, 2 waits until it expires. */
function statelessness(id: OptionId, input: 'q3' | 'q4'): number {
  const { delaySeconds, staleSeconds, revocation } = optionOf(id)
  if (input === 'q4') return staleSeconds ?? Number.POSITIVE_INFINITY
  if (delaySeconds === 0) return 0
  return revocation === 'copy' || revocation === 'list' ? 1 : 2
}
const chosenIn = (decision: Decision, leg: string) => decision.legs.find((one) => one.leg === leg)?.chosen ?? null

/** What a weight moved by half can change; the screen tells such answers as ties. */
const FRAGILE = ['a single-page application over a dozen services', 'a bank in browsers']

describe('the decision', () => {
  it('answers each leg, or names the conflict', () => {
    fc.assert(
      fc.property(known, weights, (answers, weighed) => {
        const decision = decideKnown(answers, weighed)
        expect(decision.legs.length).toBeGreaterThan(0)
        for (const { leg, chosen, removed } of decision.legs) {
          if (chosen !== null) continue
          expect(decision.conflicts).toContain(leg)
          expect(removed.length).toBeGreaterThan(0)
        }
      }),
      { ...RUNS, numRuns: 6000 },
    )
  })

  it('tells the cheapest ways out of a conflict, and each of them is one', () => {
    fc.assert(
      fc.property(known, weights, (answers, weighed) => {
        const decision = decideKnown(answers, weighed)
        fc.pre(decision.conflicts.length > 0)
        const ways = relaxationsOf(decision, weighed)
        expect(ways.length, JSON.stringify(answers)).toBeGreaterThan(0)
        for (const { steps } of ways) {
          expect(decideKnown(steps.reduce(takeStep, answers), weighed).conflicts).toEqual([])
        }
      }),
      FEW,
    )
  })

  it('never recommends what a rule forbids, and cites every one of its rules', () => {
    const applied = new Set<RuleId>()
    fc.assert(
      fc.property(known, (answers) => {
        const decision = decideKnown(answers, PRESETS.balanced)
        for (const { chosen, removed, scored } of decision.legs) {
          for (const { rule } of removed) applied.add(rule)
          expect(removed.some(({ id }) => id === chosen)).toBe(false)
          expect(chosen === null).toBe(scored.length === 0)
          if (chosen !== null) expect(optionOf(chosen).archetypes.length).toBeGreaterThan(0)
        }
        if (decision.duties.length > 0) applied.add('H10')
      }),
      RUNS,
    )
    expect([...applied].sort()).toEqual(Object.keys(RULE_LINES).sort())
  })

  it.each(['q3', 'q4'] as const)('never moves towards stateless when %s is tightened', (input) => {
    fc.assert(
      fc.property(known, weights, (answers, weighed) => {
        const looser = decideKnown(answers, weighed)
        const scaleOf: readonly string[] = SCALES[input]
        const at = scaleOf.indexOf(answers[input])
        for (const value of scaleOf.slice(0, at)) {
          const tighter = decideKnown({ ...answers, [input]: value } as Known, weighed)
          for (const { leg, chosen } of tighter.legs) {
            const before = chosenIn(looser, leg)
            // What was a conflict stays one: a tighter wish allows nothing new.
            if (before === null) expect(chosen).toBe(null)
            else if (chosen !== null) {
              expect(statelessness(chosen, input)).toBeLessThanOrEqual(statelessness(before, input))
            }
          }
        }
      }),
      RUNS,
    )
  })

  it('lets no shared key in again when there are more trust domains', () => {
    fc.assert(
      fc.property(known, (answers) => {
        const allowed = SCALES.q8.map((q8) => decideKnown({ ...answers, q8 }, PRESETS.balanced).mayShareKey)
        expect([...allowed].sort().reverse()).toEqual(allowed)
        expect(allowed.at(-1)).toBe(false)
        const decision = decideKnown(answers, PRESETS.balanced)
        if (decision.algorithm === 'HS256') expect(decision.mayShareKey).toBe(true)
      }),
      RUNS,
    )
  })

  it('reaches every archetype, and rules every other option out by name', () => {
    const reached = new Set<Archetype>()
    const seen = new Set<OptionId>()
    fc.assert(
      fc.property(known, (answers) => {
        const decision = decideKnown(answers, PRESETS.balanced)
        for (const archetype of decision.archetypes) reached.add(archetype)
        for (const { scored, removed } of decision.legs) for (const { id } of [...scored, ...removed]) seen.add(id)
      }),
      RUNS,
    )
    expect([...reached].sort()).toEqual(['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8'])
    expect([...seen].sort()).toEqual([...OPTION_IDS].sort())
  })

  it('cites every line of the reference as a reason', () => {
    const cited = new Set<LineId>()
    fc.assert(
      fc.property(known, (answers) => {
        for (const { lines } of reasonsFor(decideKnown(answers, PRESETS.balanced)))
          for (const line of lines) cited.add(line)
      }),
      RUNS,
    )
    expect(LINE_IDS.filter((id) => !cited.has(id))).toEqual([])
    const scored = new Set(Object.values(DIMENSION_LINES).flat())
    expect([...scored].every((line) => LINE_IDS.includes(line))).toBe(true)
  })

  it('tells what each unsure answer stands for', () => {
    const unsure = Object.fromEntries(INPUTS.map((id) => [id, isChoice(id) ? ['unsure'] : 'unsure']))
    expect(resolve(unsure as never)).toEqual(DEFAULTS)
    expect(decide(unsure as never).legs).toEqual(decide(DEFAULTS).legs)
    expect(resolve({ ...DEFAULTS, q1: [] }).q1).toEqual(DEFAULTS.q1)
  })

  it('looks at no word that a reader sees', async () => {
    const { sourceFiles } = await import('../../../support/source-files.ts')
    const model = sourceFiles('web/lab/decide/*.ts').filter(({ path }) => !path.endsWith('words.ts'))
    expect(model.length).toBeGreaterThan(10)
    expect(model.filter(({ text }) => /from '.*words\.ts'/.test(text))).toEqual([])
  })
})

describe('R7', () => {
  it('is never recommended without its warning, nor where a store can be reached', () => {
    fc.assert(
      fc.property(known, (answers) => {
        const decision = decideKnown(answers, PRESETS.balanced)
        const isSealed = chosenIn(decision, 'browser') === 'sealed'
        expect(decision.warnings).toEqual(isSealed ? ['sealed'] : [])
        if (isSealed) expect(decision.facts.reachesStore).toBe(false)
      }),
      RUNS,
    )
  })
})

describe('personas', () => {
  it('are twenty', () => expect(PERSONAS).toHaveLength(20))

  it.each(PERSONAS)('$name', ({ answers, preset = 'balanced', told }) => {
    const decision = decideKnown({ ...DEFAULTS, ...answers }, PRESETS[preset])
    expect(Object.fromEntries(decision.legs.map(({ leg, chosen }) => [leg, chosen]))).toEqual(told)
  })

  it('change their answer with the weights only where it is known to be fragile', () => {
    const fragile = PERSONAS.filter(({ answers, preset = 'balanced', told }) =>
      DIMENSIONS.some((name) =>
        [0.5, 1.5].some((factor) => {
          const moved = moveWeight(PRESETS[preset], name, PRESETS[preset][name] * factor)
          const decision = decideKnown({ ...DEFAULTS, ...answers }, moved)
          return decision.legs.some(({ leg, chosen }) => chosen !== told[leg])
        }),
      ),
    )
    expect(fragile.map(({ name }) => name)).toEqual(FRAGILE)
  })
})

describe('what would change this', () => {
  it('is true of every flip, and no nearer value flips', () => {
    fc.assert(
      fc.property(known, (answers) => {
        const decision = decideKnown(answers, PRESETS.balanced)
        for (const { step, changes } of flipsOf(decision, PRESETS.balanced)) {
          const after = decideKnown(takeStep(answers, step), PRESETS.balanced)
          for (const { leg, to } of changes) expect(chosenIn(after, leg)).toBe(to)
          if (step.isIn !== null) continue
          for (const nearer of stepsFrom(answers, step.input).filter(({ distance }) => distance < step.distance)) {
            const same = decideKnown(takeStep(answers, nearer), PRESETS.balanced)
            expect(same.legs.map(({ chosen }) => chosen)).toEqual(decision.legs.map(({ chosen }) => chosen))
          }
        }
      }),
      FEW,
    )
  })

  it('holds for the small shop: an outside provider, services, a phone', () => {
    const flips = flipsOf(decideKnown(DEFAULTS, PRESETS.balanced), PRESETS.balanced)
    const told = flips.map(({ step, changes }) => [step.input, step.value, changes.map(({ to }) => to)])
    expect(told).toContainEqual(['q1', 'mobile', ['pair-feed']])
    expect(told).toContainEqual(['q2', 'subdomains', ['own-session-each']])
    expect(told).toContainEqual(['q13', 'store', [null]])
  })
})

describe('the map of state', () => {
  it('has a place for each leg that has an answer', () => {
    fc.assert(
      fc.property(known, (answers) => {
        const decision = decideKnown(answers, PRESETS.balanced)
        const mapped = new Set(stateMap(decision).map(({ leg }) => leg))
        expect([...mapped]).toEqual(decision.legs.filter(({ chosen }) => chosen !== null).map(({ leg }) => leg))
      }),
      FEW,
    )
  })
})

describe('weights', () => {
  it('stay 100 in all, whatever is moved', () => {
    for (const preset of Object.values(PRESETS))
      expect(DIMENSIONS.reduce((sum, name) => sum + preset[name], 0)).toBe(100)
    fc.assert(
      fc.property(weights, (moved) => {
        expect(DIMENSIONS.reduce((sum, name) => sum + moved[name], 0)).toBe(100)
        expect(DIMENSIONS.every((name) => Number.isInteger(moved[name]) && moved[name] >= 0)).toBe(true)
      }),
      RUNS,
    )
  })
})
