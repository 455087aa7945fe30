/** The ways to remember a login that are compared. Names and words only: the page loads this, the engine does the work. */

export const MODES = ['cookie', 'jwt', 'denylist', 'bff', 'cached', 'sojourn-cookie', 'sojourn-token'] as const
export type ModeName = (typeof MODES)[number]

export interface ModeWords {
  readonly title: string
  /** What decides a request, in a line. */
  readonly how: string
  /** By which parts of the product, and what had to be switched off that it insists on. */
  readonly built: string
}

export const MODE_WORDS: Readonly<Record<ModeName, ModeWords>> = {
  cookie: {
    title: 'Session cookie, looked up',
    how: 'an opaque cookie; every request reads the session from the store',
    built: "Sojourn's sessions with consistency: 'strict' for every request: no memory, no log.",
  },
  jwt: {
    title: 'Plain JWT',
    how: 'signature and expiry only; a refresh token brings the next one',
    built: "Sojourn's own verifier without revocations. The product itself always has them for its logins.",
  },
  denylist: {
    title: 'JWT with a denylist',
    how: 'signature and expiry, then one look-up in the store for every request',
    built: "Sojourn's verifier with consistency: 'strict' for every request.",
  },
  bff: {
    title: 'Hybrid (BFF)',
    how: 'a cookie that is looked up at the edge; behind it a JWT of five minutes that is only verified',
    built: "Sojourn's minted tokens, and behind the edge its verifier without revocations.",
  },
  cached: {
    title: 'Cookie with a 5 s cache',
    how: 'an opaque cookie; what was read serves for five seconds',
    built:
      "Sojourn's near-cache for 5 s, made to believe that its lease always holds: nothing tells it of a revocation.",
  },
  'sojourn-cookie': {
    title: 'Sojourn cookie',
    how: 'an opaque cookie; from the near-cache while the lease holds, checked against the revocation log',
    built:
      'As createAuth wires it: a lease of 12 s; what was read serves for an hour here (5 minutes by default), for revocation does not depend on it.',
  },
  'sojourn-token': {
    title: 'Sojourn token',
    how: 'a JWT; verified once, then from memory while the lease holds, checked against the revocation log',
    built: 'As createAuth wires it: a lease of 12 s, and a refresh token that is spent on use.',
  },
}

/** How long sessions are answered from memory here: revocation does not depend on it. The product's default is five minutes. */
export const NEAR_CACHE_SECONDS = 3600
