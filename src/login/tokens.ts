/** Everything about tokens in one place: issuing, refreshing, verifying. Loaded with the first token (`tokens-on-demand.ts`). */
import { createRefreshTokens } from '../refresh/refresh-tokens.ts'
import { createAccessTokenIssuer } from '../token/access-tokens.ts'
import { DEFAULT_ALGORITHMS } from '../token/algorithms.ts'
import { createOwnKeySource } from '../token/issuer-keys.ts'
import { createVerifierOver } from '../verifier/verifier.ts'
import { createHybrid, type Hybrid } from './hybrid.ts'
import { createMint } from './issue.ts'
import { KEEP_SECONDS } from './options.ts'
import type { Parts } from './parts.ts'
import type { SettleMode } from './settle-mode.ts'
import { createTokenLogins, type TokenLogins, type TokenVerifiers } from './token-login.ts'
import { createTokenPairs, type TokenPairs } from './token-pairs.ts'

export interface Tokens {
  readonly pairs: TokenPairs
  readonly logins: TokenLogins
  readonly hybrid: Hybrid
}

const RARELY_USED = { maxEntries: 1000, maxBytes: 4 * 1024 * 1024 }

export function createTokens(parts: Parts, settleMode: Pick<SettleMode, 'refreshed'>): Tokens {
  const { store, clock, secrets, issuer, keys, tokenByteBudget, onOversize, revocations, replayWindowSeconds } =
    parts.options
  const refreshTokens = createRefreshTokens({
    store: store.families,
    secrets,
    clock,
    windowSeconds: replayWindowSeconds,
    keepSeconds: KEEP_SECONDS,
    patience: parts.patience,
  })
  const accessTokens = createAccessTokenIssuer({
    issuer,
    keys,
    byteBudget: tokenByteBudget,
    onOversize,
    isKeyRetired: revocations.view.isKeyRetired,
  })
  const mint = createMint(parts, accessTokens)
  return {
    pairs: createTokenPairs(parts, { refreshTokens, mint, refreshed: (session) => settleMode.refreshed(session) }),
    logins: createTokenLogins(parts, createVerifiers(parts)),
    hybrid: createHybrid(parts, mint),
  }
}

function createVerifiers({ options, claims }: Parts): TokenVerifiers {
  const { issuer, clock, keys, revocations, clockToleranceSeconds } = options
  const source = createOwnKeySource(keys, clock)
  // The keys are our own and never leave the process, so a symmetric one is as good as any.
  const algorithms = [...DEFAULT_ALGORITHMS, 'HS256'] as const
  const common = { issuer, algorithms, clockToleranceSeconds, clock: () => clock.now() }
  const judged = { ...common, revocations: revocations.view }
  const audience = [...options.audiences.keys()]
  // Nobody is logged out because a change of claims has no patch yet: the application is asked.
  const onStaleClaims = async ({ sub }: { readonly sub: string }) => (await claims.current(sub)).claims
  return {
    own: createVerifierOver(source, { ...judged, audience: issuer }, { onStaleClaims }),
    anyAudience: createVerifierOver(source, { ...judged, audience }, { onStaleClaims, cache: RARELY_USED }),
    genuine: createVerifierOver(source, { ...common, audience }, { cache: RARELY_USED }),
  }
}
