/**
 * The provider's tokens of a login: kept here, sealed, and never sent to the browser. A refresh token that rotates is spent by
 * its use, so only one of all callers in all processes uses it: whoever holds the lease that lies in the record.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { refreshTokenGrant, type TokenEndpointResponse, type TokenEndpointResponseHelpers } from 'openid-client'
import { randomId } from '../../crypto/random.ts'
import { AuthError, isAuthError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { Link } from './links.ts'
import type { CheckedOptions } from './options.ts'
import { type Provider, unusable } from './provider.ts'

/** What the provider gave out for one login. */
export interface ProviderTokens {
  readonly sub: string
  readonly accessToken: string
  readonly scope: string | null
  /** Seconds since 1970; null: the provider did not say. */
  readonly expiresAt: number | null
  /** From then on it is refreshed before it is handed out. */
  readonly refreshAt: number | null
  readonly refreshToken: string | null
  readonly idToken: string | null
}

export interface Tokens {
  put(link: Link, tokens: ProviderTokens): Promise<void>
  find(link: Link): Promise<ProviderTokens | null>
  remove(link: Link): Promise<void>
  /**
   * Tokens whose access token is good for a while, refreshed where it is not, or is the one that was `refused`.
   * @throws AuthError `sso.tokens`, `sso.unavailable`, `sso.response`, `store.unavailable`
   */
  fresh(link: Link, refused: string | null): Promise<ProviderTokens>
}

/** A stored set: `lease` names whoever is refreshing it. */
interface Stored {
  readonly tokens: ProviderTokens
  readonly version: number
  readonly lease: { readonly holder: string; readonly until: number } | null
}

/** So long before its end an access token is refreshed, or in the middle of a life that is shorter. */
const EARLY_SECONDS = 30
/** Beyond the time that the provider may take: whoever holds a lease longer than that is gone. */
const LEASE_MARGIN_SECONDS = 10
const LOOK_AGAIN_MS = 50

export function createTokens(options: CheckedOptions, provider: Provider): Tokens {
  const { secrets, clock, timeoutSeconds } = options
  const records = options.store.records('sso-tokens')
  const refreshing = new Map<string, Promise<ProviderTokens>>()

  const seal = async (link: Link, tokens: ProviderTokens, lease: Stored['lease']): Promise<JsonObject> => ({
    sealed: await secrets.seal('sso tokens', JSON.stringify(tokens), link.id),
    lease: lease && { ...lease },
  })

  const read = async (link: Link): Promise<Stored | null> => {
    const found = await records.find(link.id, clock.now())
    if (!found) return null
    const { sealed, lease } = found.value as unknown as { readonly sealed: string; readonly lease: Stored['lease'] }
    const text = await secrets.open('sso tokens', sealed, link.id).catch((error: unknown) => {
      // Sealed with a secret that has left the ring: as good as gone, and nobody must be kept from signing out by that.
      if (isAuthError(error, 'store.corrupt')) return null
      throw error
    })
    return text === null ? null : { tokens: JSON.parse(text) as ProviderTokens, version: found.version, lease }
  }

  const write = async (link: Link, version: number, tokens: ProviderTokens, lease: Stored['lease']): Promise<boolean> =>
    records.compareAndSet(link.id, version, await seal(link, tokens, lease), link.expiresAt, clock.now())

  const isGood = ({ accessToken, refreshAt }: ProviderTokens, refused: string | null): boolean =>
    accessToken !== refused && (refreshAt === null || clock.now() < refreshAt)

  /** With the lease in hand. Where the record is gone meanwhile, its session has ended. */
  const exchange = async (link: Link, { tokens, version }: Stored, refreshToken: string): Promise<ProviderTokens> => {
    try {
      const answer = await provider.ask((configuration) => refreshTokenGrant(configuration, refreshToken))
      const claims = answer.claims()
      // A new ID token is about the same user or of no use (OpenID Connect Core §12.2).
      if (claims && claims.sub !== tokens.sub) throw unusable()
      const next = tokensOf(answer, tokens, clock.now())
      if (!(await write(link, version, next, null))) throw noTokens()
      return next
    } catch (error) {
      // It said no: the refresh token is worth nothing any more. It said nothing: another try may use it.
      const isNo = isAuthError(error, 'sso.response')
      await write(link, version, isNo ? { ...tokens, refreshToken: null } : tokens, null)
      throw isNo ? noTokens(error) : error
    }
  }

  const refresh = async (link: Link, refused: string | null): Promise<ProviderTokens> => {
    const lastAt = clock.now() + timeoutSeconds + 2 * LEASE_MARGIN_SECONDS
    for (;;) {
      const stored = await read(link)
      if (!stored) throw noTokens()
      const { tokens, version, lease } = stored
      if (isGood(tokens, refused)) return tokens
      if (tokens.refreshToken === null) throw noTokens()
      if (lease !== null && clock.now() < lease.until) {
        if (clock.now() > lastAt) throw busy()
        await sleep(LOOK_AGAIN_MS)
        continue
      }
      const held = { holder: randomId(), until: clock.now() + timeoutSeconds + LEASE_MARGIN_SECONDS }
      if (await write(link, version, tokens, held)) {
        return exchange(link, { tokens, version: version + 1, lease: held }, tokens.refreshToken)
      }
    }
  }

  return {
    async put(link, tokens) {
      await records.put(link.id, await seal(link, tokens, null), link.expiresAt, clock.now())
    },
    async find(link) {
      return (await read(link))?.tokens ?? null
    },
    async remove(link) {
      await records.take(link.id, clock.now())
    },
    async fresh(link, refused) {
      const stored = await read(link)
      if (stored && isGood(stored.tokens, refused)) return stored.tokens
      const under = refreshing.get(link.id)
      if (under) {
        const shared = await under
        return isGood(shared, refused) ? shared : refresh(link, refused)
      }
      const run = refresh(link, refused).finally(() => refreshing.delete(link.id))
      refreshing.set(link.id, run)
      return run
    },
  }
}

/**
 * @param former what an answer to a refresh may leave out; null: there is none
 * @param now seconds since 1970, of the moment before which the provider has answered
 */
export function tokensOf(
  answer: TokenEndpointResponse & TokenEndpointResponseHelpers,
  former: Pick<ProviderTokens, 'sub' | 'scope' | 'refreshToken' | 'idToken'>,
  now: number,
): ProviderTokens {
  const expiresIn = answer.expiresIn()
  return {
    sub: former.sub,
    accessToken: answer.access_token,
    scope: answer.scope ?? former.scope,
    expiresAt: expiresIn === undefined ? null : now + expiresIn,
    refreshAt: expiresIn === undefined ? null : now + expiresIn - Math.min(EARLY_SECONDS, Math.floor(expiresIn / 2)),
    refreshToken: answer.refresh_token ?? former.refreshToken,
    idToken: answer.id_token ?? former.idToken,
  }
}

export function noTokens(cause?: unknown): AuthError {
  return new AuthError('sso.tokens', 'the provider gives no tokens for this login any more; sign in again', { cause })
}

function busy(): AuthError {
  return new AuthError('sso.unavailable', 'the tokens are being refreshed elsewhere', { retryAfterSeconds: 1 })
}
