/** The exercises' names, as links carry them: `/lab/attack#v=1&exercise=half-logout`. In the order of the screen. */
export const EXERCISE_NAMES = [
  'alg-none',
  'key-confusion',
  'weak-secret',
  'key-id-injection',
  'key-substitution',
  'cross-jwt',
  'stolen-token',
  'refresh-reuse',
  'forged-request',
  'script-injection',
  'planted-cookie',
  'half-logout',
] as const
export type ExerciseName = (typeof EXERCISE_NAMES)[number]
