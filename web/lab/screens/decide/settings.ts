/** What a link to this screen carries: answers and weights, as names and numbers. */
import { type Answers, CHOICES, DEFAULTS, SCALES } from '../../decide/answers.ts'
import { DIMENSIONS, PRESETS, type PresetName, type Weights } from '../../decide/weights.ts'
import { oneOf, type SettingsOf, someOf, whole } from '../../shell/settings.ts'

const scale = <const Value extends string>(values: readonly Value[], preset: NoInfer<Value>) =>
  oneOf([...values, 'unsure'] as readonly (Value | 'unsure')[], preset)
const choice = <const Value extends string>(values: readonly Value[], preset: readonly NoInfer<Value>[]) =>
  someOf([...values, 'unsure'] as readonly (Value | 'unsure')[], preset)
const weight = whole(-1, 100, -1)

export const SHAPE = {
  q1: choice(CHOICES.q1, DEFAULTS.q1),
  q2: scale(SCALES.q2, DEFAULTS.q2),
  q3: scale(SCALES.q3, DEFAULTS.q3),
  q4: scale(SCALES.q4, DEFAULTS.q4),
  q5: scale(SCALES.q5, DEFAULTS.q5),
  q6: scale(SCALES.q6, DEFAULTS.q6),
  q6r: scale(SCALES.q6r, DEFAULTS.q6r),
  q7: scale(SCALES.q7, DEFAULTS.q7),
  q7b: scale(SCALES.q7b, DEFAULTS.q7b),
  q8: scale(SCALES.q8, DEFAULTS.q8),
  q9: scale(SCALES.q9, DEFAULTS.q9),
  q10: scale(SCALES.q10, DEFAULTS.q10),
  q11: choice(CHOICES.q11, DEFAULTS.q11),
  q12: choice(CHOICES.q12, DEFAULTS.q12),
  q13: choice(CHOICES.q13, DEFAULTS.q13),
  q14: scale(SCALES.q14, DEFAULTS.q14),
  preset: oneOf(Object.keys(PRESETS) as PresetName[], 'balanced'),
  exposure: weight,
  revocation: weight,
  staleness: weight,
  latency: weight,
  bytes: weight,
  load: weight,
  scaling: weight,
  reach: weight,
  openings: weight,
  burden: weight,
}
export type Settings = SettingsOf<typeof SHAPE>

export function answersOf({
  q1,
  q2,
  q3,
  q4,
  q5,
  q6,
  q6r,
  q7,
  q7b,
  q8,
  q9,
  q10,
  q11,
  q12,
  q13,
  q14,
}: Settings): Answers {
  return { q1, q2, q3, q4, q5, q6, q6r, q7, q7b, q8, q9, q10, q11, q12, q13, q14 }
}

/** Those that were moved, when they make 100; else those of the preset. */
export function weightsOf(settings: Settings): Weights {
  const moved = Object.fromEntries(DIMENSIONS.map((name) => [name, settings[name]])) as Weights
  const isWhole =
    DIMENSIONS.every((name) => moved[name] >= 0) && DIMENSIONS.reduce((sum, name) => sum + moved[name], 0) === 100
  return isWhole ? moved : PRESETS[settings.preset]
}

export const NOT_MOVED = Object.fromEntries(DIMENSIONS.map((name) => [name, -1])) as Weights
