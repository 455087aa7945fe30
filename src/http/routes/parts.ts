/** What the routes are built from. */
import type { Clock } from '../../clock.ts'
import type { Logins } from '../../login/login.ts'
import type { Receipt } from '../../revocation/revoke.ts'
import type { IssuerKeys } from '../../token/issuer-keys.ts'
import type { Identify } from '../identify.ts'
import type { OauthClients, ProviderTokens } from '../oauth-clients.ts'
import type { OriginPolicy } from '../origin.ts'
import type { ProblemOptions } from '../problem.ts'
import type { SessionCookie } from '../session-cookie.ts'

export interface RouteParts {
  readonly logins: Logins
  readonly identify: Identify
  readonly cookie: SessionCookie
  readonly origins: OriginPolicy
  readonly clock: Clock
  readonly keys: Pick<IssuerKeys, 'publicKeys'>
  /** Whether a bearer value is a key that may introspect every token; compared in constant time. Default: there is none. */
  readonly isOperatorKey?: (presented: string) => boolean
  /** Registered clients, and the tokens of an OpenID Connect provider beside us. Default: there are none. */
  readonly oauthClients?: OauthClients
  readonly providerTokens?: ProviderTokens
  /**
   * What a sign-out asks the browser to empty besides our cookie (`Clear-Site-Data`). Mind that `cookies` empties the whole
   * registrable domain. Default: nothing.
   */
  readonly clearSiteData?: readonly ('cache' | 'cookies' | 'storage')[]
  readonly onError?: ProblemOptions['onError']
}

/** A receipt in wire form; of verifiers only their number is told. */
export function receiptJson(receipt: Receipt): Record<string, unknown> {
  return {
    offset: receipt.offset,
    confirmed_by: receipt.confirmedBy,
    waited_for: receipt.waitedFor.length,
    ms: Math.round(receipt.ms * 1000) / 1000,
    remote_effective_at: receipt.remoteEffectiveAt,
  }
}
