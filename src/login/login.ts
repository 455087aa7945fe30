/** What a login is, seen from the outside: values in, values out; no header and no cookie is known here. */
import type { AuthError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Consistency, Freshness } from '../revocation/check.ts'
import type { Receipt } from '../revocation/revoke.ts'
import type { StatusLists } from '../revocation/status-lists.ts'
import type { Device, Mode, Session } from '../session/session.ts'
import type { SessionPage } from '../session/store.ts'
import type { DescribedToken, TokenTerms } from './described-token.ts'
import type { ModeChange, ModeChangeInput } from './mode-change-shape.ts'
import type { Modes } from './modes.ts'
import type { MoveIn } from './move-in-shape.ts'

/** Who is asking, however they proved it. */
export interface Login {
  readonly subject: string
  /** Current application claims. */
  readonly claims: JsonObject
  readonly mode: Mode
  /** What was presented. */
  readonly credential: 'cookie' | 'token'
  readonly sessionId: string
  /** Seconds since 1970: the end of the session as far as the credential tells (a token: its own `exp`). */
  readonly expiresAt: number
  readonly authenticatedAt: number
  readonly acr: string | null
  readonly amr: readonly string[]
  /** The session record behind a cookie (as cached); null for a token. */
  readonly session: Session | null
  /** All claims of the token; null for a cookie. */
  readonly token: JsonObject | null
  readonly freshness: Freshness
}

export interface IssuedAccessToken {
  readonly accessToken: string
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly expiresInSeconds: number
  /** Size on the wire. */
  readonly bytes: number
  readonly audience: readonly string[]
  readonly scope: string | null
}

/** A token and the session that it hangs on. */
export interface MintedToken {
  readonly session: Session
  /** Its `jti`. */
  readonly tokenId: string
  readonly issued: IssuedAccessToken
}

export interface IssuedTokens extends IssuedAccessToken {
  readonly refreshToken: string
  /** The mode that the application wants for this client from now on: see `convert`. */
  readonly convertTo?: Mode
}

export interface LogInInput {
  readonly subject: string
  readonly mode: Mode
  readonly device: Device
  readonly acr?: string
  readonly amr?: readonly string[]
  /** When the user proved who they are, where that was earlier and elsewhere (`auth_time`); default: now. */
  readonly authenticatedAt?: number
  readonly clientId?: string
  /** Token mode: audiences of the access tokens; the issuer's default when absent. */
  readonly audience?: readonly string[]
  readonly scope?: string
  readonly data?: Json
  /**
   * The session cookie's value that the browser sent with the sign-in, if any. It is never adopted: a live session of
   * another subject stays as a second account of the same browser, one of the same subject is replaced, an anonymous one ends.
   */
  readonly presentedCookie?: string
  /** Called with an anonymous session's data; what it answers goes into the new session. Nothing is carried over without it. */
  readonly carryOver?: (anonymous: Json) => Json
  /** The caller is a browser (`Sec-Fetch-*` was sent): token mode is refused unless the audience allows it. */
  readonly browser?: boolean
}

/** The credential that a session is to be known by no more: one of the two. */
export interface ConvertInput {
  readonly cookie?: string
  readonly refreshToken?: string
  /** Of the tokens; the issuer's default when absent. */
  readonly audience?: readonly string[]
  readonly scope?: string
  readonly browser?: boolean
}

/** Either a cookie value to set, or tokens to hand out. */
export interface LoggedIn {
  readonly session: Session
  /** `<session id>.<secret>`: goes into the cookie and nowhere else. */
  readonly cookie: string | null
  readonly tokens: IssuedTokens | null
}

export interface MintInput {
  /** One of the configured audiences; the issuer when absent. */
  readonly audience?: string
  /** Must be a subset of what the session may have. */
  readonly scope?: string
  readonly browser?: boolean
}

export type RevokeInput = { readonly session: string } | { readonly subject: string } | { readonly token: string }

export interface RevokeOptions {
  /**
   * `fleet` (default): resolves when no verifier of the fleet accepts any more. `remote`: when none outside does either, which
   * read status lists: up to a minute later, by wall clocks (add how far theirs may be behind).
   */
  readonly scope?: 'fleet' | 'remote'
  /**
   * Waits until the requests under way are over that adapters of the fleet have let in for what is revoked; new ones are
   * refused meanwhile, and connections that stay open are closed at once. After so many seconds (true: 5; 0 to 10) `signal`
   * of those that remain is aborted, and no longer waited for. Not for use in a request of the very session. Other
   * revocations wait as well, in processes that wait.
   */
  readonly drain?: boolean | number
}

/** The accounts that one browser holds. */
export interface BrowserAccount {
  readonly sessionId: string
  readonly subject: string
  readonly active: boolean
}

/** The heart of Sojourn: every credential, one session record, one revocation log. */
export interface Logins {
  /** @throws AuthError `session.limit`, `token.audience_unknown`, `token.browser`, `store.unavailable` */
  logIn(input: LogInInput): Promise<LoggedIn>
  /** An anonymous session with data, in cookie mode. */
  startAnonymous(device: Device, data: Json): Promise<LoggedIn>

