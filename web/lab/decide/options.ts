/** The options of each leg: what is carried where, and which archetype it belongs to. What they cost is in `costs.ts`. */
import {
  BROWSER_TOKEN_SECONDS,
  CACHE_SECONDS,
  SEALED_SECONDS,
  SHORT_CACHE_SECONDS,
  SHORT_TOKEN_SECONDS,
  STATUS_LIST_SECONDS,
  TOKEN_SECONDS,
} from './constants.ts'
import type { Facts } from './facts.ts'

export const LEGS = ['browser', 'services', 'native', 'hub'] as const
export type Leg = (typeof LEGS)[number]
export type Archetype = 'R1' | 'R2' | 'R3' | 'R4' | 'R5' | 'R6' | 'R7' | 'R8'

export type Credential = 'session' | 'sealed' | 'pair' | 'access' | 'long' | 'code'
/** Where it travels: in a cookie, in `Authorization`, or as a code in a redirect. */
export type Carrier = 'cookie' | 'bearer' | 'script' | 'redirect'
/** What a revocation does: the row goes; the log tells; a copy ages; it expires; somebody is asked; a list; a message. */
export type Revocation = 'row' | 'log' | 'copy' | 'expiry' | 'question' | 'list' | 'message'
export type Binding = 'none' | 'device-cookie' | 'proof'
export type CsrfMeans = 'fetch-metadata' | 'no-ambient' | 'state'
/** Kinds of moving parts that somebody must run. */
export type Part = 'store' | 'rotation' | 'feed' | 'refresh' | 'client' | 'lists' | 'provider' | 'device'

export interface Option {
  readonly leg: Leg
  /** Empty: what no answer recommends; it is here to be ruled out, with the reason. */
  readonly archetypes: readonly Archetype[]
  readonly credential: Credential
  readonly carrier: Carrier
  readonly revocation: Revocation
  readonly binding: Binding
  readonly csrf: CsrfMeans
  /** Seconds that one credential is good for; null: as long as the session. */
  readonly lifeSeconds: number | null
  /** From the return of the revocation to the last acceptance, and how old a role may be; null: as long as the session. */
  readonly delaySeconds: number | null
  readonly staleSeconds: number | null
  readonly parts: readonly Part[]
  /** Whether it is considered at all; default: always. */
  readonly offered?: (facts: Facts) => boolean
}

const session = {
  leg: 'browser',
  credential: 'session',
  carrier: 'cookie',
  binding: 'none',
  csrf: 'fetch-metadata',
  lifeSeconds: null,
} as const
const inside = {
  leg: 'services',
  credential: 'access',
  carrier: 'bearer',
  binding: 'none',
  csrf: 'no-ambient',
} as const
const pair = { leg: 'native', credential: 'pair', carrier: 'bearer', binding: 'none', csrf: 'no-ambient' } as const
const token = {
  archetypes: [],
  revocation: 'expiry',
  lifeSeconds: null,
  delaySeconds: null,
  staleSeconds: null,
} as const
const now = { delaySeconds: 0, staleSeconds: 0 } as const
const until = (seconds: number) => ({ delaySeconds: seconds, staleSeconds: seconds })
const keys = ['rotation', 'store'] as const
const bound = ({ known }: Facts) => known.q11.includes('malware') || known.q11.includes('logs')

