/** What each grant has given, so that all of it can be taken back: payloads in `records`, and access tokens by their `jti`. */
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'

export interface GrantMember {
  readonly kind: string
  readonly key: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

export interface GrantMembers {
  /** To be called before the payload is written. */
  add(grantId: string, member: GrantMember): Promise<void>
  /** To be called before the token is signed. @returns false: the grant is gone, and nothing may be signed */
  addToken(grantId: string, tokenId: string, expiresAt: number): Promise<boolean>
  /** Takes back all of it; resolves when no verifier accepts its tokens any more. */
  revoke(grantId: string): Promise<void>
  /** Takes back what is kept of a grant whose session, and with it every access token, is dead already. */
  forget(grantId: string): Promise<void>
}

export const GRANT_MEMBERS = 'oidc-grant-members'
const GRANTS = 'oidc-grant'
/** The kind under which a JWT access token is kept: its key is its `jti`. */
const TOKEN = 'token'
const ATTEMPTS = 50

/** @param revokeToken ends the access token of this `jti` everywhere */
export function createGrantMembers(
  recordsOf: RecordsOf,
  clock: Clock,
  revokeToken: (tokenId: string) => Promise<unknown>,
): GrantMembers {
  const records = recordsOf(GRANT_MEMBERS)

  const add = async (grantId: string, member: GrantMember): Promise<void> => {
    const at = sha256Base64url(grantId)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const now = clock.now()
      const found = await records.find(at, now)
      const others = found ? membersOf(found.value).filter((one) => now < one.expiresAt && one.key !== member.key) : []
      const members = [...others, member]
      const expiresAt = Math.max(...members.map((one) => one.expiresAt))
      if (await records.compareAndSet(at, found?.version ?? null, { members: members.map(toRow) }, expiresAt, now))
        return
    }
    throw new AuthError('store.unavailable', 'the grant is changing too often', { retryAfterSeconds: 1 })
  }

  const end = async (grantId: string, endToken: (tokenId: string) => Promise<unknown>): Promise<void> => {
    const at = sha256Base64url(grantId)
    const now = clock.now()
    // The grant first: whatever is added from here on hangs on nothing.
    await recordsOf(GRANTS).take(at, now)
    const taken = await records.take(at, now)
    if (taken === null) return
    await Promise.all(
      membersOf(taken)
        .filter((member) => now < member.expiresAt)
        .map(({ kind, key }) => (kind === TOKEN ? endToken(key) : recordsOf(kind).take(key, now))),
    )
  }

  return {
    add,
    async addToken(grantId, tokenId, expiresAt) {
      await add(grantId, { kind: TOKEN, key: tokenId, expiresAt })
      // Looked for afterwards: who takes the grant back meanwhile finds the token among its members.
      return (await recordsOf(GRANTS).find(sha256Base64url(grantId), clock.now())) !== null
    },
    revoke: (grantId) => end(grantId, revokeToken),
    forget: (grantId) => end(grantId, async () => undefined),
  }
}

function toRow({ kind, key, expiresAt }: GrantMember): JsonObject {
  return { kind, key, expiresAt }
}

function membersOf(value: unknown): readonly GrantMember[] {
  const listed = typeof value === 'object' && value !== null && 'members' in value ? value.members : undefined
  if (!Array.isArray(listed)) throw new AuthError('store.corrupt', 'the members of a grant cannot be read')
  return listed.map(({ kind, key, expiresAt }: Record<string, unknown>) => {
    if (typeof kind === 'string' && typeof key === 'string' && typeof expiresAt === 'number') {
      return { kind, key, expiresAt }
    }
    throw new AuthError('store.corrupt', 'the members of a grant cannot be read')
  })
}
