/** Step-up (RFC 9470): the login is good but its authentication is too old or too weak for what is asked. */
import { AuthError } from '../errors.ts'

/** What an authentication must be like. */
export interface StepUp {
  /** Acceptable authentication contexts, the preferred one first. */
  readonly acrValues: readonly string[]
  /** Seconds since the user last proved who they are, at most. */
  readonly maxAge: number | null
}

/** `credentials.insufficient` (401) with what would be sufficient. */
export class StepUpRequired extends AuthError implements StepUp {
  readonly acrValues: readonly string[]
  readonly maxAge: number | null

  constructor({ acrValues, maxAge }: StepUp) {
    super('credentials.insufficient', 'sign in again, or by a stronger method, to do this')
    this.acrValues = acrValues
    this.maxAge = maxAge
  }
}

/** What an error asks for; null for every other error. Holds across copies of the package. */
export function stepUpOf(error: unknown): StepUp | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'credentials.insufficient') return null
  const acrValues = 'acrValues' in error && Array.isArray(error.acrValues) ? error.acrValues : []
  const maxAge = 'maxAge' in error && typeof error.maxAge === 'number' ? error.maxAge : null
  return { acrValues: acrValues.filter((value) => typeof value === 'string'), maxAge }
}

/** The challenge of RFC 9470 §3, as a value of `WWW-Authenticate`. */
export function stepUpChallenge({ acrValues, maxAge }: StepUp): string {
  return [
    'Bearer error="insufficient_user_authentication"',
    'error_description="a different authentication is required"',
    ...(acrValues.length > 0 ? [`acr_values="${acrValues.join(' ')}"`] : []),
    ...(maxAge === null ? [] : [`max_age="${maxAge}"`]),
  ].join(', ')
}
