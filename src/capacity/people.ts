/** Who is logged in, and what their sessions ask of the store, by Little's law: as many are there as arrive in the time that one stays. */

export interface People {
  readonly logInsPerSecond: number
  readonly revocationsPerSecond: number
  /** For so long a revocation stays in the log and in every verifier (`KEEP_SECONDS` of `src/login/options.ts`). */
  readonly keepSeconds: number
  /** How long a session is used, on average; lives of sessions differ as exponential ones do. */
  readonly useSeconds: number
  /** Part of the sessions that end by a sign-out; the others are left, and expire. */
  readonly signOutShare: number
  readonly idleSeconds: number
  readonly absoluteSeconds: number
  /** In use at this moment, each with so many requests a second, spread over all verifiers. */
  readonly sessionsInUse: number
  readonly requestsPerSecond: number
  readonly verifiers: number
  readonly cacheSeconds: number
  readonly reloadAfterSeconds: number
  readonly tokenSeconds: number
}

/** Rows in the store. The life of a session that is left is its use and the idle time after it, at most the absolute lifetime. */
export function liveSessions(people: People): number {
  const { logInsPerSecond, useSeconds, signOutShare, idleSeconds, absoluteSeconds } = people
  const cut = (seconds: number): number => useSeconds * (1 - Math.exp(-seconds / useSeconds))
  const idle = Math.min(idleSeconds, absoluteSeconds)
  const signedOut = cut(absoluteSeconds)
  const left = idle + cut(absoluteSeconds - idle)
  return logInsPerSecond * (signOutShare * signedOut + (1 - signOutShare) * left)
}

/** Entries in the log, and in the deny table of every verifier. */
export function liveRevocations({ revocationsPerSecond, keepSeconds }: People): number {
  return revocationsPerSecond * keepSeconds
}

/** Sessions that one verifier holds in its near-cache: the part of the time in which a session was read there not long ago. */
export function cachedPerVerifier(people: People): number {
  const { sessionsInUse, cacheSeconds, reloadAfterSeconds } = people
  const gap = betweenRequests(people)
  const kept = reloadAfterSeconds + gap * (1 - Math.exp(-(cacheSeconds - reloadAfterSeconds) / gap))
  return (sessionsInUse * kept) / (reloadAfterSeconds + gap)
}

/** Rows read a second, by all verifiers: each reads a session again at the first request after its time, and at no other. */
export function readsPerSecond(people: People): number {
  return (people.sessionsInUse * people.verifiers) / (people.reloadAfterSeconds + betweenRequests(people))
}

/** Tokens refreshed a second: each at the first request after its end. */
export function refreshesPerSecond({ sessionsInUse, tokenSeconds, requestsPerSecond }: People): number {
  return sessionsInUse / (tokenSeconds + 1 / requestsPerSecond)
}

/** Between two requests of one session at one verifier. */
function betweenRequests({ verifiers, requestsPerSecond }: People): number {
  return verifiers / requestsPerSecond
}
