/**
 * Many sessions say the same in some of their parts: the mode, how they signed in, the browser, the roles. A row that was just
 * read has copies of its own of all of them; kept for long, equal ones are one.
 */
import type { Session } from './session.ts'

/** Each kind of part forgets all it knows when there are more than so many: nobody can fill the memory with rare ones. */
const MOST = 1024
/** Longer ones are rarely equal, and comparing them costs. */
const LONGEST = 512

export interface SharedParts {
  /** The session, its equal parts being the same as in others; all of them must be JSON, and frozen. */
  share(session: Session): Session
}

export function createSharedParts(): SharedParts {
  const texts = new Map<string, string>()
  const claims = new Map<string, Session['claims']>()
  const methods = new Map<string, Session['amr']>()

  const text = (value: string | null): string | null => (value === null ? null : known(texts, value, value))

  return {
    share(session) {
      const { userAgent, address } = session.device
      return Object.freeze({
        ...session,
        mode: known(texts, session.mode, session.mode) as Session['mode'],
        acr: text(session.acr),
        amr: known(methods, JSON.stringify(session.amr), session.amr),
        clientId: text(session.clientId),
        device: Object.freeze({ userAgent: text(userAgent), address }),
        claims: known(claims, JSON.stringify(session.claims), session.claims),
      })
    },
  }
}

function known<T>(held: Map<string, T>, key: string, value: T): T {
  if (key.length > LONGEST) return value
  const found = held.get(key)
  if (found !== undefined) return found
  if (held.size >= MOST) held.clear()
  held.set(key, value)
  return value
}
