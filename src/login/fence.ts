/** The fence: a transaction of the application's own that commits only if a login was alive until then. */
import type { Clock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { CredentialRef } from '../revocation/engine.ts'
import type { Login } from './login.ts'
import type { Store } from './store.ts'

/**
 * The connection on which the application's transaction is open, in the database of the store. A client of `pg` is one; for
 * another library: `{ query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) }`.
 */
export interface TransactionClient {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly object[] }>
}

/** A store whose rows lie in a database that an application can have its own tables in. */
export interface FencingStore extends Store {
  /**
   * Whether the credential is alive; if so, every step that would end it waits for the end of the client's transaction.
   * @throws TypeError outside a transaction, or at another isolation level than READ COMMITTED
   * @throws AuthError `store.unavailable`
   */
  fence(client: TransactionClient, credential: CredentialRef, now: number): Promise<boolean>
}

/**
 * Passes while the login is alive, and holds off its end until the transaction is over: when a revocation has returned, no
 * transaction that was fenced by the login commits any more. A revocation waits for those under way; longer than three
 * seconds it does not, but fails with `store.unavailable` and has to be asked for again. So fence late, and commit soon.
 *
 * @throws AuthError `session.ended`: roll back; `store.unavailable`
 * @throws TypeError outside a transaction, at another isolation level than READ COMMITTED, for what is no login of ours
 */
export type Fence = (
  login: Pick<Login, 'sessionId' | 'subject' | 'session' | 'token'>,
  client: TransactionClient,
) => Promise<void>

/** @throws TypeError for a store that has no transactions to offer */
export function createFence(store: Store, clock: Clock): Fence {
  if (!isFencing(store)) {
    throw new TypeError('a fence needs sessions in the database of the application: sojourn/stores/postgres')
  }
  return async (login, client) => {
    if (await store.fence(client, refOf(login), clock.now())) return
    throw new AuthError('session.ended', 'the session has ended')
  }
}

function isFencing(store: Store): store is FencingStore {
  return 'fence' in store && typeof store.fence === 'function'
}

/** @throws TypeError for what is no login of ours */
function refOf({ sessionId, subject, session, token }: Parameters<Fence>[0]): CredentialRef {
  if (session) return { sessionId, subject, tokenId: null, generation: session.generation }
  const tokenId = token?.jti
  const generation = token?.gen
  if (typeof tokenId !== 'string' || typeof generation !== 'number') {
    throw new TypeError('only a login with a session or a token of ours can fence')
  }
  return { sessionId, subject, tokenId, generation }
}
