/** Which list a token is on: one for each quarter of an hour in which tokens end, so that it can go when all of them are dead. */

/**
 * `floor`: of the sessions whose tokens are on it, so that raising the floor revokes whole lists. `block`: from 0 on; the next
 * one begins when a list is crowded.
 */
export interface StatusListName {
  readonly bucket: number
  readonly floor: number
  readonly block: number
}

/** Kinds of records that live as long as their lists: the list, each place, its token, all places of a session, sessions of a subject. */
export const STATUS_RECORDS = [
  'status-list',
  'status-place',
  'status-token',
  'status-session',
  'status-subject',
] as const

/** From `iat` to `exp` of a list's token: how long a verifier outside may believe it at most. */
export const LIST_LIFE_SECONDS = 60

const BUCKET_SECONDS = 900
/** How far the clock of a verifier outside may be behind. */
const SKEW_SECONDS = 60

export function bucketOf(expiresAt: number): number {
  return Math.floor(expiresAt / BUCKET_SECONDS)
}

/** When every token of the bucket has expired; seconds since 1970. */
export function bucketEndsAt(bucket: number): number {
  return (bucket + 1) * BUCKET_SECONDS
}

/** From when on nobody needs the list; seconds since 1970. */
export function retiresAt({ bucket }: Pick<StatusListName, 'bucket'>): number {
  return bucketEndsAt(bucket) + SKEW_SECONDS
}

/** The last segment of the list's address. */
export function formatName({ bucket, floor, block }: StatusListName): string {
  return `${bucket}-${floor}-${block}`
}

/** null for anything that `formatName` does not write. */
export function parseName(text: string): StatusListName | null {
  const found = /^(\d{1,12})-(\d{1,12})-(\d{1,3})$/.exec(text)
  if (!found) return null
  const name = { bucket: Number(found[1]), floor: Number(found[2]), block: Number(found[3]) }
  return formatName(name) === text ? name : null
}
