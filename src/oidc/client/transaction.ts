/**
 * One sign-in under way. All of it lies sealed in a cookie of the browser that began it, so that strangers make us store nothing;
 * what is remembered here is only that it has been used. `state` names it, and carries our tag.
 */
import { randomNonce, randomPKCECodeVerifier } from 'openid-client'
import { randomId } from '../../crypto/random.ts'
import { AuthError, isAuthError } from '../../errors.ts'
import { parseCookie, readCookie, writeCookie } from '../../http/cookie.ts'
import { localPath } from '../../http/local-path.ts'
import type { CheckedOptions } from './options.ts'

export interface Transaction {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** A path of the application. */
  readonly returnTo: string
  readonly maxAge: number | null
  /** Any of them will do; empty: whatever the provider does. */
  readonly acr: readonly string[]
  readonly prompt: string | null
  /** Seconds since 1970. */
  readonly beganAt: number
}

export interface Transactions {
  /** @returns the transaction, and the `Set-Cookie` lines that bind it to this browser */
  begin(
    asked: Pick<Transaction, 'maxAge' | 'acr' | 'prompt'> & { readonly returnTo: string | null },
    cookieHeader: string | null,
  ): Promise<{ readonly transaction: Transaction; readonly setCookies: readonly string[] }>
  /** Whether `state` is one that we gave out. @throws AuthError `sso.state` */
  checkState(state: string | null): string
  /**
   * The transaction of this state, if this browser began it; at most once.
   * @throws AuthError `sso.state`
   */
  use(
    state: string,
    cookieHeader: string | null,
  ): Promise<{ readonly transaction: Transaction; readonly expired: string }>
}

/** How long a user may take at the provider. */
export const TRANSACTION_SECONDS = 600
/** Under way in one browser: a header of cookies has its bounds. */
const MAX_UNDER_WAY = 4
const MAX_RETURN_TO = 1024
const SEALED = 'sso transaction'

export function createTransactions(options: CheckedOptions): Transactions {
  const { secrets, clock, name, allowInsecureCookie } = options
  const used = options.store.records('sso-used')
  const prefix = allowInsecureCookie ? 'sojourn-sso-' : '__Host-Http-sso-'
  const cookieName = (state: string): string => prefix + state.slice(0, 11)
  const context = (state: string): string => `${name}\n${state}`
  const write = (cookie: string, value: string, maxAgeSeconds: number): string =>
    writeCookie(cookie, value, {
      path: '/',
      secure: !allowInsecureCookie,
      httpOnly: true,
      sameSite: 'lax',
      maxAgeSeconds,
    })

  return {
    async begin({ returnTo, ...asked }, cookieHeader) {
      const id = randomId()
      const path = returnTo !== null && returnTo.length <= MAX_RETURN_TO ? localPath(returnTo) : null
      const transaction: Transaction = {
        ...asked,
        state: `${id}.${secrets.tag('sso state', context(id))}`,
        nonce: randomNonce(),
        verifier: randomPKCECodeVerifier(),
        returnTo: path ?? '/',
        beganAt: clock.now(),
      }
      const sealed = await secrets.seal(SEALED, JSON.stringify(transaction), context(transaction.state))
      const held = parseCookie(cookieHeader ?? '').filter(([cookie]) => cookie.startsWith(prefix))
      const dropped = held.length < MAX_UNDER_WAY ? [] : held.map(([cookie]) => write(cookie, '', 0))
      return { transaction, setCookies: [...dropped, write(cookieName(id), sealed, TRANSACTION_SECONDS)] }
    },

    checkState(state) {
      const dot = state?.indexOf('.') ?? -1
      if (state === null || dot < 0) throw unknownState()
      if (!secrets.checkTag('sso state', context(state.slice(0, dot)), state.slice(dot + 1))) throw unknownState()
      return state
    },

    async use(state, cookieHeader) {
      const sealed = cookieHeader === null ? null : readCookie(cookieHeader, cookieName(state))
      if (sealed === null || sealed === '') throw unknownState()
      const transaction = await secrets.open(SEALED, sealed, context(state)).then(
        (text) => JSON.parse(text) as Transaction,
        (error: unknown) => {
          // Altered, or of a secret that has left the ring.
          throw isAuthError(error, 'store.corrupt') ? unknownState() : error
        },
      )
      const until = transaction.beganAt + TRANSACTION_SECONDS
      if (clock.now() >= until) throw unknownState()
      const isFirst = await used.compareAndSet(state, null, true, until, clock.now())
      if (!isFirst) throw unknownState()
      return { transaction, expired: write(cookieName(state), '', 0) }
    },
  }
}

function unknownState(): AuthError {
  return new AuthError(
    'sso.state',
    'this sign-in was not begun in this browser, is over already or took too long: begin again',
  )
}
