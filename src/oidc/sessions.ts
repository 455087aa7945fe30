/**
 * The library's session model over Sojourn's sessions. Who is logged in is decided by the login cookie of the request and by
 * nothing else: the library's own cookie names a session only where nobody is logged in, for the steps of a logout.
 */
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import { sha256Base64url } from '../crypto/digest.ts'
import type { RecordsOf } from '../records.ts'
import { loginAtHand, requestAtHand } from './in-request.ts'
import { asObject, toJson } from './payloads.ts'
import { type SessionClients, type SessionClientsStore, sidFor } from './session-clients.ts'

const NOBODY = 'oidc-nobody'
export const NOBODY_RECORDS: readonly string[] = [NOBODY]
const NOBODY_SECONDS = 3600

/** The route on which the library ends a session; elsewhere it only renames what it thinks of as its own. */
const LOGOUT_ROUTE = 'end_session_confirm'

export function createSessionAdapter(recordsOf: RecordsOf, clock: Clock, clients: SessionClientsStore): Adapter {
  const nobody = recordsOf(NOBODY)
  const isAtHand = (id: string): boolean => loginAtHand()?.sessionId === id
  const isLogout = (): boolean => Provider.ctx?.oidc?.route === LOGOUT_ROUTE

  return {
    async find(id) {
      const login = loginAtHand()
      if (login?.sessionId === id) {
        const known = await clients.find(id)
        return {
          kind: 'Session',
          jti: id,
          uid: id,
          iat: login.authenticatedAt,
          exp: login.expiresAt,
          accountId: login.subject,
          loginTs: login.authenticatedAt,
          ...(login.acr === null ? {} : { acr: login.acr }),
          amr: [...login.amr],
          // A logout tells the relying parties by way of the outbox, not by the library's hand.
          ...(known && !isLogout() ? { authorizations: toAuthorizations(known) } : {}),
          ...(known?.state ? { state: known.state } : {}),
        }
      }
      const found = await nobody.find(sha256Base64url(id), clock.now())
      return found ? { ...asObject(found.value), jti: id } : undefined
    },
    async upsert(id, payload, expiresIn = NOBODY_SECONDS) {
      const login = loginAtHand()
      if (login && payload.accountId === login.subject) {
        const until = login.session?.absoluteExpiresAt ?? login.expiresAt
        await clients.merge(login.sessionId, toClients(login.sessionId, login.subject, payload), until)
        return
      }
      const { jti: _, accountId: __, authorizations: ___, ...rest } = payload
      const now = clock.now()
      await nobody.put(sha256Base64url(id), toJson(rest), now + Math.min(expiresIn, NOBODY_SECONDS), now)
    },
    async destroy(id) {
      if (!isAtHand(id)) await nobody.take(sha256Base64url(id), clock.now())
      // Where the person stays signed in, the library gives up an id of its own and nothing more.
      else if (isLogout() && Provider.ctx?.oidc?.params?.logout) await requestAtHand()?.signOut()
    },
    // Asked for by nothing that is turned on: what a token hangs on is read in `accounts.ts`.
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    consume: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

function toAuthorizations({ clients }: SessionClients): NonNullable<AdapterPayload['authorizations']> {
  return Object.fromEntries(
    Object.entries(clients).map(([clientId, { sid, grantIds }]) => {
      const grantId = grantIds.at(-1)
      return [clientId, { sid, ...(grantId === undefined ? {} : { grantId }) }]
    }),
  )
}

function toClients(sessionId: string, subject: string, { authorizations, state }: AdapterPayload): SessionClients {
  return {
    subject,
    clients: Object.fromEntries(
      Object.entries(authorizations ?? {}).map(([clientId, { grantId }]) => [
        clientId,
        { sid: sidFor(sessionId, clientId), grantIds: grantId === undefined ? [] : [grantId] },
      ]),
    ),
    state: state === undefined ? null : toJson(state),
  }
}
