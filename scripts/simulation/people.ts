/**
 * Who is logged in, and what their sessions ask of the store. A Poisson process of which every k-th arrival is looked at is one of a k-th of
 * the rate, and sessions do not know of one another: so of a thousand million users a sample is simulated, session by session, and what is
 * counted is multiplied. Nothing else is aggregated.
 */
import type { People } from '../../src/capacity/people.ts'
import { createChance } from './random.ts'

export interface PeopleSeen {
  readonly liveSessions: number
  readonly liveRevocations: number
  readonly readsPerSecond: number
  readonly refreshesPerSecond: number
  readonly cachedPerVerifier: number
  /** One session of so many was simulated. */
  readonly oneOf: number
}

/** @param sample how many log-ins, and how many sessions in use, are simulated */
export function simulatePeople(people: People, seed: number, sample: number): PeopleSeen {
  const chance = createChance(seed)
  return {
    liveSessions: liveSessions(people, sample, chance),
    liveRevocations: liveRevocations(people, chance),
    ...uses(people, sample, chance),
    oneOf: Math.max(1, Math.round((people.logInsPerSecond * people.absoluteSeconds) / sample)),
  }
}

type Chance = ReturnType<typeof createChance>

/** Log-ins over the longest life that a session can have; who is there at the end of it. */
function liveSessions(people: People, sample: number, chance: Chance): number {
  const { logInsPerSecond, absoluteSeconds, idleSeconds, useSeconds, signOutShare } = people
  const spanSeconds = absoluteSeconds
  let live = 0
  for (let i = 0; i < sample; i++) {
    const ageSeconds = chance.next() * spanSeconds
    const usedSeconds = chance.exponential(1 / useSeconds)
    const lifeSeconds = chance.next() < signOutShare ? usedSeconds : usedSeconds + idleSeconds
    if (Math.min(lifeSeconds, absoluteSeconds) > ageSeconds) live++
  }
  return (live / sample) * logInsPerSecond * spanSeconds
}

/** Revocations of the last hour or so, each kept for its time: a count of Poisson arrivals, whatever their number. */
function liveRevocations({ revocationsPerSecond, keepSeconds }: People, chance: Chance): number {
  const hours = 200
  let sum = 0
  for (let i = 0; i < hours; i++) sum += chance.poisson(revocationsPerSecond * keepSeconds)
  return sum / hours
}

/** Sessions in use, each asking any verifier at any time: what their verifiers read again, what their clients refresh. */
function uses(people: People, sample: number, chance: Chance) {
  const { sessionsInUse, requestsPerSecond, verifiers, cacheSeconds, reloadAfterSeconds, tokenSeconds } = people
  const perVerifier = requestsPerSecond / verifiers
  // Long enough for what happens seldom, when a session meets one of many verifiers: rates are those of a steady state.
  const cycleSeconds = Math.max(tokenSeconds, reloadAfterSeconds + 1 / perVerifier)
  // A session and one of its verifiers: all such pairs are alike, and requests to each of them are a Poisson process of their own.
  const pairs = Math.max(100, Math.round(sample / 20))
  let reads = 0
  let cachedSeconds = 0
  let refreshes = 0
  for (let i = 0; i < pairs; i++) {
    // Looked at from any moment on: cycles that all began together would be counted together.
    const warmSeconds = (3 + chance.next()) * cycleSeconds
    const spanSeconds = warmSeconds + 20 * cycleSeconds
    let readAt = -Infinity
    for (let at = chance.exponential(perVerifier); at < spanSeconds; at += nextAfter(at, readAt)) {
      if (at < readAt + reloadAfterSeconds) continue
      if (at >= warmSeconds) reads++
      cachedSeconds -= Math.max(0, readAt + cacheSeconds - Math.max(at, warmSeconds))
      readAt = at
      cachedSeconds += Math.max(0, at + cacheSeconds - Math.max(at, warmSeconds))
    }
    cachedSeconds -= Math.max(0, readAt + cacheSeconds - Math.max(spanSeconds, readAt))
    let tokenUntil = -Infinity
    for (let at = chance.exponential(requestsPerSecond); at < spanSeconds; at += nextRequest(at, tokenUntil)) {
      if (at < tokenUntil) continue
      if (at >= warmSeconds) refreshes++
      tokenUntil = at + tokenSeconds
    }
  }
  /** Requests before the read is due change nothing: the next that matters is the first one after it, whenever it comes. */
  function nextAfter(at: number, readAt: number): number {
    return Math.max(0, readAt + reloadAfterSeconds - at) + chance.exponential(perVerifier)
  }
  function nextRequest(at: number, until: number): number {
    return Math.max(0, until - at) + chance.exponential(requestsPerSecond)
  }
  const seconds = 20 * cycleSeconds
  return {
    readsPerSecond: (reads / pairs / seconds) * sessionsInUse * verifiers,
    refreshesPerSecond: (refreshes / pairs / seconds) * sessionsInUse,
    cachedPerVerifier: (cachedSeconds / pairs / seconds) * sessionsInUse,
  }
}