/** By leg, the simpler first. */
export const OPTIONS = {
  'session-memory': { ...session, archetypes: ['R1'], revocation: 'log', ...now, parts: ['store'] },
  'session-lookup': { ...session, archetypes: ['R1'], revocation: 'row', ...now, parts: ['store'] },
  'session-bound': {
    ...session,
    archetypes: ['R1', 'R8'],
    revocation: 'log',
    binding: 'device-cookie',
    ...now,
    parts: ['store', 'device'],
    offered: bound,
  },
  'session-cache-5': {
    ...session,
    archetypes: ['R5'],
    revocation: 'copy',
    ...until(SHORT_CACHE_SECONDS),
    parts: ['store'],
  },
  'session-cache-60': { ...session, archetypes: ['R5'], revocation: 'copy', ...until(CACHE_SECONDS), parts: ['store'] },
  sealed: {
    ...session,
    archetypes: ['R7'],
    credential: 'sealed',
    revocation: 'expiry',
    lifeSeconds: SEALED_SECONDS,
    ...until(SEALED_SECONDS),
    parts: ['rotation'],
    // For whoever has nowhere to keep a session; nobody else should want it.
    offered: ({ reachesStore }) => !reachesStore,
  },
  'script-pair': {
    ...session,
    archetypes: ['R3'],
    credential: 'pair',
    carrier: 'script',
    revocation: 'expiry',
    csrf: 'no-ambient',
    lifeSeconds: BROWSER_TOKEN_SECONDS,
    ...until(BROWSER_TOKEN_SECONDS),
    parts: [...keys, 'refresh', 'client'],
    offered: ({ known }) => known.q1.includes('spa'),
  },
  'browser-long': { ...session, ...token, credential: 'long', carrier: 'script', csrf: 'no-ambient', parts: keys },

  'same-session': {
    ...inside,
    archetypes: ['R1'],
    credential: 'session',
    revocation: 'log',
    lifeSeconds: null,
    ...now,
    parts: ['store'],
  },
  'edge-600': {
    ...inside,
    archetypes: ['R2'],
    revocation: 'expiry',
    lifeSeconds: TOKEN_SECONDS,
    ...until(TOKEN_SECONDS),
    parts: keys,
  },
  'edge-60': {
    ...inside,
    archetypes: ['R2'],
    revocation: 'expiry',
    lifeSeconds: SHORT_TOKEN_SECONDS,
    ...until(SHORT_TOKEN_SECONDS),
    parts: keys,
  },
  'edge-feed': {
    ...inside,
    archetypes: ['R2', 'R6'],
    revocation: 'log',
    lifeSeconds: TOKEN_SECONDS,
    ...now,
    parts: [...keys, 'feed'],
  },
  'edge-question': {
    ...inside,
    archetypes: ['R2'],
    revocation: 'question',
    lifeSeconds: TOKEN_SECONDS,
    ...now,
    parts: [...keys, 'provider'],
  },
  'edge-list': {
    ...inside,
    archetypes: ['R2', 'R6'],
    revocation: 'list',
    lifeSeconds: TOKEN_SECONDS,
    delaySeconds: STATUS_LIST_SECONDS,
    // A list revokes; it tells nothing of roles.
    staleSeconds: TOKEN_SECONDS,
    parts: [...keys, 'lists'],
  },
  'services-long': { ...inside, ...token, credential: 'long', parts: keys },

  'pair-600': {
    ...pair,
    archetypes: ['R3'],
    revocation: 'expiry',
    lifeSeconds: TOKEN_SECONDS,
    ...until(TOKEN_SECONDS),
    parts: [...keys, 'refresh'],
  },
  'pair-60': {
    ...pair,
    archetypes: ['R3'],
    revocation: 'expiry',
    lifeSeconds: SHORT_TOKEN_SECONDS,
    ...until(SHORT_TOKEN_SECONDS),
    parts: [...keys, 'refresh'],
  },
  'pair-feed': {
    ...pair,
    archetypes: ['R3', 'R6'],
    revocation: 'log',
    lifeSeconds: TOKEN_SECONDS,
    ...now,
    parts: [...keys, 'refresh', 'feed'],
  },
  'pair-lookup': {
    ...pair,
    archetypes: ['R3'],
    revocation: 'row',
    lifeSeconds: TOKEN_SECONDS,
    ...now,
    parts: [...keys, 'refresh'],
  },
  'pair-bound': {
    ...pair,
    archetypes: ['R3', 'R8'],
    revocation: 'log',
    binding: 'proof',
    lifeSeconds: TOKEN_SECONDS,
    ...now,
    parts: [...keys, 'refresh', 'feed', 'device'],
    offered: bound,
  },
  'native-cookie': {
    ...pair,
    archetypes: [],
    credential: 'session',
    carrier: 'cookie',
    revocation: 'row',
    csrf: 'fetch-metadata',
    lifeSeconds: null,
    ...now,
    parts: ['store'],
  },
  'native-long': { ...pair, ...token, credential: 'long', parts: keys },

  'one-host': {
    leg: 'hub',
    archetypes: ['R1'],
    credential: 'session',
    carrier: 'cookie',
    revocation: 'row',
    binding: 'none',
    csrf: 'fetch-metadata',
    lifeSeconds: null,
    ...now,
    parts: ['store'],
    offered: ({ known }) => known.q10 === 'own',
  },
  'own-session-each': {
    leg: 'hub',
    archetypes: ['R4'],
    credential: 'code',
    carrier: 'redirect',
    revocation: 'message',
    binding: 'none',
    csrf: 'state',
    lifeSeconds: null,
    ...now,
    parts: ['store', 'rotation', 'provider'],
  },
} as const satisfies Readonly<Record<string, Option>>

export type OptionId = keyof typeof OPTIONS
export const OPTION_IDS = Object.keys(OPTIONS) as readonly OptionId[]

export function optionOf(id: OptionId): Option {
  return OPTIONS[id]
}

/** Those considered for a leg, the simpler first; none where there is no such leg. */
export function optionsFor(leg: Leg, facts: Facts): readonly OptionId[] {
  const exists = { browser: facts.hasBrowser, services: facts.hasServices, native: facts.hasNative, hub: facts.hasHub }
  if (!exists[leg]) return []
  return OPTION_IDS.filter((id) => {
    const option = optionOf(id)
    return option.leg === leg && (option.offered?.(facts) ?? true)
  })
}
