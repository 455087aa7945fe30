/** Walks away from the answers, one input at a time: to where the answer changes, or to where a conflict is solved. */
import { CHOICES, type ChoiceId, INPUTS, type InputId, isChoice, type Known, SCALES, type ScaleId } from './answers.ts'
import { type Decision, decideKnown } from './decide.ts'
import type { Leg, OptionId } from './options.ts'
import type { Weights } from './weights.ts'

/** One input with another answer. Of a list: with this member in or out. */
export interface Step {
  readonly input: InputId
  readonly value: string
  /** Null: of a scale. */
  readonly isIn: boolean | null
  /** Places along the scale. */
  readonly distance: number
}
export interface Change {
  readonly leg: Leg
  /** Null: there is no such leg, or a conflict in it. */
  readonly from: OptionId | null
  readonly to: OptionId | null
  readonly isConflict: boolean
}
export interface Flip {
  readonly step: Step
  readonly changes: readonly Change[]
  /** Where the algorithm changes. */
  readonly algorithm: Decision['algorithm'] | undefined
}
export interface Relaxation {
  readonly steps: readonly Step[]
  readonly price: number
}

/** Answers of this input, the nearest first. */
export function stepsFrom(known: Known, input: InputId): readonly Step[] {
  if (isChoice(input)) {
    return choiceValues(input).flatMap((value) => {
      const isIn = !(known[input] as readonly string[]).includes(value)
      // Nobody has no client at all.
      return !isIn && input === 'q1' && known.q1.length === 1 ? [] : [{ input, value, isIn, distance: 1 }]
    })
  }
  const scale: readonly string[] = SCALES[input]
  const at = scale.indexOf(known[input])
  return scale
    .map((value, i) => ({ input, value, isIn: null, distance: Math.abs(i - at) }))
    .filter(({ distance }) => distance > 0)
    .sort((a, b) => a.distance - b.distance)
}

function choiceValues(input: ChoiceId): readonly string[] {
  return CHOICES[input]
}

export function takeStep(known: Known, { input, value, isIn }: Step): Known {
  if (!isChoice(input)) return { ...known, [input as ScaleId]: value }
  const had: readonly string[] = known[input]
  return { ...known, [input]: choiceValues(input).filter((one) => (one === value ? isIn : had.includes(one))) }
}

/** The nearest flip of each input; those of lists one by one. */
export function flipsOf(decision: Decision, weights: Weights): readonly Flip[] {
  const { known } = decision.facts
  return INPUTS.flatMap((input) => {
    const flips = stepsFrom(known, input).flatMap((step) => {
      const changed = compare(decision, decideKnown(takeStep(known, step), weights))
      return changed === null ? [] : [{ step, ...changed }]
    })
    return isChoice(input) ? flips : flips.slice(0, 1)
  })
}

function compare(before: Decision, after: Decision): Omit<Flip, 'step'> | null {
  const find = (decision: Decision, leg: Leg) => decision.legs.find((one) => one.leg === leg)
  const legs = [...new Set([...before.legs, ...after.legs].map(({ leg }) => leg))]
  const changes = legs.flatMap((leg) => {
    const [from, to] = [find(before, leg), find(after, leg)]
    if (from && to && from.chosen === to.chosen) return []
    const isConflict = to !== undefined && to.chosen === null
    return [{ leg, from: from?.chosen ?? null, to: to?.chosen ?? null, isConflict }]
  })
  const algorithm = before.algorithm === after.algorithm ? undefined : after.algorithm
  return changes.length === 0 && algorithm === undefined ? null : { changes, algorithm }
}

/** What a step costs its owner: a looser wish is cheap, another architecture is dear. */
const PRICES: Readonly<Partial<Record<InputId, number>>> = {
  q3: 1,
  q4: 1,
  q9: 2,
  q13: 2,
  q11: 4,
  q6r: 3,
  q8: 5,
  q1: 6,
  q2: 8,
  q10: 8,
}
const TRIED = Object.keys(PRICES) as readonly InputId[]

/** The cheapest ways to give every leg an answer: one step, or where none does, two. At most three are told. */
export function relaxationsOf(decision: Decision, weights: Weights): readonly Relaxation[] {
  if (decision.conflicts.length === 0) return []
  const { known } = decision.facts
  const solves = (steps: readonly Step[]): boolean =>
    decideKnown(steps.reduce(takeStep, known), weights).conflicts.length === 0
  const priceOf = (steps: readonly Step[]): number =>
    steps.reduce((sum, { input, distance }) => sum + (PRICES[input] ?? 0) * distance, 0)
  const single = TRIED.flatMap((input) => stepsFrom(known, input))
  const rank = (sets: readonly (readonly Step[])[]) =>
    sets
      .filter(solves)
      .map((steps) => ({ steps, price: priceOf(steps) }))
      .sort((a, b) => a.price - b.price)
      .filter(({ steps }, i, all) => all.findIndex((other) => inputsOf(other.steps) === inputsOf(steps)) === i)
      .slice(0, 3)
  const ones = rank(single.map((step) => [step]))
  if (ones.length > 0) return ones
  return rank(
    single.flatMap((first, i) =>
      single
        .slice(i + 1)
        .flatMap((second) => (first.input === second.input && first.isIn === null ? [] : [[first, second]])),
    ),
  )
}

const inputsOf = (steps: readonly Step[]): string =>
  steps.map(({ input, value, isIn }) => `${input}${isIn === null ? '' : value}`).join()
