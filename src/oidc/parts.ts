/** What the provider is built from. */
import type { Clock } from '../clock.ts'
import type { SecretRing } from '../crypto/secret-ring.ts'
import type { Identify } from '../http/identify.ts'
import type { OriginPolicy } from '../http/origin.ts'
import type { SessionCookie } from '../http/session-cookie.ts'
import type { JsonObject } from '../json.ts'
import type { Logins } from '../login/login.ts'
import type { AudiencePolicy, LoginRevocations } from '../login/options.ts'
import type { RecordsOf } from '../records.ts'
import type { IssuerKeys } from '../token/issuer-keys.ts'
import type { ClientEnds } from './client-ends.ts'
import type { Clients } from './clients.ts'
import type { PageFrame } from './pages.ts'

export interface ProviderParts {
  /** The public origin. */
  readonly issuer: string
  readonly logins: Logins
  readonly identify: Identify
  readonly cookie: SessionCookie
  readonly origins: OriginPolicy
  readonly records: RecordsOf
  readonly secrets: SecretRing
  readonly clock: Clock
  readonly keys: IssuerKeys
  readonly revocations: Pick<LoginRevocations, 'view' | 'onApplied' | 'onReset'>
  readonly audiences: Readonly<Record<string, AudiencePolicy>>
  readonly clients: Pick<Clients, 'find'>
  readonly clientEnds: Pick<ClientEnds, 'noteToken'>
  /** What ID tokens and userinfo say of a subject (`email`, `name`, ...); the scopes decide which of it is told. */
  readonly userClaims: (subject: string) => Promise<JsonObject>
  /**
   * Counts who types the code of a device: it throws AuthError `account.throttled` for whoever types too many. Default: nobody
   * is counted.
   */
  readonly takeCodeEntry?: (address: string | null) => Promise<void>
  /** Authentication contexts that a client may ask for; default: none. */
  readonly acrValues?: readonly string[]
  /** The sign-in page: it is given `return_to`, a path of ours. */
  readonly signInPath: string
  readonly page: PageFrame
  /** Told of what has happened, for the audit log; awaited. */
  readonly onEvent: (event: ProviderEvent) => Promise<void>
  /** Told of failures that the client hears of as `server_error`, and of work in the background that failed. */
  readonly onError: (error: unknown, work: string) => void
  readonly logout: LogoutOptions
}

export interface ProviderEvent {
  readonly action:
    | 'oidc.consent'
    | 'oidc.authorized'
    | 'oidc.tokens'
    | 'oidc.replay'
    | 'oidc.logout_sent'
    | 'oidc.logout_failed'
  readonly subject: string | null
  readonly sessionId: string | null
  readonly detail: JsonObject
}

export interface LogoutOptions {
  /** How long a sign-out waits for the first delivery to each relying party. Default 2. */
  readonly waitSeconds?: number
  /** Pauses between attempts; after the last one the delivery is given up. Default: from 5 s on, doubling, for about a day. */
  readonly retrySeconds?: readonly number[]
  /** How often a process looks for deliveries that are due. Default 5. */
  readonly everySeconds?: number
}
