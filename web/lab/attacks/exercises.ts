/** The twelve exercises, in the order of the screen. */
import { algNone } from './alg-none.ts'
import { crossJwt } from './cross-jwt.ts'
import type { Exercise, Lesson, ServerKind } from './exercise.ts'
import { forgedRequest } from './forged-request.ts'
import { halfLogout } from './half-logout.ts'
import { keyConfusion } from './key-confusion.ts'
import { keyIdInjection } from './key-id-injection.ts'
import { keySubstitution } from './key-substitution.ts'
import { plantedCookie } from './planted-cookie.ts'
import { refreshReuse } from './refresh-reuse.ts'
import { type Outcome, type RunOptions, runExercise } from './run.ts'
import { scriptInjection } from './script-injection.ts'
import { stolenToken } from './stolen-token.ts'
import { weakSecret } from './weak-secret.ts'

export const EXERCISES: readonly Exercise[] = [
  algNone,
  keyConfusion,
  weakSecret,
  keyIdInjection,
  keySubstitution,
  crossJwt,
  stolenToken,
  refreshReuse,
  forgedRequest,
  scriptInjection,
  plantedCookie,
  halfLogout,
]

/** The texts alone: they cross to the page. */
export function lessons(): readonly Lesson[] {
  return EXERCISES.map(({ attack: _, ...lesson }) => lesson)
}

/** @throws TypeError for an exercise that is not there */
export function attack(id: string, server: ServerKind, options: RunOptions = {}): Promise<Outcome> {
  const exercise = EXERCISES.find((one) => one.id === id)
  if (!exercise) throw new TypeError(`there is no exercise ${id}`)
  return runExercise(exercise, server, options)
}
