/** Status lists as somebody outside reads them. */
import { decodeBase64url } from '../../src/crypto/base64url.ts'
import type { JsonObject } from '../../src/json.ts'
import type { Logins } from '../../src/login/login.ts'
import { decodeStatusList, statusAt } from '../../src/revocation/status-list.ts'

export interface Reference {
  readonly list: string
  readonly idx: number
  readonly uri: string
}

/** The payload of a token, unchecked. */
export function claimsOf(token: string): JsonObject {
  return JSON.parse(new TextDecoder().decode(decodeBase64url(token.split('.')[1] ?? '') ?? undefined)) as JsonObject
}

/** Where a token's status is, or null. */
export function referenceOf(token: string): Reference | null {
  const status = claimsOf(token).status as { status_list: { idx: number; uri: string } } | undefined
  if (!status) return null
  const { idx, uri } = status.status_list
  return { idx, uri, list: uri.slice(uri.lastIndexOf('/') + 1) }
}

/** What the list that is published now says of a token. */
export async function statusOf(logins: Pick<Logins, 'statusLists'>, token: string): Promise<number | null> {
  const reference = referenceOf(token)
  if (!reference) throw new Error('the token has no status')
  const published = await logins.statusLists?.publish(reference.list)
  if (!published) throw new Error(`there is no list ${reference.list}`)
  return statusAt(await decodeStatusList(claimsOf(published.token).status_list), reference.idx)
}
