/** The grant types that we answer ourselves. */
import type { Provider } from 'oidc-provider'
import { EXCHANGE_GRANT } from './client.ts'
import { CLIENT_CREDENTIALS_PARAMETERS, createClientCredentials } from './client-credentials.ts'
import type { GrantParts } from './issued.ts'
import { createTokenExchange, EXCHANGE_PARAMETERS } from './token-exchange.ts'

/** RFC 8693 §2.1, RFC 8707 §2: both may be repeated; that only one is taken is said in our words. */
const REPEATABLE = ['audience', 'resource']

export function registerOwnGrants(provider: Provider, parts: GrantParts): void {
  provider.registerGrantType(
    'client_credentials',
    createClientCredentials(parts),
    [...CLIENT_CREDENTIALS_PARAMETERS],
    REPEATABLE,
  )
  provider.registerGrantType(EXCHANGE_GRANT, createTokenExchange(parts), [...EXCHANGE_PARAMETERS], REPEATABLE)
}
