/** The token that carries a status list: signed by the issuer's keys, for a minute. */
import { encodeBase64url } from '../crypto/base64url.ts'
import { AuthError } from '../errors.ts'
import { unretiredKey } from '../token/access-tokens.ts'
import type { IssuerKeys } from '../token/issuer-keys.ts'
import type { StatusListClaim } from './status-list.ts'
import { LIST_LIFE_SECONDS } from './status-list-names.ts'

export const STATUS_LIST_TYPE = 'statuslist+jwt'
/** After so long a verifier should ask for a new one. */
export const LIST_TTL_SECONDS = 15

export interface StatusListTokenInput {
  /** The list's address, which becomes `sub`. */
  readonly uri: string
  readonly aggregationUri: string
  /** Seconds since 1970, taken before the statuses were read. */
  readonly issuedAt: number
  readonly claim: StatusListClaim
}

const encoder = new TextEncoder()

/** @throws AuthError `keys.unavailable` (HS256 too: nobody outside could check it), `store.unavailable` */
export async function signStatusList(
  keys: IssuerKeys,
  isKeyRetired: (keyId: string) => boolean,
  { uri, aggregationUri, issuedAt, claim }: StatusListTokenInput,
): Promise<string> {
  const key = await unretiredKey(keys, isKeyRetired)
  if (key.algorithm === 'HS256') {
    throw new AuthError('keys.unavailable', 'a status list is not signed with a secret: nobody outside could check it')
  }
  const signed = `${segment({ alg: key.algorithm, typ: STATUS_LIST_TYPE, kid: key.keyId })}.${segment({
    sub: uri,
    iat: issuedAt,
    exp: issuedAt + LIST_LIFE_SECONDS,
    ttl: LIST_TTL_SECONDS,
    status_list: { ...claim, aggregation_uri: aggregationUri },
  })}`
  return `${signed}.${await key.sign(signed)}`
}

function segment(value: object): string {
  return encodeBase64url(encoder.encode(JSON.stringify(value)))
}
