/**
 * MINT: the time is read first, then the session and its subject's generation, then the token is signed with what was read.
 * So every token that a revocation covers is dead by its append plus one token life, however long this process was paused.
 */
import { randomId } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { SessionAndSubject } from '../session/store.ts'
import type { AccessTokenInput, AccessTokenIssuer, StatusReference } from '../token/access-tokens.ts'
import type { DescribedToken, TokenTerms } from './described-token.ts'
import type { MintedToken } from './login.ts'
import { type AudiencePolicy, MAX_BROWSER_TOKEN_SECONDS } from './options.ts'
import type { Parts } from './parts.ts'

export interface Minted extends MintedToken {
  readonly generation: number
  /** From the session read to the end: how long it was meant to live. */
  readonly lifetimeSeconds: number
}

export interface Mint {
  /** The audiences asked for, or the application itself. @throws AuthError `token.audience_unknown`, `token.browser` */
  checkAudience(audience: readonly string[] | undefined, browser: boolean): readonly string[]
  policyOf(audience: string): AudiencePolicy
  /** All of MINT but the signature, for whoever signs otherwise; null: the session is not alive. */
  describe(sessionId: string, terms: TokenTerms): Promise<DescribedToken | null>
  /** A token of the session as it is now; null: it is not alive. */
  mint(sessionId: string, terms: TokenTerms): Promise<Minted | null>
}

/** A live session that is somebody's. */
interface Live extends SessionAndSubject {
  readonly owner: string
}

export function createMint(parts: Parts, accessTokens: AccessTokenIssuer): Mint {
  const { options, claims, statusLists } = parts
  const { clock, store, issuer } = options

  const policyOf = (audience: string): AudiencePolicy => {
    const policy = options.audiences.get(audience)
    if (!policy) throw new AuthError('token.audience_unknown', 'tokens are not issued for this audience')
    return policy
  }

  /** The shortest of all that the audiences allow. */
  const lifetimeOf = (audience: readonly string[]): number =>
    Math.min(
      ...audience.map((name) => {
        const { lifetimeSeconds = options.accessTokenSeconds, browser } = policyOf(name)
        // Whoever refreshes later cannot be told from a browser, so the audience decides and not the caller.
        return browser ? Math.min(lifetimeSeconds, MAX_BROWSER_TOKEN_SECONDS) : lifetimeSeconds
      }),
    )

  /** Only the claims that every audience of the token may see. */
  const claimsFor = (audience: readonly string[], all: JsonObject): JsonObject => {
    const lists = audience.flatMap((name) => policyOf(name).claims ?? [])
    if (audience.every((name) => policyOf(name).claims === undefined)) return all
    const allowed = (name: string) =>
      audience.every((one) => policyOf(one).claims === undefined || policyOf(one).claims?.includes(name))
    return Object.fromEntries(Object.entries(all).filter(([name]) => lists.includes(name) && allowed(name)))
  }

  const findLive = async (sessionId: string, w0: number): Promise<Live | null> => {
    const found = await store.sessions.findWithSubject(sessionId, w0)
    const subject = found?.session.subject ?? null
    return found && subject !== null ? { ...found, owner: subject } : null
  }

  const lifeOf = (
    { session }: Live,
    { audience, notAfter = Number.POSITIVE_INFINITY }: TokenTerms,
    w0: number,
  ): number => Math.min(lifetimeOf(audience), Math.min(session.absoluteExpiresAt, notAfter) - w0)

  /** A place on a status list, where one of the audiences is checked outside the fleet. */
  const placeFor = async (
    { session, owner }: Live,
    tokenId: string,
    audience: readonly string[],
    expiresAt: number,
  ): Promise<StatusReference | null> => {
    if (statusLists === null || !audience.some((name) => policyOf(name).external)) return null
    const { id: sessionId, generation, floor } = session
    return statusLists.reserve({ tokenId, sessionId, subject: owner, generation }, floor, expiresAt)
  }

  const describe: Mint['describe'] = async (sessionId, terms) => {
    const { audience, scope, clientId, act } = terms
    const w0 = clock.now()
    const tokenId = randomId()
    const first = await findLive(sessionId, w0)
    if (!first) return null
    const lifetimeSeconds = lifeOf(first, terms, w0)
    if (lifetimeSeconds < 1) return null
    const status = await placeFor(first, tokenId, audience, w0 + lifetimeSeconds)
    // Read once more where there is a place: whoever ends the session after this read finds it there.
    const found = status ? await findLive(sessionId, w0) : first
    if (!found) return null
    const { session, subject: state } = found
    const current = await claims.ofSession(session, found.owner, state)
    const input: AccessTokenInput & { readonly tokenId: string } = {
      subject: found.owner,
      sessionId: session.id,
      tokenId,
      status,
      generation: state.generation,
      audience,
      clientId: clientId ?? session.clientId ?? issuer,
      scope,
      ...(act ? { act } : {}),
      issuedAt: w0,
      lifetimeSeconds,
      authTime: session.authenticatedAt,
      acr: session.acr,
      amr: session.amr,
      claims: claimsFor(audience, current.claims),
    }
    return { session, input }
  }

  return {
    policyOf,

    checkAudience(audience, browser) {
      const names = audience === undefined || audience.length === 0 ? [issuer] : [...new Set(audience)]
      for (const name of names) {
        if (policyOf(name).browser !== true && browser) {
          throw new AuthError('token.browser', 'tokens for this audience are not handed to a browser')
        }
      }
      return names
    },

    describe,

    async mint(sessionId, terms) {
      const described = await describe(sessionId, terms)
      if (!described) return null
      const { session, input } = described
      const { audience, scope } = terms
      const token = await accessTokens.issue(input)
      return {
        session,
        generation: input.generation,
        tokenId: token.tokenId,
        lifetimeSeconds: input.lifetimeSeconds,
        issued: {
          accessToken: token.accessToken,
          expiresAt: token.expiresAt,
          expiresInSeconds: Math.max(0, token.expiresAt - clock.now()),
          bytes: token.bytes,
          audience,
          scope,
        },
      }
    },
  }
}
