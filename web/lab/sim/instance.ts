/** An instance of the application: how each of the compared ways decides a request, by the product's own parts. */
import { isAuthError } from '../../../src/errors.ts'
import { bearerToken } from '../../../src/http/credentials.ts'
import type { Presented } from '../../../src/http/identify.ts'
import { createIdentify } from '../../../src/http/identify.ts'
import { createOriginPolicy } from '../../../src/http/origin.ts'
import { createSessionCookie } from '../../../src/http/session-cookie.ts'
import type { Login } from '../../../src/login/login.ts'
import { type Consistency, staleOk } from '../../../src/revocation/check.ts'
import { createOwnKeySource } from '../../../src/token/issuer-keys.ts'
import type { VerifiedClaims } from '../../../src/verifier/verified-claims.ts'
import { createVerifierOver } from '../../../src/verifier/verifier.ts'
import { BEHIND, ISSUER, type Machine } from './machine.ts'
import type { ModeName } from './modes.ts'
import type { Standing } from './result.ts'

/** How a request came out, and what the application then knows of the user's roles. */
export interface Decision {
  readonly standing: Standing
  readonly roles: readonly string[]
}

export interface Instance {
  readonly name: string
  readonly machine: Machine
  /** At once where memory does; otherwise a promise. Never rejects. */
  decide(presented: Presented): Decision | Promise<Decision>
  /** A token presented to the service behind the edge. */
  decideBehind(token: string): Decision | Promise<Decision>
  /** The inner token that this session's last request carried; null: there is none. */
  innerTokenOf(sessionId: string): string | null
}

/** The application goes on for so long without its store, where it is told to let in whom it can still recognise. */
export const OPEN_SECONDS = 600
const TOLERANCE = 5

export function createInstance(name: string, mode: ModeName, machine: Machine, failOpen: boolean): Instance {
  const { logins, keys, view, clock } = machine
  const origins = createOriginPolicy(ISSUER)
  const identify = createIdentify(logins, createSessionCookie(origins.origin), origins)
  const source = createOwnKeySource(keys, clock)
  const common = { issuer: ISSUER, clockToleranceSeconds: TOLERANCE, clock: () => clock.now() }
  const plain = createVerifierOver(source, { ...common, audience: [ISSUER, BEHIND], maxLifetimeSeconds: 40 * 86_400 })
  const denying = createVerifierOver(source, { ...common, audience: ISSUER, revocations: view })
  const inner = new Map<string, string>()

  /** From memory if that answers; otherwise as long as it takes. */
  const either = (now: () => Login | null | undefined, later: () => Promise<Login | null>) =>
    soon(() => now(), later, ofLogin)
  const byIdentity = (consistency?: Consistency) => (presented: Presented) =>
    either(
      () => identify.identifyNow(presented),
      () => identify.identify(presented, consistency),
    )
  const strict = (presented: Presented): Promise<Decision> =>
    settled(async () => ofLogin(await identify.identify(presented, 'strict')))
  const verify = (token: string): Decision | Promise<Decision> =>
    soon(
      () => plain.verifyNow(token),
      () => plain.verify(token),
      ofClaims,
    )

  const deciders: Readonly<Record<ModeName, (presented: Presented) => Decision | Promise<Decision>>> = {
    cookie: strict,
    cached: byIdentity(),
    'sojourn-cookie': byIdentity(failOpen ? staleOk(OPEN_SECONDS) : 'lease'),
    'sojourn-token': byIdentity(failOpen ? staleOk(OPEN_SECONDS) : 'lease'),
    jwt: (presented) => verify(tokenOf(presented)),
    denylist: (presented) => settled(() => withDenylist(tokenOf(presented))),
    bff: (presented) => settled(() => throughEdge(presented)),
  }

  const withDenylist = async (token: string): Promise<Decision> => {
    try {
      return ofClaims(await denying.verify(token, 'strict'))
    } catch (error) {
      if (!failOpen || ofError(error) !== UNAVAILABLE) throw error
      return verify(token)
    }
  }
  const throughEdge = async (presented: Presented): Promise<Decision> => {
    const login = await identify.identify(presented, 'strict')
    if (!login) return REJECTED
    const { accessToken } = await logins.mint(login, { audience: BEHIND })
    inner.set(login.sessionId, accessToken)
    return verify(accessToken)
  }

  return {
    name,
    machine,
    decide: deciders[mode],
    decideBehind: verify,
    innerTokenOf: (sessionId) => inner.get(sessionId) ?? null,
  }
}

const REJECTED: Decision = { standing: 'rejected', roles: [] }
const UNAVAILABLE: Decision = { standing: 'unavailable', roles: [] }

function ofLogin(login: Login | null): Decision {
  return login ? { standing: 'accepted', roles: rolesOf(login.claims.roles) } : REJECTED
}

function ofClaims(claims: VerifiedClaims): Decision {
  return { standing: 'accepted', roles: rolesOf(claims.roles) }
}

function rolesOf(roles: unknown): readonly string[] {
  return Array.isArray(roles) ? roles : []
}

function tokenOf({ authorization }: Presented): string {
  return bearerToken(authorization ?? '')
}

function ofError(error: unknown): Decision {
  if (!isAuthError(error)) throw error
  return ['store.unavailable', 'revocation.stale', 'keys.unavailable'].includes(error.code) ? UNAVAILABLE : REJECTED
}

async function settled(decide: () => Promise<Decision>): Promise<Decision> {
  try {
    return await decide()
  } catch (error) {
    return ofError(error)
  }
}

function soon<T>(
  now: () => T | undefined,
  later: () => Promise<T>,
  decisionOf: (answer: T) => Decision,
): Decision | Promise<Decision> {
  try {
    const known = now()
    return known === undefined ? settled(async () => decisionOf(await later())) : decisionOf(known)
  } catch (error) {
    return ofError(error)
  }
}
