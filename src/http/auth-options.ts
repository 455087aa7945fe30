/** What `createAuth` is given. */
import type { SecretRing } from '../crypto/secret-ring.ts'
import type { Json } from '../json.ts'
import type { LoginsOptions } from '../login/options.ts'
import type { SignatureAlgorithm } from '../token/algorithms.ts'
import type { ProblemOptions } from './problem.ts'
import type { RouterOptions } from './router.ts'
import type { RouteParts } from './routes/parts.ts'
import type { SessionCookieOptions } from './session-cookie.ts'

/**
 * Only `store`, `issuer` and `secrets` have no default. The types of claims and session data are inferred from the functions
 * `claims` and `data`.
 */
export interface AuthOptions<Claims extends object, Data>
  extends Omit<LoginsOptions, 'keys' | 'secrets' | 'revocations' | 'claims' | 'timers'> {
  /** Where the application is reached: `https://app.example`. Its origin is the only one accepted, unless `origin` says otherwise. */
  readonly issuer: string
  /** Ring of secrets, newest first, each of 32 characters at least; or a ring that was made already. */
  readonly secrets: string | readonly string[] | SecretRing
  /** Loads a subject's claims; asked at sign-in and after `changeClaims`. Must be plain JSON and name no claim of the protocol. */
  readonly claims?: (subject: string) => Claims | Promise<Claims>
  /** Shapes the stored session data (null at first); throws for what it cannot read. */
  readonly data?: (stored: Json) => Data
  /** How long a call of the store may take before it counts as failed (503); default 5. */
  readonly storeTimeoutSeconds?: number
  /** How long this process may decide from memory without the store; the same in the whole fleet. Default 12. */
  readonly leaseSeconds?: number
  /** The public origin, where it is not that of the issuer. */
  readonly origin?: string
  /** Origins besides our own that may send requests with the cookie. */
  readonly trustedOrigins?: readonly string[]
  readonly cookie?: SessionCookieOptions
  /** Default ES256. */
  readonly tokenAlgorithm?: SignatureAlgorithm
  /** Bearer keys that may introspect every token; each of 32 characters at least. */
  readonly operatorKeys?: readonly string[]
  readonly clearSiteData?: NonNullable<RouteParts['clearSiteData']>
  readonly clientAddress?: NonNullable<RouterOptions['clientAddress']>
  /** Draws error pages for browsers that navigate. */
  readonly page?: NonNullable<ProblemOptions['page']>
  /** Told of every failure that was answered with 5xx, with the id that the client was given. */
  readonly onError?: NonNullable<ProblemOptions['onError']>
  /** Asks for `auth.fence`: the store must be one that lies in the application's database. Default false. */
  readonly fence?: boolean
}
