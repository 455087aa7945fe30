/** `client_credentials`: a client in its own name. Its tokens hang on a session of its own, so they are revoked like any other. */
import { errors } from 'oidc-provider'
import { insist } from '../insist.ts'
import { clientSubject } from '../login/client-subject.ts'
import type { Client } from './client.ts'
import { CLIENT_SESSIONS } from './client-ends.ts'
import { scopeOf, targetOf } from './grant-terms.ts'
import { type GrantHandler, type GrantParts, grantHandler, issueTo } from './issued.ts'

export const CLIENT_CREDENTIALS_PARAMETERS: readonly string[] = ['scope', 'audience', 'resource']
const ATTEMPTS = 5

export function createClientCredentials(parts: GrantParts): GrantHandler {
  const { logins, clock, audiences } = parts
  const sessions = parts.records(CLIENT_SESSIONS)

  /** The client's session, made where there is none that lives. Of two that make one at once, one stays. */
  const sessionOf = async ({ client_id: clientId }: Client): Promise<string> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const known = await sessions.find(clientId, clock.now())
      if (typeof known?.value === 'string' && (await logins.findLive(known.value))) return known.value
      const { session } = await logins.logIn({
        subject: clientSubject(clientId),
        mode: 'token',
        clientId,
        device: { userAgent: null, address: null },
      })
      const kept = await insist(() =>
        sessions.compareAndSet(clientId, known?.version ?? null, session.id, session.absoluteExpiresAt, clock.now()),
      )
      if (kept) return session.id
      await logins.logOut(session.id)
    }
    throw new errors.TemporarilyUnavailable('the client is asking too often at once')
  }

  return grantHandler(parts, async ({ client, params }, ctx) => {
    const audience = targetOf(params, client)
    const scope = scopeOf(params, client, audiences[audience], null)
    const { response } = await issueTo(
      parts,
      client,
      await sessionOf(client),
      { audience: [audience], scope },
      'client_credentials',
    )
    ctx.body = response
  })
}
