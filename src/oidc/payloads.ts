/** The library's data (codes, tokens, grants, interactions) in `records`: one kind per model, each value used as often as it may be. */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { RecordsOf } from '../records.ts'
import type { GrantMembers } from './grant-members.ts'

/** Models with records of their own. `Session` and `Client` are kept elsewhere. */
const MODELS = [
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'DeviceCode',
  'Grant',
  'Interaction',
  'PushedAuthorizationRequest',
  'RefreshToken',
  'ReplayDetection',
] as const
/** Those that a grant has given. */
const GRANTED: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'DeviceCode', 'RefreshToken'])
const USER_CODES = 'oidc-user-code'
const DEVICE_CODE = 'oidc-device-code-id'
/** A spent code or token is remembered for a moment longer than it lives, so that a late second use is still seen for what it is. */
const LINGER_SECONDS = 60

export interface PayloadOptions {
  readonly records: RecordsOf
  readonly secrets: SecretRing
  readonly clock: Clock
  readonly members: GrantMembers
  /** Told when something was used twice. */
  readonly onReplay: (model: string, about: JsonObject) => Promise<void>
}

export const PAYLOAD_RECORDS: readonly string[] = [...MODELS.map(kindOf), USER_CODES]

/** The kind of the records of a model. */
export function kindOf(model: string): string {
  return `oidc-${model.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()}`
}

/**
 * An adapter as `oidc-provider` wants it. Ids are credentials here: keys are their digests and no value holds them, but a
 * device code's, sealed, for the user code leads back to it.
 */
export function createPayloads(model: string, options: PayloadOptions): Adapter {
  const { records: recordsOf, secrets, clock, members, onReplay } = options
  const kind = kindOf(model)
  const records = recordsOf(kind)
  const userCodes = recordsOf(USER_CODES)

  const read = async (key: string, id: string | null): Promise<AdapterPayload | undefined> => {
    const found = await records.find(key, clock.now())
    if (!found) return undefined
    const { sealedId, ...payload } = asObject(found.value)
    const jti = id ?? (typeof sealedId === 'string' ? await secrets.open(DEVICE_CODE, sealedId, key) : undefined)
    return { ...payload, ...(jti === undefined ? {} : { jti }) }
  }

  const usedTwice = async (grantId: unknown): Promise<never> => {
    if (typeof grantId === 'string') await members.revoke(grantId)
    await onReplay(model, typeof grantId === 'string' ? { grant: grantId } : {})
    if (model === 'PushedAuthorizationRequest') throw new errors.InvalidRequest('request_uri was already used')
    throw new errors.InvalidGrant('already used')
  }

  return {
    async upsert(id, payload, expiresIn) {
      const now = clock.now()
      const key = sha256Base64url(id)
      const { jti, ...rest } = payload
      const sealedId = model === 'DeviceCode' ? { sealedId: await secrets.seal(DEVICE_CODE, id, key) } : {}
      const value = { ...toJson(rest), ...sealedId }
      const expiresAt = expiresIn === undefined ? null : now + expiresIn + LINGER_SECONDS
      if (model === 'ReplayDetection') {
        // The library looks first and writes then: of two at once only one may write.
        if (await records.compareAndSet(key, null, value, expiresAt, now)) return
        throw new errors.InvalidRequest('the assertion was already used')
      }
      const { grantId, userCode } = payload
      if (GRANTED.has(model) && typeof grantId === 'string' && expiresAt !== null)
        await members.add(grantId, { kind, key, expiresAt })
      if (typeof userCode === 'string') await userCodes.put(sha256Base64url(userCode), { key }, expiresAt, now)
      await records.put(key, value, expiresAt, now)
    },
    find: (id) => read(sha256Base64url(id), id),
    async findByUserCode(userCode) {
      const found = await userCodes.find(sha256Base64url(userCode), clock.now())
      const key = found && asObject(found.value).key
      return typeof key === 'string' ? read(key, null) : undefined
    },
    async findByUid() {
      throw new AuthError('internal', 'only sessions are found by their uid')
    },
    async consume(id) {
      const now = clock.now()
      const key = sha256Base64url(id)
      const found = await records.find(key, now)
      if (!found) throw new errors.InvalidGrant('not found')
      const value = asObject(found.value)
      const { grantId, exp } = value
      if (value.consumed !== undefined) return usedTwice(grantId)
      const expiresAt = typeof exp === 'number' ? exp + LINGER_SECONDS : null
      const isFirst = await records.compareAndSet(key, found.version, { ...value, consumed: now }, expiresAt, now)
      if (!isFirst) return usedTwice(grantId)
    },
    async destroy(id) {
      if (model === 'Grant') await members.revoke(id)
      else await records.take(sha256Base64url(id), clock.now())
    },
    revokeByGrantId: (grantId) => members.revoke(grantId),
  }
}

/** Remembers the ids of client assertions where the library does, so that none is used here and there. */
export function assertionUses(recordsOf: RecordsOf, clock: Clock) {
  const records = recordsOf(kindOf('ReplayDetection'))
  return (iss: string, jti: string, exp: number): Promise<boolean> => {
    const key = sha256Base64url(sha256Base64url(iss + jti))
    const now = clock.now()
    return records.compareAndSet(key, null, { kind: 'ReplayDetection', iss, exp, iat: now }, exp + LINGER_SECONDS, now)
  }
}

/** What JSON leaves of it: members that are undefined go. */
export function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}

export function asObject(value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new AuthError('store.corrupt', 'a stored value of the OpenID Connect provider cannot be read')
}
