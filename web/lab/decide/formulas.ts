/** The formulas of the cost table, in seconds, bytes and counts a second; each with a unit test that works it out by hand. */
import { ASSUMED } from './constants.ts'

/** Longest use of a stolen credential: until it dies by itself, or by a revocation. */
export const exposureWorst = (lifeSeconds: number, revokeSeconds: number): number =>
  Math.min(lifeSeconds, revokeSeconds)

/** Mean for a theft at a random time that nobody notices. */
export const exposureUnnoticed = (lifeSeconds: number): number => lifeSeconds / 2

/** Expected use: noticed and revoked in some cases, never noticed in the others. */
export function exposureExpected(lifeSeconds: number, revokeSeconds: number): number {
  const { noticeSeconds, noticedShare } = ASSUMED
  const noticed = exposureWorst(lifeSeconds, noticeSeconds.value + revokeSeconds)
  return noticedShare.value * noticed + (1 - noticedShare.value) * exposureUnnoticed(lifeSeconds)
}

/** Mean age of a role that is replaced each `ageSeconds`. */
export const stalenessMean = (ageSeconds: number): number => ageSeconds / 2

/** Refreshes a second. */
export const refreshRate = (activeSessions: number, tokenSeconds: number): number => activeSessions / tokenSeconds

/** Look-ups that a cache saves, for each one that it makes. */
export const cacheCut = (requestsPerSession: number, cacheSeconds: number): number => requestsPerSession * cacheSeconds

/** Rows that a denylist holds. */
export const denylistRows = (revocationsPerSecond: number, tokenSeconds: number): number =>
  revocationsPerSecond * tokenSeconds

/** How long an old key must stay published. */
export const keyOverlap = (longestLifeSeconds: number, skewSeconds: number, keySetAgeSeconds: number): number =>
  longestLifeSeconds + skewSeconds + keySetAgeSeconds

/** HTTP/1.1: the header goes out whole each time. */
export const bytesPerDay = (requestsPerDay: number, headerBytes: number): number => requestsPerDay * headerBytes

/** HTTP/2: whole once in each connection, then as an index. */
export function bytesPerDayHttp2(requestsPerDay: number, headerBytes: number): number {
  const { requestsPerConnection, repeatedHeaderBytes } = ASSUMED
  const connections = requestsPerDay / requestsPerConnection.value
  return connections * headerBytes + (requestsPerDay - connections) * repeatedHeaderBytes.value
}

/**
 * Utility of a duration against what is wanted: 1 as long as it is kept, then down with the logarithm of the excess. The
 * logarithm makes the gap between two options grow, and never shrink, when the wish is tightened.
 */
export function withinWish(seconds: number, wishedSeconds: number): number {
  const excess = (seconds + 0.1) / (wishedSeconds + 0.1)
  return excess <= 1 ? 1 : Math.max(0, 1 - Math.log(excess) / Math.log(LONGEST_SECONDS * 10 + 1))
}

const LONGEST_SECONDS = 90 * 86_400

/** Utility of an exposure: 1 for none, 0 for ninety days. */
export const safety = (seconds: number): number =>
  Math.max(0, 1 - Math.log10(1 + seconds) / Math.log10(1 + LONGEST_SECONDS))

/** Utility of a load on the store: 1 for none, 0 for a million a second. */
export const lightness = (perSecond: number): number => Math.max(0, 1 - Math.log10(1 + perSecond) / 6)

/** Utility of something limited: 1 for nothing used, 0 when it is used up. */
export const spare = (used: number, limit: number): number => Math.min(1, Math.max(0, 1 - used / limit))
