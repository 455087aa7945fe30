/** `createProvider`: an OpenID Connect provider whose every login is a Sojourn session. */
import type { OauthClients, ProviderTokens } from '../http/oauth-clients.ts'
import type { Route } from '../http/router.ts'
import type { Logins } from '../login/login.ts'
import { createClientAuth } from './client-auth.ts'
import { CLIENT_RECORDS } from './client-ends.ts'
import { createDerivedTokens, DERIVED } from './derived-tokens.ts'
import { createGrantMembers, GRANT_MEMBERS } from './grant-members.ts'
import { createInteractions, type Interactions } from './interaction.ts'
import { createLibrary, type Library } from './library.ts'
import { createLogouts } from './logouts.ts'
import { OUTBOX_RECORDS } from './outbox.ts'
import type { ProviderParts } from './parts.ts'
import { assertionUses, PAYLOAD_RECORDS } from './payloads.ts'
import { createProviderTokens } from './provider-tokens.ts'
import { providerRoutes } from './routes.ts'
import { createSessionClients, SESSION_RECORDS } from './session-clients.ts'
import { NOBODY_RECORDS } from './sessions.ts'
import { createProviderKeys, type ProviderKeys } from './signing.ts'
import { tellingLogins } from './telling-logins.ts'

export interface OidcProvider {
  readonly routes: readonly Route[]
  /** Of the issuer's keys and the provider's own, for the one JWK set. */
  readonly publicKeys: ProviderKeys['publicKeys']
  readonly formTargetOf: Interactions['formTargetOf']
  /** The same logins, but they tell relying parties of what they end: for whatever signs people out. */
  readonly logins: Logins
  /** Relying parties hear of whatever sessions of the subject have ended. */
  tell(subject: string): Promise<void>
  readonly library: Library
  /** Work that recurs, in any number of processes at once: each runs one of them every so often. */
  readonly jobs: readonly { readonly name: string; readonly everySeconds: number; run(): Promise<void> }[]
  /** For our own routes of introspection and revocation. */
  readonly oauthClients: OauthClients
  readonly providerTokens: ProviderTokens
  close(): Promise<void>
}

/** The kinds of records that the provider keeps with an end. */
export const PROVIDER_RECORDS: readonly string[] = [
  ...PAYLOAD_RECORDS,
  GRANT_MEMBERS,
  ...SESSION_RECORDS,
  ...NOBODY_RECORDS,
  ...OUTBOX_RECORDS,
  ...CLIENT_RECORDS,
  DERIVED,
]

const DELIVER_SECONDS = 5
const SWEEP_SECONDS = 60

/** @throws TypeError for an issuer with a path: the routes lie at the root of its origin */
export function createProvider(parts: ProviderParts): OidcProvider {
  const { issuer, records, clock, secrets, keys, revocations, logins } = parts
  if (new URL(issuer).origin !== issuer) throw new TypeError('the issuer must be an origin, without a path')
  const providerKeys = createProviderKeys({ keys, records, secrets, clock, isRetired: revocations.view.isKeyRetired })
  const derived = createDerivedTokens(records, clock, (token) => logins.revoke({ token }))
  const members = createGrantMembers(records, clock, async (token) => {
    await logins.revoke({ token })
    await derived.end(token)
  })
  const sessionClients = createSessionClients(records, clock)
  const through = { keys: providerKeys, members, sessionClients, derived }
  const logouts = createLogouts(parts, through)
  const telling = tellingLogins(logins, logouts, (error) => parts.onError(error, 'telling relying parties of a logout'))
  const library = createLibrary(parts, through)
  const interactions = createInteractions(parts, library)
  return {
    routes: [
      ...providerRoutes({ ...parts, logins: telling }, library, logouts, sessionClients),
      ...interactions.routes,
    ],
    publicKeys: providerKeys.publicKeys,
    formTargetOf: interactions.formTargetOf,
    logins: telling,
    tell: logouts.endedOf,
    library,
    jobs: [
      { name: 'deliver logouts', everySeconds: parts.logout.everySeconds ?? DELIVER_SECONDS, run: logouts.deliver },
      { name: 'look after the keys of the provider', everySeconds: 30, run: providerKeys.refresh },
      { name: 'look for ended sessions', everySeconds: SWEEP_SECONDS, run: logouts.sweep },
    ],
    oauthClients: createClientAuth({
      clients: parts.clients,
      clock,
      audience: [issuer],
      isFirstUse: assertionUses(records, clock),
    }),
    providerTokens: createProviderTokens({ library, logins, members, derived }),
    async close() {
      await logouts.close()
      providerKeys.close()
    },
  }
}
