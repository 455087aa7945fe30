/** What every client does, whatever its login rests on: calls of the server's routes, state, events. */
import type { JsonObject } from '../json.ts'
import { type AudienceToken, type DevicePage, readDevices, readSession, type SessionInfo } from './answers.ts'
import { type Call, call, type FetchLike, type Send } from './calls.ts'
import { type Environment, type Machine, thisMachine } from './environment.ts'
import { type ClientEvent, type ClientState, createEvents, type Events } from './events.ts'
import { type ClientOptions, checkOrigin } from './options.ts'
import { member, type Result, SIGNED_OUT, succeed } from './result.ts'
import { type HolderListener, type LoginHolder, type SharedLogin, sameLogin } from './shared-login.ts'
import type { Asked } from './tokens.ts'

export interface SignInInput {
  readonly email: string
  readonly password: string
  /** In place of a one-time password: the one to change it to. */
  readonly newPassword?: string
  /** Of a cookie client: `cookie` (default) or `hybrid`. A token client's is `token`. */
  readonly mode?: 'cookie' | 'hybrid' | 'token'
  readonly scope?: string
  /** Of an earlier sign-in on this device: whoever holds it is not slowed down by strangers who guess passwords. */
  readonly deviceToken?: string
}

export interface SignedIn {
  /** For `deviceToken` next time; null where a cookie holds it. It lets nobody in. */
  readonly deviceToken: string | null
}

export interface Client {
  readonly state: ClientState
  /** Events come after `state` has changed. Returns how to stop. */
  subscribe(listener: (event: ClientEvent) => void): () => void
  /**
   * As the platform's `fetch`. Token mode: answers 503 with `Retry-After` by itself while no token can be had, so that a 401
   * always means that the login is over; rejects where a redirect would take the token elsewhere. A request whose body is a
   * stream is never sent twice.
   */
  readonly fetch: FetchLike
  signIn(input: SignInInput): Promise<Result<SignedIn>>
  signUp(input: SignInInput): Promise<Result<SignedIn>>
  /** A token client forgets its tokens at once, whatever the server says; a problem then means that the session lives on there. */
  signOut(): Promise<Result<null>>
  /** Who is signed in, asked from the server. */
  session(): Promise<Result<SessionInfo>>
  devices(cursor?: string): Promise<Result<DevicePage>>
  endDevice(id: string): Promise<Result<null>>
  /**
   * Signs out everywhere but here. A token client whose answer is lost is signed out too: the server has replaced its tokens
   * by some that never came.
   */
  endOthers(): Promise<Result<{ readonly ended: number }>>
  /**
   * An access token to hand to something that is not `fetch`: a WebSocket, an API elsewhere. A cookie client gets one from
   * the token bridge; a token client has those of its own audience only.
   */
  tokenFor(audience: string, scope?: string): Promise<Result<AudienceToken>>
  /** Leaves the other tabs alone from here on. Signs nobody out. */
  close(): void
}

/** What the server last told of the login. */
export interface Told extends Pick<ClientState, 'subject' | 'sessionId' | 'claims'> {
  /** Seconds since 1970. */
  readonly expiresAt: number | null
}

/** What a way of staying signed in is built from. */
export interface Parts {
  readonly environment: Machine & Partial<Environment>
  readonly events: Events
  readonly listener: HolderListener
  readonly issuer: string
  /** Of the lock and the channel that the tabs share. */
  readonly name: string
  /** Asks as nobody, but for a cookie. */
  plainly(request: Call): Promise<Result<unknown>>
  /** Asks as the login that there is. */
  asMyself(request: Call): Promise<Result<unknown>>
  told(): Told
  /** Takes over what an answer says of subject and session. */
  readTold(answer: unknown): void
  session(): Promise<Result<SessionInfo>>
  /** Takes over what the server told, and says so when claims have changed. @param surely they have, whatever was known */
  learn(next: Told, surely?: boolean): boolean
}

/** What the login rests on: a cookie that the browser holds, or tokens that the client holds. */
export interface Way {
  readonly holder: LoginHolder
  readonly fetch: FetchLike
  /** Whether there is anything to ask with; looks where a login may be. */
  ready(): Promise<boolean>
  /** Members that a sign-in sends besides. */
  readonly terms: object
  /** Takes over the answer to a sign-in. */
  begin(answer: unknown, asked: Asked): Promise<Result<SignedIn>>
  /** What is known when no login is. */
  idle(): 'unknown' | 'signedOut'
  /** The server has answered for a login that is not known here. */
  confirm(): Promise<void>
  signOut(): Promise<Result<unknown>>
  endOthers(request: Call): Promise<Result<unknown>>
  tokenFor(audience: string, scope: string | undefined): Promise<Result<AudienceToken>>
  /** The login or its claims have changed: what was made from them is void. */
  forget(): void
}

