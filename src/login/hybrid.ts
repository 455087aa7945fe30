/** Hybrid: short tokens for the services behind, minted from a session and reused until they near their end. */
import { AuthError } from '../errors.ts'
import type { CheckKey } from '../revocation/check.ts'
import type { Mint, Minted } from './issue.ts'
import type { IssuedAccessToken, Login, MintInput } from './login.ts'
import type { Parts } from './parts.ts'
import { grantScope, scopeParts } from './scope.ts'

interface Held {
  readonly minted: Minted
  /** Judges the very token that is held: dead or stale, it is minted anew. */
  readonly key: CheckKey
  /** From then on it is too near its end to be handed out. */
  readonly reuseUntil: number
}

export interface Hybrid {
  mint(login: Login, input: MintInput): Promise<IssuedAccessToken>
  readonly describe: Mint['describe']
  /** A new token each time, on whatever terms. */
  readonly mintOn: Mint['mint']
}

const MAX_HELD = 50_000
/** A token is not handed out in the last third of its life, nor in its last minute. */
const LEAST_LEFT = 0.3
const LEAST_LEFT_SECONDS = 60

export function createHybrid(parts: Parts, mint: Mint): Hybrid {
  const { clock, revocations, issuer } = parts.options
  const { view } = revocations
  const held = new Map<string, Held>()
  const flights = new Map<string, Promise<Minted | null>>()

  const reusable = (place: string): Minted | null => {
    const found = held.get(place)
    if (!found) return null
    if (clock.now() < found.reuseUntil && view.look(found.key) === 'alive' && view.leaseHolds()) return found.minted
    held.delete(place)
    return null
  }

  const keep = (place: string, minted: Minted): void => {
    const { session, issued, lifetimeSeconds } = minted
    if (session.subject === null) return
    const left = Math.max(LEAST_LEFT_SECONDS, Math.ceil(lifetimeSeconds * LEAST_LEFT))
    const { id: sessionId, subject } = session
    const key = view.prepare({ sessionId, subject, tokenId: minted.tokenId, generation: minted.generation })
    held.delete(place)
    held.set(place, { minted, key, reuseUntil: issued.expiresAt - left })
    const oldest = held.keys().next().value
    if (held.size > MAX_HELD && oldest !== undefined) held.delete(oldest)
  }

  return {
    describe: mint.describe,
    mintOn: mint.mint,

    async mint(login, { audience = issuer, scope, browser = false }) {
      const names = mint.checkAudience([audience], browser)
      const granted = scopeFor(login, scope, mint.policyOf(audience).scopes ?? [])
      const place = JSON.stringify([login.sessionId, audience, granted])
      let minted = reusable(place)
      if (!minted) {
        const flying = flights.get(place)
        // Whoever joins a flight that began earlier gets a token of that time: CHECK judges it wherever it goes.
        const flight =
          flying ?? mint.mint(login.sessionId, { audience: names, scope: granted }).finally(() => flights.delete(place))
        if (!flying) flights.set(place, flight)
        minted = await flight
        if (!minted || minted.session.subject !== login.subject) {
          throw new AuthError('session.ended', 'the session has ended')
        }
        keep(place, minted)
        if (!flying) {
          await parts.emit(
            'token.minted',
            { subject: login.subject, sessionId: login.sessionId },
            { audience, tokenId: minted.tokenId, bytes: minted.issued.bytes },
          )
        }
      }
      return { ...minted.issued, expiresInSeconds: Math.max(0, minted.issued.expiresAt - clock.now()) }
    },
  }
}

/** Never more than the token presented, or the audience's policy, has. */
function scopeFor(login: Login, asked: string | undefined, allowedByPolicy: readonly string[]): string | null {
  const carried = login.token?.scope
  const allowed =
    login.credential === 'token' ? scopeParts(typeof carried === 'string' ? carried : '') : allowedByPolicy
  if (asked === undefined) return login.credential === 'token' && allowed.length > 0 ? allowed.join(' ') : null
  return grantScope(asked, allowed)
}
