/** One-time codes that reset a password: shown once, stored as a hash, good for half an hour, spent at most once. */
import type { Clock } from '../clock.ts'
import { equalTexts, sha256Base64url } from '../crypto/digest.ts'
import { randomId, randomSecret } from '../crypto/random.ts'
import type { Json } from '../json.ts'
import type { RecordsOf } from '../records.ts'

export const RESET_SECONDS = 30 * 60

/** A code that was found good and has not been spent yet. */
export interface FoundReset {
  readonly accountId: string
  /** True for one caller only. */
  spend(): Promise<boolean>
}

export interface ResetCodes {
  /** Makes the account's only good code. */
  issue(accountId: string): Promise<{ readonly code: string; readonly expiresAt: number }>
  /** Null for a code that is unknown, spent, replaced or over. */
  find(code: string): Promise<FoundReset | null>
}

export function createResetCodes(recordsOf: RecordsOf, clock: Clock): ResetCodes {
  const codes = recordsOf('password-reset')
  // Which code of an account is the newest: an older one is refused though it is there.
  const newest = recordsOf('password-reset-newest')
  return {
    async issue(accountId) {
      const now = clock.now()
      const expiresAt = now + RESET_SECONDS
      const id = randomId()
      const secret = randomSecret()
      await codes.put(id, { accountId, secretHash: sha256Base64url(secret) }, expiresAt, now)
      await newest.put(accountId, id, expiresAt, now)
      return { code: `${id}.${secret}`, expiresAt }
    },

    async find(code) {
      const [, id, secret] = /^([\w-]{22})\.([\w-]{32})$/.exec(code) ?? []
      if (id === undefined || secret === undefined) return null
      const now = clock.now()
      const stored = readStored((await codes.find(id, now))?.value)
      if (!stored || !equalTexts(stored.secretHash, sha256Base64url(secret))) return null
      if ((await newest.find(stored.accountId, now))?.value !== id) return null
      return {
        accountId: stored.accountId,
        spend: async () => (await codes.take(id, clock.now())) !== null,
      }
    },
  }
}

function readStored(value: Json | undefined): { accountId: string; secretHash: string } | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { accountId, secretHash } = value as { accountId?: Json; secretHash?: Json }
  return typeof accountId === 'string' && typeof secretHash === 'string' ? { accountId, secretHash } : null
}
