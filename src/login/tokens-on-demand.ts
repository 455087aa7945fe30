/** Tokens for applications that may never need any: whatever issues or verifies them is loaded with the first one. */
import { once, onDemand } from '../on-demand.ts'
import type { Hybrid } from './hybrid.ts'
import type { Parts } from './parts.ts'
import type { SettleMode } from './settle-mode.ts'
import type { TokenLogins } from './token-login.ts'
import type { TokenPairs } from './token-pairs.ts'
import type { Tokens } from './tokens.ts'

export interface TokensOnDemand extends Tokens {
  load(): Promise<unknown>
}

export function tokensOnDemand(parts: Parts, settleMode: Pick<SettleMode, 'refreshed'>): TokensOnDemand {
  let loaded: Tokens | null = null
  const load = once(async () => {
    const { createTokens } = await import('./tokens.ts')
    loaded = createTokens(parts, settleMode)
    return loaded
  })
  return {
    load,
    pairs: onDemand<TokenPairs>(
      {
        checkAudience: true,
        start: true,
        goOn: true,
        termsOf: true,
        refresh: true,
        present: true,
        findByRefreshToken: true,
      },
      async () => (await load()).pairs,
    ),
    logins: {
      verifyNow: (accessToken) => loaded?.logins.verifyNow(accessToken),
      guard(login) {
        if (!loaded) throw new TypeError('this is no login of ours')
        loaded.logins.guard(login)
      },
      ...onDemand<Omit<TokenLogins, 'verifyNow' | 'guard'>>(
        { verify: true, introspect: true, identify: true },
        async () => (await load()).logins,
      ),
    },
    hybrid: onDemand<Hybrid>({ mint: true, describe: true, mintOn: true }, async () => (await load()).hybrid),
  }
}
