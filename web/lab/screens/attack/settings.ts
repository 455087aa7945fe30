/** What a link to an exercise carries: its name. */
import { EXERCISE_NAMES } from '../../attacks/names.ts'
import { oneOf } from '../../shell/settings.ts'

export const SHAPE = { exercise: oneOf(EXERCISE_NAMES, 'alg-none') }