const NOTHING_TOLD: Told = { subject: null, sessionId: null, claims: null, expiresAt: null }
const END_OTHERS: Call = { method: 'DELETE', path: '/auth/sessions?scope=others' }

export function createClientBy(options: ClientOptions, by: (parts: Parts) => Way): Client {
  const environment = { ...thisMachine, ...options.environment }
  const issuer = checkOrigin(options.issuer)
  const name = `sojourn ${issuer} ${options.name ?? ''}`
  const events = createEvents()
  let told = NOTHING_TOLD
  let shown: SharedLogin | null = null

  const listener: HolderListener = {
    onChange(next) {
      if (next.ended || !sameLogin(next, shown)) {
        told = NOTHING_TOLD
        way.forget()
      }
      shown = next
    },
    onTold: (claims) => void learn({ ...told, claims }),
  }
  const plain: Send = (url, init) =>
    environment.fetch(url, { ...init, credentials: options.mode === 'token' ? 'omit' : 'same-origin' })
  const asMyself = (request: Call): Promise<Result<unknown>> => call(environment, way.fetch, issuer, request)
  const plainly = (request: Call): Promise<Result<unknown>> => call(environment, plain, issuer, request)

  const way = by({
    environment,
    events,
    listener,
    issuer,
    name,
    asMyself,
    plainly,
    told: () => told,
    readTold(answer) {
      const session = member(answer, 'session')
      const [subject, id, expiresAt] = [member(answer, 'subject'), member(session, 'id'), member(session, 'expires_at')]
      told = {
        ...told,
        subject: typeof subject === 'string' ? subject : told.subject,
        sessionId: typeof id === 'string' ? id : null,
        expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
      }
    },
    session,
    learn,
  })
  const { holder } = way

  function learn(next: Told, surely = false): boolean {
    const { claims } = told
    told = next
    const changed = surely || (claims !== null && next.claims !== null && ordered(claims) !== ordered(next.claims))
    if (changed) {
      way.forget()
      events.emit({ type: 'claimsChanged', claims: next.claims })
    }
    return changed
  }

  async function session(): Promise<Result<SessionInfo>> {
    if (!(await way.ready())) return SIGNED_OUT
    const of = holder.current()
    const answer = await asMyself({ method: 'GET', path: '/auth/session' })
    const read = answer.ok ? readSession(answer.value) : answer
    const now = holder.current()
    // An answer about a login that has been replaced or ended meanwhile is old news.
    if (!read.ok || !sameLogin(now, of) || now?.ended !== of?.ended) return read
    if (!now || now.ended) await way.confirm()
    const { subject, claims, session: own } = read.value
    if (learn({ subject, claims, sessionId: own.id, expiresAt: own.expiresAt })) holder.tell(claims)
    return read
  }

  async function begin(path: string, input: SignInInput): Promise<Result<SignedIn>> {
    const { mode = options.mode, newPassword, deviceToken, ...rest } = input
    if ((mode === 'token') !== (options.mode === 'token')) {
      throw new TypeError(`a ${options.mode} client cannot sign in by ${mode}`)
    }
    const asked = { monoMs: environment.monoMs(), wallMs: environment.wallMs() }
    const body = { ...rest, ...way.terms, mode, new_password: newPassword, device_token: deviceToken }
    const answer = await plainly({ method: 'POST', path, body })
    return answer.ok ? way.begin(answer.value, asked) : answer
  }

  const statusOf = (): ClientState['status'] => {
    const login = holder.current()
    if (!login) return way.idle()
    return login.ended ? 'signedOut' : 'signedIn'
  }

  return {
    get state() {
      const { subject, sessionId, claims } = told
      return { status: statusOf(), subject, sessionId, claims }
    },
    subscribe: events.subscribe,
    fetch: way.fetch,
    signIn: (input) => begin('/auth/sign-in', input),
    signUp: (input) => begin('/auth/sign-up', input),
    signOut: async () => done(await way.signOut()),
    session,

    async devices(cursor) {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`
      const answer = await asMyself({ method: 'GET', path: `/auth/sessions${query}` })
      return answer.ok ? readDevices(answer.value) : answer
    },

    async endDevice(id) {
      const own = id === told.sessionId
      const answer = await asMyself({ method: 'DELETE', path: `/auth/sessions/${encodeURIComponent(id)}` })
      if (answer.ok && own) await holder.end(null, 'here')
      return done(answer)
    },

    async endOthers() {
      const answer = await way.endOthers(END_OTHERS)
      const ended = answer.ok ? member(answer.value, 'ended') : 0
      return answer.ok ? succeed({ ended: typeof ended === 'number' ? ended : 0 }) : answer
    },

    tokenFor: way.tokenFor,
    close: holder.close,
  }
}

function done(answer: Result<unknown>): Result<null> {
  return answer.ok ? succeed(null) : answer
}

/** For comparing: the order in which a server names claims means nothing. */
function ordered(claims: JsonObject): string {
  return JSON.stringify(Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1)))
}
