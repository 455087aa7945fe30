/** Every number that the model works with: measured (from a result file) or assumed, and said to be. */
import measured from './measured.json' with { type: 'json' }

/** Where a number comes from. */
export interface Constant {
  readonly value: number
  readonly unit: string
  /** A result file with its case, or why this was assumed. */
  readonly source: string
  /** Of the measurement; null: an assumption. */
  readonly date: string | null
}

type Name = keyof typeof measured
export const MEASURED: Readonly<Record<Name, Constant>> = measured

const assumed = (value: number, unit: string, why: string): Constant => ({
  value,
  unit,
  source: `assumption: ${why}`,
  date: null,
})

export const ASSUMED = {
  secondsBetweenRequests: assumed(2, 's', 'an active user: several requests a page, a page every few seconds'),
  requestsPerUserAndDay: assumed(1000, '', 'an ordinary day of work with one application'),
  keptPerActive: assumed(100, '', 'sessions that are kept for each one that is active now'),
  noticeSeconds: assumed(3600, 's', 'a theft that is noticed is noticed after an hour'),
  noticedShare: assumed(0.5, '', 'half of all thefts are noticed'),
  stealableShare: assumed(0.1, '', 'a credential out of the reach of script is stolen a tenth as often'),
  tailFactor: assumed(3, '', 'the 99th percentile of a look-up is three round trips'),
  touchSeconds: assumed(300, 's', "Sojourn's default: last-seen is written at most every five minutes"),
  cacheSeconds: assumed(300, 's', "Sojourn's default life of a session in memory"),
  leaseSeconds: assumed(12, 's', "Sojourn's default: so long a process goes on without the store"),
  deviceCookieSeconds: assumed(600, 's', 'a device-bound cookie is renewed every ten minutes (DBSC)'),
  proofSeconds: assumed(60, 's', 'a proof of possession is accepted for a minute (RFC 9449)'),
  ownerAwaySeconds: assumed(
    3600,
    's',
    'the owner of a stolen refresh token comes back after an hour, and it is noticed',
  ),
  revocationsPerSession: assumed(1 / 86_400, '1/s', 'each session is ended early once a day'),
  tokenBaseBytes: assumed(22, 'bytes', '"Authorization: Bearer " before each token'),
  sealedBytesPerByte: assumed(4 / 3, '', 'base64url of what is carried'),
  headerBudgetBytes: assumed(8192, 'bytes', 'the header limit of common servers; a quarter of it for the credential'),
  cookieLimitBytes: assumed(4096, 'bytes', 'RFC 6265bis: name and value of a cookie'),
  repeatedHeaderBytes: assumed(1, 'bytes', 'HTTP/2 sends a known field as an index (RFC 7541, 6.1)'),
  requestsPerConnection: assumed(20, '', 'requests before a connection closes'),
  keySetAgeSeconds: assumed(600, 's', "Sojourn's default max-age of the key set"),
} as const satisfies Readonly<Record<string, Constant>>

/** Lives and ages that Sojourn can be given, in seconds. */
export const TOKEN_SECONDS = 600
export const SHORT_TOKEN_SECONDS = 60
export const BROWSER_TOKEN_SECONDS = 300
export const SEALED_SECONDS = 3600
export const STATUS_LIST_SECONDS = 60
export const CACHE_SECONDS = 60
export const SHORT_CACHE_SECONDS = 5
