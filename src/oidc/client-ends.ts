/** What a client holds, so that it can be ended with the client: its tokens that live, and the session of its own. */
import type { Clock } from '../clock.ts'
import type { Logins } from '../login/login.ts'
import type { RecordsOf } from '../records.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { Client } from './client.ts'
import { createDerivedTokens } from './derived-tokens.ts'
import { createGrantMembers } from './grant-members.ts'
import { createOutbox, queueLogouts } from './outbox.ts'
import { createSessionClients } from './session-clients.ts'

/** Keys are `<client id> <jti>`; a record lives as long as its token. */
const TOKENS = 'oidc-client-tokens'
/** The session behind tokens that a client asks for in its own name, by client id: `{ id }`. */
export const CLIENT_SESSIONS = 'oidc-client-sessions'
/** Those that end by themselves. */
export const CLIENT_RECORDS: readonly string[] = [TOKENS, CLIENT_SESSIONS]
const PAGE = 200

export interface ClientEnds {
  /**
   * To be called for each token before it is handed out, and the client looked for once more after that: then either `end`
   * finds the token, or the client is found to be gone.
   */
  noteToken(clientId: string, tokenId: string, expiresAt: number): Promise<void>
  /**
   * For a client that is gone already. Resolves when no verifier accepts a token of its any more; the last receipt.
   * @param removed what it was: the servers then tell it that its users are logged out
   */
  end(clientId: string, removed?: Client | null): Promise<{ readonly tokens: number; readonly receipt: Receipt | null }>
}

export function createClientEnds(options: {
  readonly records: RecordsOf
  readonly clock: Clock
  readonly logins: Pick<Logins, 'revoke' | 'logOut'>
}): ClientEnds {
  const { clock, logins } = options
  const derived = createDerivedTokens(options.records, clock, (token) => logins.revoke({ token }))
  const sessionClients = createSessionClients(options.records, clock)
  const outbox = createOutbox(options.records, clock)
  const members = createGrantMembers(options.records, clock, async () => undefined)
  const tokens = options.records(TOKENS)
  const sessions = options.records(CLIENT_SESSIONS)

  const liveTokens = async (clientId: string): Promise<readonly string[]> => {
    const prefix = `${clientId} `
    const keys: string[] = []
    for (let cursor: string = prefix; ; ) {
      const page = await tokens.list(cursor, PAGE, clock.now())
      const own = page.filter(({ key }) => key.startsWith(prefix))
      keys.push(...own.map(({ key }) => key))
      const last = own.at(-1)
      if (own.length < PAGE || !last) return keys
      cursor = last.key
    }
  }

  return {
    noteToken: (clientId, tokenId, expiresAt) => tokens.put(`${clientId} ${tokenId}`, true, expiresAt, clock.now()),

    async end(clientId, removed = null) {
      for await (const { sessionId, value } of sessionClients.all()) {
        const left = value.clients[clientId] && (await sessionClients.leave(sessionId, clientId))
        if (!left) continue
        // Its access tokens are ended below, one by one; a client of the same id must not find the rest.
        for (const grantId of left.grantIds) await members.forget(grantId)
        await queueLogouts(outbox, async () => removed, sessionId, { ...value, clients: { [clientId]: left } })
      }
      const keys = await liveTokens(clientId)
      let receipt: Receipt | null = null
      for (const key of keys) {
        const tokenId = key.slice(clientId.length + 1)
        receipt = await logins.revoke({ token: tokenId })
        await derived.end(tokenId)
        await tokens.take(key, clock.now())
      }
      const session = await sessions.take(clientId, clock.now())
      if (typeof session === 'string') receipt = await logins.logOut(session)
      return { tokens: keys.length, receipt }
    },
  }
}
