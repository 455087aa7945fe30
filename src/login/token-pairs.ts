/** Token mode: an access token and the refresh token that brings the next one. */
import { AuthError } from '../errors.ts'
import { insist } from '../insist.ts'
import type { Family } from '../refresh/family.ts'
import type { RefreshToken } from '../refresh/refresh-token.ts'
import type { IssuedRefresh, RefreshTokens } from '../refresh/refresh-tokens.ts'
import type { Appended } from '../revocation/engine.ts'
import { inTime } from '../revocation/in-time.ts'
import type { Session } from '../session/session.ts'
import { sessionEnded } from '../session/sessions.ts'
import type { TokenTerms } from './described-token.ts'
import type { Mint } from './issue.ts'
import type { IssuedTokens } from './login.ts'
import { modeRefused } from './modes.ts'
import type { Parts } from './parts.ts'

export interface TokenPairs {
  /** @throws AuthError `token.audience_unknown`, `token.browser` */
  checkAudience(audience: readonly string[] | undefined, browser: boolean): Promise<readonly string[]>
  /** The first pair of a session; asked again with the same `first`, the same family. @throws AuthError `session.ended` */
  start(session: Session, terms: TokenTerms, first?: RefreshToken): Promise<IssuedTokens>
  /** A new pair for a session whose id has changed, its family going on. @throws AuthError `session.ended` */
  goOn(session: Session): Promise<IssuedTokens>
  /** What the session's tokens were issued for; the application itself when it has no family. */
  termsOf(sessionId: string): Promise<TokenTerms>
  refresh(refreshToken: string): Promise<IssuedTokens>
  /** The session of a refresh token that would do for a refresh; spends nothing. @throws AuthError as `refresh`, `session.mode` */
  present(refreshToken: string): Promise<Session>
  findByRefreshToken(refreshToken: string): Promise<Session | null>
}

/** How often another refresh of the same family may be faster than the server's own step. */
const ATTEMPTS = 5

export function createTokenPairs(
  parts: Parts,
  through: {
    readonly refreshTokens: RefreshTokens
    readonly mint: Mint
    /** Told of the session of each refresh. */
    readonly refreshed: (session: Session) => void
  },
): TokenPairs {
  const { options, sessions, modes } = parts
  const { refreshTokens, mint, refreshed } = through
  const { clock, store, issuer } = options

  const pair = async (sessionId: string, refresh: IssuedRefresh): Promise<IssuedTokens | null> => {
    const { audience, scope } = refresh.family
    // The refresh token is stored by now, and perhaps another one spent for it.
    const minted = await insist(() => mint.mint(sessionId, { audience, scope }), parts.patience)
    if (!minted) return null
    if (refresh.family.step > 0) refreshed(minted.session)
    const convertTo = modes.convertTo('token', minted.session.clientId)
    return { ...minted.issued, refreshToken: refresh.token, ...(convertTo ? { convertTo } : {}) }
  }

  /** @throws AuthError `session.mode` before anything is spent: a way back must stay open */
  const checkMode = async (refreshToken: string): Promise<void> => {
    if (modes.current === null) return
    const family = await refreshTokens.find(refreshToken)
    if (family && !modes.accepts('token', family.clientId)) throw modeRefused()
  }

  /** A spent token came back: somebody has a copy. The store has ended the session; every verifier is to know. */
  const toldReused = async ({ sessionId, subject }: Family, appended: Appended): Promise<never> => {
    await parts.settled(appended, () => sessions.end(sessionId))
    await parts.emit('refresh.reused', { subject, sessionId })
    throw new AuthError('refresh.reused', 'the refresh token had been used before: the session has been ended')
  }

  const refresh: TokenPairs['refresh'] = async (refreshToken) => {
    await checkMode(refreshToken)
    const exchange = await inTime(
      clock,
      () => refreshTokens.exchange(refreshToken),
      async (last) =>
        last.outcome === 'reused' ? { ...last, appended: await sessions.end(last.family.sessionId) } : last,
    )
    if (exchange.outcome === 'missing') throw expired()
    if (exchange.outcome === 'reused') return toldReused(exchange.family, exchange.appended)
    const { sessionId, subject } = exchange.family
    const tokens = await pair(sessionId, exchange)
    if (!tokens) throw expired()
    const action = exchange.outcome === 'rotated' ? 'refresh.rotated' : 'refresh.replayed'
    await parts.emit(action, { subject, sessionId }, { step: exchange.family.step, bytes: tokens.bytes })
    return tokens
  }

  return {
    checkAudience: async (audience, browser) => mint.checkAudience(audience, browser),

    async start(session, { audience, scope }, first) {
      if (session.subject === null) throw new TypeError('an anonymous session has no tokens')
      const { id: sessionId, subject, clientId, floor } = session
      const issued = await refreshTokens.issue({ sessionId, subject, clientId, audience, scope, floor }, first)
      const tokens = issued && (await pair(sessionId, issued))
      if (!tokens) throw sessionEnded()
      return tokens
    },

    async goOn(session) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const issued = await refreshTokens.advance(session.id)
        const tokens = issued && (await pair(session.id, issued))
        if (tokens) return tokens
        if (!(await store.families.findBySession(session.id, clock.now()))) throw sessionEnded()
      }
      throw new AuthError('session.conflict', 'the session is being refreshed too often', { retryAfterSeconds: 1 })
    },

    async termsOf(sessionId) {
      const family = await store.families.findBySession(sessionId, clock.now())
      return family ? { audience: family.audience, scope: family.scope } : { audience: [issuer], scope: null }
    },

    refresh,

    async present(refreshToken) {
      await checkMode(refreshToken)
      let family = await refreshTokens.find(refreshToken)
      if (!family || !refreshTokens.isCurrent(refreshToken, family)) {
        // The same rules as for a refresh: within the window it is answered as one, later it ends the session.
        await refresh(refreshToken)
        family = await refreshTokens.find(refreshToken)
      }
      const session = family && (await store.sessions.find(family.sessionId, clock.now()))
      if (!session) throw expired()
      return session
    },

    async findByRefreshToken(refreshToken) {
      const family = await refreshTokens.find(refreshToken)
      return family && store.sessions.find(family.sessionId, clock.now())
    },
  }
}

function expired(): AuthError {
  return new AuthError('refresh.expired', 'the session of this refresh token has ended')
}
