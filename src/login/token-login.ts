/** Logins by access token: the verifier's claims as a login. */
import { AuthError, isAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { type Consistency, type Freshness, PROTOCOL_CLAIMS } from '../revocation/check.ts'
import type { CredentialRef } from '../revocation/engine.ts'
import type { VerifiedClaims, Verifier } from '../verifier/verifier.ts'
import type { Login } from './login.ts'
import type { Parts } from './parts.ts'

export interface TokenLogins {
  verifyNow(accessToken: string): Login | undefined
  verify(accessToken: string, consistency?: Consistency): Promise<Login>
  /** @throws AuthError `token.revoked`, `token.expired`, `revocation.stale`; TypeError for a login that is not ours */
  guard(login: Pick<Login, 'token' | 'freshness'>): void
  introspect(accessToken: string): Promise<Login | null>
  /** The ids of a genuine token that has not expired, whether or not it is revoked. @throws AuthError `token.*` */
  identify(
    accessToken: string,
  ): Promise<{ readonly tokenId: string; readonly subject: string; readonly sessionId: string }>
}

export interface TokenVerifiers {
  /** For the application itself. */
  readonly own: Verifier
  /** For every configured audience: to introspect, never to let in. */
  readonly anyAudience: Verifier
  /** The same without revocations: to revoke what may be revoked already. */
  readonly genuine: Verifier
}

export function createTokenLogins(parts: Parts, { own, anyAudience, genuine }: TokenVerifiers): TokenLogins {
  const { options } = parts
  // The verifier hands out the same claims object for a cached token, so its login is made once.
  const logins = new WeakMap<VerifiedClaims, Login>()

  const loginOf = (verified: VerifiedClaims): Login => {
    let login = logins.get(verified)
    if (!login) {
      login = toLogin(verified, 'lease')
      logins.set(verified, login)
    }
    return login
  }

  const verifyWith = async (verifier: Verifier, accessToken: string, wanted: Consistency): Promise<Login> => {
    const { claims: verified, freshness } = await verifier.verifyDetailed(accessToken, wanted)
    return freshness === 'lease' ? loginOf(verified) : toLogin(verified, freshness)
  }

  return {
    verifyNow(accessToken) {
      const verified = own.verifyNow(accessToken)
      return verified && loginOf(verified)
    },

    verify: (accessToken, consistency = 'lease') =>
      verifyWith(own, accessToken, consistency === 'lease' ? options.onStale : consistency),

    guard({ token, freshness }) {
      if (token === null) throw new TypeError('this is no login by token')
      own.guard(token as VerifiedClaims, freshness)
    },

    async introspect(accessToken) {
      try {
        return await verifyWith(anyAudience, accessToken, 'lookup')
      } catch (error) {
        if (isAuthError(error) && error.code.startsWith('token.')) return null
        throw error
      }
    },

    async identify(accessToken) {
      const { sessionId, subject, tokenId } = refOf(await genuine.verify(accessToken))
      if (tokenId === null) throw new AuthError('token.claim_missing', 'the token has no jti')
      return { sessionId, subject, tokenId }
    },
  }
}

function toLogin(token: VerifiedClaims, freshness: Freshness): Login {
  const { sid, auth_time: authTime, acr, amr } = token
  return Object.freeze({
    subject: token.sub,
    claims: applicationClaims(token),
    mode: 'token',
    credential: 'token',
    sessionId: typeof sid === 'string' ? sid : '',
    expiresAt: token.exp,
    authenticatedAt: typeof authTime === 'number' ? authTime : Number(token.iat),
    acr: typeof acr === 'string' ? acr : null,
    amr: Array.isArray(amr) ? amr.filter((method) => typeof method === 'string') : [],
    session: null,
    token,
    freshness,
  } satisfies Login)
}

function applicationClaims(token: JsonObject): JsonObject {
  return Object.freeze(Object.fromEntries(Object.entries(token).filter(([name]) => !PROTOCOL_CLAIMS.has(name))))
}

function refOf({ sid, sub, jti, gen }: JsonObject): CredentialRef {
  if (typeof sid !== 'string' || typeof sub !== 'string' || typeof jti !== 'string' || typeof gen !== 'number') {
    throw new AuthError('token.claim_missing', 'the token lacks sid, sub, jti or gen')
  }
  return { sessionId: sid, subject: sub, tokenId: jti, generation: gen }
}
