/** What `createAuth` gives an application. */

import type { SecretRing } from '../crypto/secret-ring.ts'
import type { RequestUnderWay } from '../login/drains.ts'
import type { TransactionClient } from '../login/fence.ts'
import type { Watched } from '../login/live-sessions.ts'
import type {
  IssuedAccessToken,
  LoggedIn,
  LogInInput,
  Login,
  MintInput,
  RevokeInput,
  RevokeOptions,
} from '../login/login.ts'
import type { ModeChange, ModeChangeInput } from '../login/mode-change-shape.ts'
import type { AudiencePolicy, LoginRevocations } from '../login/options.ts'
import type { RecordsOf } from '../records.ts'
import type { Consistency, RevocationView } from '../revocation/check.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { Mode } from '../session/session.ts'
import type { IssuerKeys } from '../token/issuer-keys.ts'
import type { AttachOptions, Connection } from './attach.ts'
import type { Presented } from './identify.ts'
import type { InFlight, UnderWay } from './in-flight.ts'
import type { LoggedInAnswer } from './logged-in.ts'
import type { HttpRequest, HttpResponse } from './message.ts'
import type { FormerLogins, MovedLogin } from './move-in.ts'
import type { Requirement } from './require-auth.ts'
import type { Route, Router } from './router.ts'
import type { RouteParts } from './routes/parts.ts'

/** A request as far as credentials go: a Fetch `Request` is one, and so are the plain strings of `Presented`. */
export type Asking = Pick<HttpRequest, 'method' | 'headers' | 'address'> | Presented

/** A login with the application's claims. */
export type AuthLogin<Claims> = Omit<Login, 'claims'> & { readonly claims: Claims }

export interface SignInInput<Data>
  extends Pick<LogInInput, 'acr' | 'amr' | 'authenticatedAt' | 'clientId' | 'audience' | 'scope' | 'carryOver'> {
  readonly subject: string
  /** Default: what the application issues, `cookie` unless it says otherwise. */
  readonly mode?: Mode
  readonly data?: Data
}

/** What a sign-in gave: `setCookie` is a whole header value, or `tokens` are there to hand out. */
export interface SignedIn extends LoggedIn {
  readonly setCookie: string | null
}

/** What a sign-out did: `setCookie` removes the cookie where there was one; `receipt` is null when nothing was alive. */
export interface SignedOut {
  readonly receipt: Receipt | null
  readonly setCookie: string | null
}

/**
 * Lets a login pass that meets a requirement. A promise of a login that was read anew, where the requirement is more than what
 * the login was found by. `asking` is looked at, or called, only there and where there is no login.
 * @throws AuthError `credentials.missing`, `session.ended`, `credentials.insufficient`, `policy.denied`, `revocation.stale`
 */
export type LoginDemand<Claims> = <L extends AuthLogin<Claims>>(
  login: L | null,
  asking: Asking | (() => Asking),
) => L | Promise<AuthLogin<Claims>>

/** The parts of an `Auth`, for others that add routes to it. */
export interface AuthWiring extends RouteParts {
  readonly issuer: string
  readonly records: RecordsOf
  readonly secrets: SecretRing
  readonly keys: IssuerKeys
  readonly revocations: LoginRevocations
  readonly audiences: Readonly<Record<string, AudiencePolicy>>
  /** A router of these routes, with the options that the application has given. */
  routerOf(routes: readonly Route[]): Promise<Router>
}

