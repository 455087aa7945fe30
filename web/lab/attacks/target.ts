/** A token that was brought from Inspect: which exercises are about tokens like it. It is only looked at, and sent nowhere. */
import { isAuthError } from '../../../src/errors.ts'
import { parseJws } from '../../../src/token/jws.ts'
import type { ExerciseName } from './names.ts'
import { type Search, type SearchOptions, searchSecret } from './search.ts'

export interface Target {
  /** null: it is no token in three parts. */
  readonly algorithm: string | null
  /** Why it is none. */
  readonly problem: string | null
  readonly exercises: readonly { readonly id: ExerciseName; readonly why: string }[]
  /** Its secret can be searched for. */
  readonly canSearch: boolean
}

export function lookAtTarget(token: string): Target {
  let jws: ReturnType<typeof parseJws>
  try {
    jws = parseJws(token.trim())
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { algorithm: null, problem: error.message, exercises: [], canSearch: false }
  }
  const { algorithm, keyId, type } = jws.header
  const { exp, iat, aud } = jws.payload
  const exercises: { id: ExerciseName; why: string }[] = []
  const add = (id: ExerciseName, why: string) => void exercises.push({ id, why })
  add('alg-none', 'any token: does the verifier believe its alg?')
  if (/^[RP]S/.test(algorithm)) add('key-confusion', `it is signed by ${algorithm}, with a public key`)
  if (algorithm === 'HS256') add('weak-secret', 'it is signed with a secret: the list can be tried on this very token')
  if (keyId !== null) add('key-id-injection', 'it names its key (kid)')
  if (type !== 'application/at+jwt') add('cross-jwt', `its typ is ${type === null ? 'missing' : 'not at+jwt'}`)
  else if (aud === undefined) add('cross-jwt', 'it names no audience')
  const minutes = typeof exp === 'number' && typeof iat === 'number' ? Math.round((exp - iat) / 60) : null
  add('stolen-token', minutes === null ? 'it does not say how long it lives' : `it lives ${minutes} minutes`)
  return { algorithm, problem: null, exercises, canSearch: algorithm === 'HS256' }
}

/** @throws AuthError `token.malformed`; DOMException AbortError */
export function searchTarget(token: string, options: SearchOptions): Promise<Search> {
  const { input, signature } = parseJws(token.trim())
  return searchSecret(input, signature, options)
}
