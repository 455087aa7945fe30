/** Which tokens were exchanged for which: a token that is revoked takes those along that were made of it. */
import type { Clock } from '../clock.ts'
import type { RecordsOf } from '../records.ts'

/** Keys are `<jti of the origin> <jti of the derived>`; a record lives as long as the derived token. */
export const DERIVED = 'oidc-derived-tokens'
const PAGE = 100

export interface DerivedTokens {
  /** To be called before the token is handed out, and the origin verified once more after that. */
  note(origin: string, tokenId: string, expiresAt: number): Promise<void>
  /** For an origin that is revoked already. */
  end(origin: string): Promise<void>
}

export function createDerivedTokens(
  recordsOf: RecordsOf,
  clock: Clock,
  revokeToken: (tokenId: string) => Promise<unknown>,
): DerivedTokens {
  const records = recordsOf(DERIVED)

  const end = async (origin: string): Promise<void> => {
    const prefix = `${origin} `
    for (;;) {
      const page = await records.list(prefix, PAGE, clock.now())
      const own = page.filter(({ key }) => key.startsWith(prefix))
      for (const { key } of own) {
        const tokenId = key.slice(prefix.length)
        await revokeToken(tokenId)
        await end(tokenId)
        await records.take(key, clock.now())
      }
      if (own.length < PAGE) return
    }
  }

  return {
    end,
    note: (origin, tokenId, expiresAt) => records.put(`${origin} ${tokenId}`, true, expiresAt, clock.now()),
  }
}