  /**
   * Changes the credential of a session to the mode that is issued now: a cookie for tokens, tokens for a cookie. What was
   * presented goes on working until what is handed out has been used.
   * @throws AuthError `policy.denied` (no such change is under way), `session.ended`, `session.mode`, `refresh.*`, `token.browser`
   */
  convert(input: ConvertInput): Promise<LoggedIn>
  /** Which modes are issued and let in. */
  readonly modes: Modes
  /** What verifiers outside the fleet read; null: no audience is `external`. */
  readonly statusLists: Pick<StatusLists, 'publish' | 'aggregate'> | null
  planModeChange(input: ModeChangeInput): ModeChange
  /** Why a cookie with a live session is not let in; null: there is no such session. From memory. */
  refusalOf(cookie: string): AuthError | null
  /** A login that another library began becomes a session of ours, at most once. @throws AuthError `store.unavailable` */
  readonly moveIn: MoveIn

  /** From memory: a login, null (no such live session), or undefined when the store must be asked. Never writes. */
  resumeNow(cookie: string): Login | null | undefined
  /** @throws AuthError `store.unavailable`, `revocation.stale` */
  resume(cookie: string, consistency?: Consistency): Promise<Login | null>
  /** The anonymous session behind a cookie, or null. */
  findAnonymous(cookie: string): Promise<Session | null>
  /** From memory: a login, or undefined when I/O is needed. @throws AuthError `token.*` */
  verifyNow(accessToken: string): Login | undefined
  /** @throws AuthError `token.*`, `revocation.stale`, `keys.unavailable` */
  verify(accessToken: string, consistency?: Consistency): Promise<Login>

  /**
   * Once more, from memory, just before the effect of a request: passes while the login that was handed out here stands.
   * @throws AuthError `session.ended`, `token.revoked`, `token.expired`; `revocation.stale` when the lease does not hold
   */
  guard(login: Pick<Login, 'session' | 'token' | 'freshness'>): void

  /** @throws AuthError `refresh.unknown`, `refresh.expired`, `refresh.reused`, `store.unavailable` */
  refresh(refreshToken: string): Promise<IssuedTokens>
  /**
   * An access token of ours for any configured audience, for introspection and revocation (RFC 7662, 7009), never to let
   * anybody in; null when it is not active. @throws AuthError `revocation.stale`, `keys.unavailable`, `store.unavailable`
   */
  introspect(accessToken: string): Promise<Login | null>
  /** The live session whose genuine refresh token this is, current or spent; spends nothing (RFC 7009 revocation). null: none. */
  findByRefreshToken(refreshToken: string): Promise<Session | null>
  /** Token bridge and hybrid: an audience-bound token of the login's session, reused until it nears expiry. */
  mint(login: Login, input: MintInput): Promise<IssuedAccessToken>

  /** Ends one session everywhere; resolves when no verifier accepts it. */
  logOut(sessionId: string): Promise<Receipt>
  /** @throws TypeError for a token with `drain`: only sessions and subjects are waited for */
  revoke(target: RevokeInput, options?: RevokeOptions): Promise<Receipt>
  /**
   * Ends every session of the subject but re-creates the caller's own at the new generation (new id, new cookie or pair):
   * log out everywhere else, password change. null: the caller's session was no longer alive; nothing changed.
   */
  revokeOthers(login: Login): Promise<(LoggedIn & { readonly receipt: Receipt; readonly ended: number }) | null>
  /** A new id and secret for the same login at a rise of privilege. @throws AuthError `session.ended` */
  elevate(login: Login, change: { readonly acr?: string; readonly amr?: readonly string[] }): Promise<LoggedIn>
  /** Loads the subject's claims anew; resolves when every verifier judges by them. */
  changeClaims(subject: string): Promise<Receipt & { readonly claims: JsonObject }>

  /** Compare-and-set with retry: `change` may run several times. @throws AuthError `session.ended`, `session.conflict` */
  updateData(sessionId: string, change: (data: Json) => Json): Promise<Session>
  findSession(sessionId: string): Promise<Session | null>
  /** Somebody's session, read strictly: alive by its row, its subject's generation and the floor. */
  findLive(sessionId: string): Promise<Session | null>
  /** MINT without its signature, for a token that the OpenID Connect provider signs; null: the session is not alive. */
  describeToken(sessionId: string, terms: TokenTerms): Promise<DescribedToken | null>
  /** MINT on these terms, which the caller answers for; null: the session is not alive. @throws AuthError `token.audience_unknown` */
  mintOn(sessionId: string, terms: TokenTerms): Promise<MintedToken | null>
  sessionsOf(subject: string, cursor?: string | null, limit?: number): Promise<SessionPage>

  /** Accounts of the browser that presented the cookie. */
  accountsOf(cookie: string): Promise<readonly BrowserAccount[]>
  /**
   * Makes another account of the same browser the active one: its session gets a new id and secret. The one that was
   * active stays, with a new id too and no cookie until it is switched back to. @throws AuthError `session.ended`
   */
  switchAccount(cookie: string, sessionId: string): Promise<LoggedIn>
  /**
   * Ends the active account of the browser and makes another one active; null, and nothing ended: it has no other.
   * `receipt` is null when the end could not be followed through the fleet. @throws AuthError `session.ended`
   */
  leaveAccount(cookie: string): Promise<(LoggedIn & { readonly receipt: Receipt | null }) | null>

  /** Retires the named signing keys and raises the floor. */
  raiseFloor(keyIds: readonly string[]): Promise<Receipt & { readonly floor: number }>
  /** Loads whatever is loaded on demand: no request waits for it then, and an installation that is broken shows at the start. */
  prepare(): Promise<void>
  /** Stops accepting, leaves the registry, stops timers. */
  close(): Promise<void>
}
