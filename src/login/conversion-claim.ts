/** What is written down of a conversion before anything is handed out. */
import { AuthError } from '../errors.ts'
import type { Json } from '../json.ts'

/** The conversion under way of one session. */
export interface Claim {
  readonly to: 'token' | 'cookie'
  /** The family begun with it; empty for a cookie. */
  readonly familyId: string
  /** The secret that was handed out, encrypted under the secret ring. */
  readonly sealed: string
  readonly at: number
}

export function readClaim(value: Json): Claim {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { to, familyId, sealed, at } = value as Readonly<Record<string, Json>>
    if ((to === 'token' || to === 'cookie') && typeof familyId === 'string') {
      if (typeof sealed === 'string' && typeof at === 'number') return { to, familyId, sealed, at }
    }
  }
  throw new AuthError('store.corrupt', 'the record of a conversion has the wrong shape')
}
