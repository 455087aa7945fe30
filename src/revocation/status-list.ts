/**
 * The array of a Token Status List (draft-ietf-oauth-status-list): one status of 1, 2, 4 or 8 bits for each token, packed from
 * the least significant bit of each byte on, and its compressed form inside a token.
 */
import { decodeBase64url, encodeBase64url } from '../crypto/base64url.ts'
import { AuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { deflateZlib, inflateZlib } from './status-list-deflate.ts'

export type StatusBits = 1 | 2 | 4 | 8

/** The status of what is revoked; 0 is that of what is not. */
export const INVALID = 1

/** Statuses as they lie in memory. */
export interface StatusList {
  readonly bits: StatusBits
  readonly bytes: Uint8Array
}

/** The claim `status_list` of a list's token. */
export interface StatusListClaim extends JsonObject {
  readonly bits: StatusBits
  /** base64url of the ZLIB stream (RFC 1950) of the array. */
  readonly lst: string
}

/** What a verifier unpacks at most, unless it is told otherwise: 2^20 statuses of 8 bits. */
export const MAX_LIST_BYTES = 2 ** 20

export function isStatusBits(value: unknown): value is StatusBits {
  return value === 1 || value === 2 || value === 4 || value === 8
}

/** How many statuses there are. */
export function statusCount({ bits, bytes }: StatusList): number {
  return bytes.length * (8 / bits)
}

/** The status at `index`; null outside of the list. */
export function statusAt(list: StatusList, index: number): number | null {
  if (!Number.isSafeInteger(index) || index < 0 || index >= statusCount(list)) return null
  const { bits, bytes } = list
  const perByte = 8 / bits
  const byte = bytes[Math.floor(index / perByte)] as number
  return (byte >> ((index % perByte) * bits)) & ((1 << bits) - 1)
}

/** @throws RangeError outside of the list, or for a status that does not fit */
export function setStatus(list: StatusList, index: number, status: number): void {
  const { bits, bytes } = list
  const mask = (1 << bits) - 1
  if (statusAt(list, index) === null) throw new RangeError(`a list of ${statusCount(list)} has no place ${index}`)
  if (!Number.isSafeInteger(status) || status < 0 || status > mask) throw new RangeError(`${bits} bits cannot hold it`)
  const perByte = 8 / bits
  const at = Math.floor(index / perByte)
  const shift = (index % perByte) * bits
  bytes[at] = ((bytes[at] as number) & ~(mask << shift)) | (status << shift)
}

export async function encodeStatusList({ bits, bytes }: StatusList): Promise<StatusListClaim> {
  return { bits, lst: encodeBase64url(await deflateZlib(bytes)) }
}

/**
 * Unpacks a claim of somebody else's making.
 *
 * @param maxBytes of the unpacked array: what is larger is not unpacked to its end, whatever it says of itself
 * @throws AuthError `status.unavailable` for a claim that is no list, or too large
 */
export async function decodeStatusList(claim: unknown, maxBytes = MAX_LIST_BYTES): Promise<StatusList> {
  if (typeof claim !== 'object' || claim === null) throw unusable('it holds no list')
  const { bits, lst } = claim as { readonly bits?: unknown; readonly lst?: unknown }
  if (!isStatusBits(bits)) throw unusable('bits is 1, 2, 4 or 8')
  if (typeof lst !== 'string' || lst === '') throw unusable('lst is no text')
  // Deflate cannot make anything smaller than a thousandth, and has no reason to make it larger.
  if (lst.length > 2 * maxBytes + 64) throw unusable('it is too large')
  const packed = decodeBase64url(lst)
  if (!packed) throw unusable('lst is no canonical base64url')
  const bytes = await inflateZlib(packed, maxBytes)
  if (bytes === null) throw unusable('it is too large')
  if (bytes.length === 0) throw unusable('it is empty')
  return { bits, bytes }
}

/** What is said of a list that cannot be believed: it is nobody's status. */
export function unusable(why: string, cause?: unknown): AuthError {
  return new AuthError('status.unavailable', `the status list cannot be used: ${why}`, { cause, retryAfterSeconds: 5 })
}
