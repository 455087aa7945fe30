/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6): whose login has ended at the provider, in its own signature. */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose'
import { sha256Base64url } from '../../crypto/digest.ts'
import { AuthError } from '../../errors.ts'
import type { ProviderSession } from './links.ts'
import type { CheckedOptions } from './options.ts'
import type { Provider } from './provider.ts'

export interface LogoutTokens {
  /** @throws AuthError `sso.response` for anything but a good token that has not been carried out; `sso.unavailable` */
  check(token: string): Promise<{ readonly whom: ProviderSession; readonly done: () => Promise<void> }>
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** No shared secret, no `none`. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const MAX_LIFETIME_SECONDS = 3600
const TOLERANCE_SECONDS = 10

export function createLogoutTokens(options: CheckedOptions, provider: Provider): LogoutTokens {
  const { clock, clientId, timeoutSeconds } = options
  const seen = options.store.records('sso-logout')
  let keys: { readonly url: string; readonly of: ReturnType<typeof createRemoteJWKSet> } | null = null

  /** Where the provider's metadata say; a token names no address. */
  const keySet = async () => {
    const { issuer, jwks_uri: url } = await provider.ask(async (configuration) => configuration.serverMetadata())
    if (url === undefined) throw refused('the provider publishes no keys')
    if (keys?.url !== url) {
      const remote = { [customFetch]: options.fetch, timeoutDuration: timeoutSeconds * 1000 }
      keys = { url, of: createRemoteJWKSet(new URL(url), remote) }
    }
    return { issuer, keys: keys.of }
  }

  const verify = async (token: string): Promise<JWTPayload> => {
    const { issuer, keys } = await keySet()
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: clientId,
        typ: 'logout+jwt',
        algorithms: ALGORITHMS,
        requiredClaims: ['iat', 'exp', 'jti', 'events'],
        clockTolerance: 0,
        currentDate: new Date(clock.now() * 1000),
      })
      return payload
    } catch (cause) {
      if (isBadToken(cause)) throw refused('the logout token is not good', cause)
      throw new AuthError('sso.unavailable', "the provider's keys cannot be read", { cause, retryAfterSeconds: 5 })
    }
  }

  return {
    async check(token) {
      const payload = await verify(token)
      const { sub = null, sid = null, jti, iat = 0, exp = 0 } = payload
      if (!isEvent(payload.events)) throw refused('the logout token is about another event')
      if ('nonce' in payload) throw refused('a logout token has no nonce')
      if (!isName(sub) || !isName(sid) || (sub === null && sid === null)) throw refused('the logout token names nobody')
      if (typeof jti !== 'string' || jti === '') throw refused('the logout token has no jti')
      if (iat > clock.now() + TOLERANCE_SECONDS || exp - iat > MAX_LIFETIME_SECONDS) {
        throw refused('the logout token is of another time')
      }
      const key = sha256Base64url(`${options.name}\n${jti}`)
      if (await seen.find(key, clock.now())) throw refused('the logout token has been used')
      // Remembered when it has been carried out: until then the provider may send it again.
      return { whom: { sub, sid }, done: () => seen.put(key, true, exp, clock.now()) }
    },
  }
}

/** jose's own errors are about the token, but for those about the key set, which it throws as bare `JOSEError`s too. */
function isBadToken(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError) || cause.constructor === errors.JOSEError) return false
  return !(cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid)
}

function isEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false
  const event: unknown = (events as Record<string, unknown>)[EVENT]
  return typeof event === 'object' && event !== null && !Array.isArray(event)
}

function isName(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && value !== '')
}

function refused(message: string, cause?: unknown): AuthError {
  return new AuthError('sso.response', message, { cause })
}
