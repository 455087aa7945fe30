/** A login in the hands of one request: the same facts, and a signal that is watched until the request is over. */
import type { JsonObject } from '../json.ts'
import type { RequestUnderWay } from '../login/drains.ts'
import type { Watched } from '../login/live-sessions.ts'
import type { Freshness } from '../revocation/check.ts'
import type { Mode, Session } from '../session/session.ts'
import type { Auth, AuthLogin } from './auth-shape.ts'
import type { UnderWay } from './in-flight.ts'

/** What `request.auth` is. */
export interface RequestLogin<Claims> extends AuthLogin<Claims> {
  /**
   * Aborted, with an `AuthError` as its reason, when the login ends while the request is being answered. Made on first use and
   * watched until the answer has been sent; for anything longer use `auth.attach` or `auth.watch`.
   */
  readonly signal: AbortSignal
  /**
   * Looks once more, from memory, just before the effect of the request: between this call and what follows it without an
   * `await` nothing can end the login here. What is sent elsewhere may still arrive after its end (docs/guarantee.md).
   * @throws AuthError `session.ended`, `token.revoked`, `token.expired`; `revocation.stale` when the lease does not hold
   */
  guard(): void
}

/** How an adapter knows that a request is over. */
export interface RequestScope<Source> {
  /** Calls `release` when the answer has been sent or the client is gone; at once if it already is so. */
  whenOver(source: Source, release: () => void): void
  isOver(source: Source): boolean
}

/** The facts are copied: cheaper than a proxy, and a login is shared by all requests of its credential. */
class HeldLogin<Claims, Source> implements RequestLogin<Claims>, RequestUnderWay, UnderWay {
  readonly subject: string
  readonly claims: Claims
  readonly mode: Mode
  readonly credential: 'cookie' | 'token'
  readonly sessionId: string
  readonly expiresAt: number
  readonly authenticatedAt: number
  readonly acr: string | null
  readonly amr: readonly string[]
  readonly session: Session | null
  readonly token: JsonObject | null
  readonly freshness: Freshness
  readonly #hold: Hold<Claims, Source>
  readonly #source: Source
  #watched: Watched | null = null

  constructor(login: AuthLogin<Claims>, hold: Hold<Claims, Source>, source: Source) {
    this.subject = login.subject
    this.claims = login.claims
    this.mode = login.mode
    this.credential = login.credential
    this.sessionId = login.sessionId
    this.expiresAt = login.expiresAt
    this.authenticatedAt = login.authenticatedAt
    this.acr = login.acr
    this.amr = login.amr
    this.session = login.session
    this.token = login.token
    this.freshness = login.freshness
    this.#hold = hold
    this.#source = source
  }

  whenOver(release: () => void): void {
    this.#hold.whenOver(this.#source, release)
  }

  isOver(): boolean {
    return this.#hold.isOver(this.#source)
  }

  guard(): void {
    this.#hold.guard(this)
  }

  get signal(): AbortSignal {
    if (this.#watched === null) {
      const watched = this.#hold.watch(this)
      this.#watched = watched
      this.whenOver(watched.release)
    }
    return this.#watched.signal
  }
}

/** Calls `release` when the request of this login is over, where it is the login of one. */
export function whenRequestOver(login: AuthLogin<unknown>, release: () => void): void {
  if (login instanceof HeldLogin) login.whenOver(release)
}

interface Hold<Claims, Source> extends RequestScope<Source> {
  readonly watch: (login: AuthLogin<Claims>) => Watched
  readonly guard: (login: AuthLogin<Claims>) => void
}

/** The logins of one adapter's requests. */
export interface RequestLogins<Claims, Source> {
  /** Of a request that is to be answered: `revoke` with `drain` waits for it. */
  admit(login: AuthLogin<Claims>, source: Source): RequestLogin<Claims>
  /** Of anything else that has been let in: a connection that stays open. */
  hold(login: AuthLogin<Claims>, source: Source): RequestLogin<Claims>
}

export function createRequestLogins<Claims extends object, Source>(
  auth: Pick<Auth<Claims, unknown>, 'watch' | 'guard' | 'inFlight'>,
  scope: RequestScope<Source>,
): RequestLogins<Claims, Source> {
  const { watch, guard, inFlight } = auth
  const hold: Hold<Claims, Source> = { watch, guard, whenOver: scope.whenOver, isOver: scope.isOver }
  return {
    admit(login, source) {
      const held = new HeldLogin(login, hold, source)
      inFlight.enter(held)
      return held
    },
    hold: (login, source) => new HeldLogin(login, hold, source),
  }
}