export interface Auth<Claims extends object, Data> {
  /**
   * Logs in. The request tells the device and the cookie that the browser holds already, which is never adopted; a request
   * forged by another site is refused.
   * @throws AuthError `csrf.*`, `session.limit`, `token.browser`, `token.audience_unknown`, `store.unavailable`
   */
  logIn(input: SignInInput<Data>, request: Pick<HttpRequest, 'method' | 'headers' | 'address'>): Promise<SignedIn>
  /**
   * A request with the cookie of another library, and no live login of ours: its login becomes one of ours, at most once.
   * null: there was nothing to move. `sojourn/moving-in` has what `former` is made of, and middleware.
   * @throws AuthError `csrf.*`, `credentials.ambiguous`, `store.unavailable`
   */
  moveIn(
    request: Pick<HttpRequest, 'method' | 'headers' | 'address'>,
    former: readonly FormerLogins[],
  ): Promise<MovedLogin | null>
  /** The answer to a sign-in, an elevation or `revokeOthers`: cookie set and redirect for a form, JSON otherwise. */
  respond(signedIn: LoggedIn, answer: LoggedInAnswer): HttpResponse
  /**
   * Who is asking; null for nobody. CSRF is checked where a cookie decides.
   * @throws AuthError `credentials.*`, `csrf.*`, `token.*`, `store.unavailable`, `revocation.stale`
   */
  identify(asking: Asking, consistency?: Consistency): Promise<AuthLogin<Claims> | null>
  /** The same from memory; undefined when I/O is needed. */
  identifyNow(asking: Asking): AuthLogin<Claims> | null | undefined
  /** A login or an error. @throws AuthError `credentials.missing`, `session.ended` and those of `identify` */
  require(asking: Asking, consistency?: Consistency): Promise<AuthLogin<Claims>>
  /** For a route that demands more than a login. @throws TypeError for a requirement that makes no sense */
  demand(requirement?: Requirement<Claims>): LoginDemand<Claims>
  /**
   * Looks once more, from memory, just before an effect: passes while the login stands, as it was handed out by this process.
   * @throws AuthError `session.ended`, `token.revoked`, `token.expired`; `revocation.stale` when the lease does not hold
   */
  guard(login: AuthLogin<unknown>): void
  /**
   * For effects in the database that holds the sessions, inside the application's own transaction: passes while the login is
   * alive, and holds off its end until that transaction is over (docs/guides/postgres.md). Needs the option `fence`.
   * @throws AuthError `session.ended`: roll back; `store.unavailable`
   * @throws TypeError outside a transaction, at another isolation level than READ COMMITTED, without the option
   */
  fence(login: AuthLogin<unknown>, client: TransactionClient): Promise<void>
  /** One line for the application's own routes. @throws AuthError `csrf.*` */
  csrf(asking: Asking): void
  /** Ends a login's session everywhere; `expiredCookie` then removes the cookie. */
  logOut(login: Pick<Login, 'sessionId'>): Promise<Receipt>
  readonly expiredCookie: string
  /**
   * Ends what a request presents: a token's session, or every account of the browser, for they share one cookie.
   * @throws AuthError as `identify`
   */
  signOut(asking: Asking): Promise<SignedOut>
  revoke(target: RevokeInput, options?: RevokeOptions): Promise<Receipt>
  /** Ends all other sessions of the login's subject; its own gets a new cookie or pair. null: it has ended meanwhile. */
  revokeOthers(
    login: AuthLogin<unknown>,
  ): Promise<(SignedIn & { readonly receipt: Receipt; readonly ended: number }) | null>
  /** Loads the subject's claims anew; the next request everywhere sees them. */
  changeClaims(subject: string): Promise<Receipt & { readonly claims: Claims }>
  /** The session's data. */
  readData(login: AuthLogin<unknown>): Promise<Data>
  /** Compare-and-set with retry: `change` may run several times, and must be free of side effects. */
  updateData(login: Pick<Login, 'sessionId'>, change: (data: Data) => Data): Promise<Data>
  /** A new id and secret at a rise of privilege. */
  elevate(
    login: AuthLogin<unknown>,
    change: { readonly acr?: string; readonly amr?: readonly string[] },
  ): Promise<SignedIn>
  /** A change of mode in a running application (docs/guides/changing-the-mode.md). @throws TypeError for modes that make no change */
  planModeChange(input: ModeChangeInput): ModeChange
  /** A signal that fires when the login ends, for as long as it is not released. */
  watch(login: AuthLogin<unknown>): Watched
  /**
   * Closes a WebSocket, a stream or whatever can be closed when the login ends, until it closes by itself. Answers how to stop,
   * which must be called where the connection tells nobody of its close. @throws TypeError for what cannot be closed
   */
  attach(connection: Connection, login: AuthLogin<unknown>, options?: AttachOptions): () => void
  /** Requests that adapters have let in and that are not over: those that `revoke` with `drain` waits for. */
  readonly inFlight: InFlight<RequestUnderWay & UnderWay>
  /** How many logins are watched at this moment, by `watch`, `attach` and `request.auth.signal`: for metrics. */
  readonly watched: number
  /** An audience-bound token of the login's session. */
  mint(login: AuthLogin<unknown>, input?: MintInput): Promise<IssuedAccessToken>
  /** Answers the `/auth/*`, `/oauth/*` and `/.well-known/*` routes; `toFetch(auth.handler)` makes it one of the Fetch API. */
  handler(request: HttpRequest): Promise<HttpResponse>
  /** The answer to an error: problem+json, or a page for a browser that navigates. `status`: a narrower one than the code's. */
  problem(error: unknown, request: Pick<HttpRequest, 'method' | 'headers'>, status?: number): HttpResponse
  /** Whether `handler` has a route at this path. */
  covers(path: string): boolean
  /**
   * Puts routes of a part that stands on this one (`sojourn/oidc/client`) beside ours, for every adapter that is made
   * afterwards. @throws TypeError for a method and path that is taken
   */
  mount(routes: readonly Route[]): void
  /**
   * Awaited before a session goes on under a new id (`elevate`, `revokeOthers`, a switch of accounts), so that what is kept by
   * its id can follow. Either of the two ids may turn out not to live. Returns how to stop.
   */
  onSuccessor(listener: (from: string, to: string) => Promise<void>): () => void
  /** For a router of one's own. */
  readonly routes: readonly Route[]
  readonly keys: Pick<IssuerKeys, 'publicKeys' | 'list' | 'rotate'>
  /** What `withProvider` of `sojourn/oidc` stands on; an application has no use for it. */
  readonly wiring: AuthWiring
  /** For `createVerifier({ revocations })` in the same process. */
  readonly revocations: RevocationView
  /** Resolves when the keys are there and requests are answered from memory. @throws AuthError `store.unavailable` */
  ready(): Promise<void>
  /** Leaves the registry and stops all timers. The store stays its maker's to close. */
  close(): Promise<void>
}
