/** A subject's application claims: loaded from the application, valid for the generation that was read before the load. */
import type { Clock } from '../clock.ts'
import { AuthError, isAuthError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { PROTOCOL_CLAIMS } from '../revocation/check.ts'
import type { RevocationEngine, SubjectState } from '../revocation/engine.ts'
import type { Session } from '../session/session.ts'

/** Claims, and the subject's generation before they were loaded: a later change has a higher one. */
export interface ClaimsAt {
  readonly claims: JsonObject
  readonly generation: number
}

export interface ClaimsSource {
  /** Asks the application. @throws AuthError `store.unavailable` when it fails, TypeError when it answers what it must not */
  load(subject: string): Promise<JsonObject>
  /** The claims as of now; asks the application only when the generation has moved (or after a minute). */
  current(subject: string): Promise<ClaimsAt>
  /**
   * The session's own snapshot while it is as new as `state` wants, otherwise as `current`.
   * @param state read before this call
   */
  ofSession(session: Session, subject: string, state: SubjectState): Promise<ClaimsAt>
}

const REMEMBERED = 10_000
const REMEMBERED_SECONDS = 60

export function createClaimsSource(
  ask: (subject: string) => Promise<JsonObject>,
  revocations: Pick<RevocationEngine, 'subject'>,
  clock: Clock,
): ClaimsSource {
  const remembered = new Map<string, ClaimsAt & { readonly until: number }>()

  const load = async (subject: string): Promise<JsonObject> => {
    let answer: unknown
    try {
      answer = await ask(subject)
    } catch (cause) {
      if (isAuthError(cause)) throw cause
      throw new AuthError('store.unavailable', 'the claims could not be loaded', { cause, retryAfterSeconds: 2 })
    }
    return checkClaims(answer)
  }

  /** @param generation read before this call, so that whatever is loaded now is at least as new */
  const at = async (subject: string, generation: number): Promise<ClaimsAt> => {
    const known = remembered.get(subject)
    if (known && known.generation === generation && clock.now() < known.until) return known
    const now = clock.now()
    const fresh = { claims: await load(subject), generation, until: now + REMEMBERED_SECONDS }
    const other = remembered.get(subject)
    if (!other || other.generation <= generation) {
      remembered.delete(subject)
      remembered.set(subject, fresh)
    }
    const oldest = remembered.keys().next().value
    if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest)
    return fresh
  }

  return {
    load,
    current: async (subject) => at(subject, (await revocations.subject(subject)).generation),
    async ofSession(session, subject, state) {
      if (session.claimsGeneration >= state.staleBelow) {
        return { claims: session.claims, generation: session.claimsGeneration }
      }
      return at(subject, state.generation)
    },
  }
}

/**
 * A frozen copy of application claims.
 * @throws TypeError unless they are a JSON object without a claim of the protocol
 */
export function checkClaims(answer: unknown): JsonObject {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new TypeError('claims must be an object')
  }
  const copy = JSON.parse(JSON.stringify(answer), (_name, part) => Object.freeze(part)) as Json
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) throw new TypeError('claims must be an object')
  for (const name of Object.keys(copy)) {
    if (PROTOCOL_CLAIMS.has(name)) throw new TypeError(`the claim "${name}" belongs to the protocol`)
  }
  return copy as JsonObject
}
