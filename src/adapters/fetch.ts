/** Fetch API: `Request` in, `Response` out, for servers whose `Request` keeps `Cookie` (Node, Deno, Bun, workers, Next.js, hono). */
import { isAuthError } from '../errors.ts'
import type { Auth, AuthLogin, SignedIn, SignInInput } from '../http/auth-shape.ts'
import { presentedBy } from '../http/identify.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import { createRequestLogins, type RequestLogin } from '../http/request-login.ts'
import type { Requirement } from '../http/require-auth.ts'
import type { Receipt } from '../revocation/revoke.ts'
import {
  type AdapterOptions,
  consistencyOf,
  FIELDS_TOO_LARGE,
  type HandedOn,
  handOn,
  ownRoutes,
  withCookie,
} from './adapter.ts'
import { afterBody, cutOffBy } from './after-body.ts'

export type { RequestLogin } from '../http/request-login.ts'

/** What a `Request` does not say about its connection. */
export interface Connection {
  /** Address of the other end of the socket. */
  readonly address?: string | null
}

/** A portable handler as one for the Fetch API. */
export function toFetch(
  handle: (request: HttpRequest) => Promise<HttpResponse>,
): (request: Request, connection?: Connection) => Promise<Response> {
  return async (request, connection) => toResponse(await handle(fromRequest(request, connection)))
}

/** A Fetch `Request` as the routes read it, its body unread. */
export function fromRequest(request: Request, connection: Connection = {}): HttpRequest {
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    // Not asked for where there can be none: on Node the question alone builds a stream.
    body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
    address: connection.address ?? null,
  }
}

/** A `Response` with every `Set-Cookie` of the answer as a header of its own. In a browser such a header is dropped. */
export function toResponse(response: HttpResponse): Response {
  return new Response(response.body, { status: response.status, headers: response.headers })
}

/** An application's handler; `rest` is whatever the platform passes besides (params, environment, context). */
type Application<Req, L, Rest extends readonly unknown[]> = (
  request: Req,
  login: L,
  ...rest: Rest
) => Response | Promise<Response>

type Handler<Req, Rest extends readonly unknown[]> = (request: Req, ...rest: Rest) => Promise<Response>

export interface FetchAuthOptions<Rest extends readonly unknown[] = readonly unknown[]> extends AdapterOptions {
  /** The address of the other end, from what the platform passes; default: unknown. */
  readonly address?: (request: Request, ...rest: Rest) => string | null
}

export interface FetchAuth<Claims extends object, Data> extends HandedOn<Claims, Data> {
  /** Answers Sojourn's own routes and nothing else: `export { handler as GET, handler as POST, handler as DELETE }`. */
  handler(request: Request, ...rest: readonly unknown[]): Promise<Response>
  /**
   * A whole application, or one route of it: answers Sojourn's own routes, refuses forged and badly authenticated requests with
   * a problem, and calls the application with the login or null. An `AuthError` that it throws is answered with a problem,
   * everything else is left to the platform. Cookies that were set meanwhile go onto its response.
   */
  handle<Req extends Request, Rest extends readonly unknown[]>(
    application: Application<Req, RequestLogin<Claims> | null, Rest>,
  ): Handler<Req, Rest>
  /** The same, but the application is only called with a login that meets the requirement. */
  requireAuth<Req extends Request, Rest extends readonly unknown[]>(
    requirement: Requirement<Claims>,
    application: Application<Req, RequestLogin<Claims>, Rest>,
  ): Handler<Req, Rest>
  /** The login of a request that is being handled. @throws TypeError for any other request */
  of(request: Request): RequestLogin<Claims> | null
  /** CSRF where nobody has logged in: for routes that act on other cookies. @throws AuthError `csrf.*` */
  csrf(request: Request): void
  /**
   * Logs in; the cookie goes onto the response of the handler, tokens are the caller's to send.
   * @throws TypeError for a request that is not being handled; AuthError as `Auth.logIn`
   */
  logIn(request: Request, input: SignInInput<Data>): Promise<SignedIn>
  /** Ends what the request presented, everywhere, and expires the cookie. null: nothing was alive. */
  logOut(request: Request): Promise<Receipt | null>
  /** The cookie of `elevate` or `revokeOthers`, if there is one, goes onto the response of the handler. */
  setCookie(request: Request, signedIn: Pick<SignedIn, 'setCookie'>): void
  /** An answer of ours, of `respond` for one. */
  send(answer: HttpResponse): Response
  /** An error as a problem. */
  refuse(request: Request, error: unknown): Response
  /**
   * Who asks for an upgrade; `Origin` must be ours or trusted where a cookie decides.
   * @throws AuthError as `Auth.identify`
   */
  upgrade(request: Request): Promise<AuthLogin<Claims> | null>
  /** The same response, its body broken off when the login ends. */
  attachResponse(response: Response, login: AuthLogin<unknown>): Response
}

/** A request while it is being handled. */
interface Handling<Claims> {
  login: RequestLogin<Claims> | null
  readonly connection: Connection
  cookies: string[]
  isAnswered: boolean
  /** Its body has been sent, where somebody waits for that; otherwise its response has been handed over. */
  isOver: boolean
  readonly releases: (() => void)[]
}

/** Sojourn in the words of the Fetch API: `export default { fetch: auth.handle(application) }`. */
export function fetchAuth<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: FetchAuthOptions = {},
): FetchAuth<Claims, Data> {
  const { address } = options
  const consistency = consistencyOf(options)
  const isOurs = ownRoutes(auth)
  const handled = new WeakMap<Request, Handling<Claims>>()
  const logins = createRequestLogins<Claims, Handling<Claims>>(auth, {
    whenOver: (handling, release) => (handling.isOver ? release() : void handling.releases.push(release)),
    isOver: ({ isOver }) => isOver,
  })
  const own = toFetch(auth.handler)

  const refuse = (request: Request, error: unknown, status?: number): Response =>
    toResponse(auth.problem(error, request, status))

  const connectionOf = (request: Request, rest: readonly unknown[]): Connection =>
    address ? { address: address(request, ...rest) } : {}

  const handlingOf = (request: Request): Handling<Claims> => {
    const handling = handled.get(request)
    if (!handling) throw new TypeError('this request is not being handled by auth.handle')
    return handling
  }

  const unanswered = (request: Request): Handling<Claims> => {
    const handling = handlingOf(request)
    if (handling.isAnswered) throw new TypeError('the answer has begun: cookies are set before the body')
    return handling
  }

  const setCookie = (handling: Handling<Claims>, line: string | null): void => {
    if (line !== null) handling.cookies = withCookie(handling.cookies, line)
  }

  const identify = async (request: Request): Promise<AuthLogin<Claims> | null> => {
    const presented = presentedBy(request)
    const wanted = consistency(request.method, request.url)
    const login = wanted === 'strict' ? undefined : auth.identifyNow(presented)
    return login === undefined ? auth.identify(presented, wanted) : login
  }

  const release = (handling: Handling<Claims>): void => {
    handling.isOver = true
    for (const one of handling.releases) one()
  }

  const finish = (handling: Handling<Claims>, response: Response): Response => {
    handling.isAnswered = true
    const { cookies, releases } = handling
    const answer = cookies.length > 0 ? withCookies(response, cookies) : response
    if (releases.length > 0) return afterBody(answer, () => release(handling))
    handling.isOver = true
    return answer
  }

  const handle =
    <Req extends Request, Rest extends readonly unknown[]>(
      application: Application<Req, RequestLogin<Claims> | null, Rest>,
    ): Handler<Req, Rest> =>
    async (request, ...rest) => {
      const connection = connectionOf(request, rest)
      if (isOurs(request.url)) return own(request, connection)
      let login: AuthLogin<Claims> | null
      try {
        login = await identify(request)
      } catch (error) {
        return refuse(request, error, isAuthError(error, 'request.too_large') ? FIELDS_TOO_LARGE : undefined)
      }
      const begun = { isAnswered: false, isOver: false }
      const handling: Handling<Claims> = { login: null, connection, cookies: [], ...begun, releases: [] }
      handling.login = login && logins.admit(login, handling)
      handled.set(request, handling)
      try {
        return finish(handling, await application(request, handling.login, ...rest))
      } catch (error) {
        if (isAuthError(error)) return finish(handling, refuse(request, error))
        handling.isAnswered = true
        release(handling)
        throw error
      }
    }

  return {
    ...handOn(auth),
    handler: (request, ...rest) => own(request, connectionOf(request, rest)),
    handle,
    requireAuth(requirement, application) {
      const demand = auth.demand(requirement)
      return handle((request, login, ...rest) => {
        const passed = demand(login, request)
        if (!(passed instanceof Promise)) return application(request, passed, ...rest)
        return passed.then((fresh) => {
          const handling = handlingOf(request)
          const held = logins.admit(fresh, handling)
          handling.login = held
          return application(request, held, ...rest)
        })
      })
    },
    of: (request) => handlingOf(request).login,
    csrf: (request) => auth.csrf(presentedBy(request)),
    async logIn(request, input) {
      const handling = unanswered(request)
      const signedIn = await auth.logIn(input, fromRequest(request, handling.connection))
      if (handling.isAnswered) {
        // Nobody will ever hold this cookie.
        await auth.logOut({ sessionId: signedIn.session.id })
        throw new TypeError('the answer has begun: cookies are set before the body')
      }
      setCookie(handling, signedIn.setCookie)
      return signedIn
    },
    async logOut(request) {
      const handling = unanswered(request)
      const { receipt, setCookie: line } = await auth.signOut(presentedBy(request))
      setCookie(handling, line)
      return receipt
    },
    setCookie: (request, signedIn) => setCookie(unanswered(request), signedIn.setCookie),
    send: toResponse,
    refuse: (request, error) => refuse(request, error),
    async upgrade(request) {
      const presented = presentedBy(request)
      // Whatever the platform calls it, it is a handshake: no safe method.
      const wanted = consistency(request.method, request.url)
      return auth.identify({ ...presented, upgrade: presented.upgrade ?? 'websocket' }, wanted)
    },
    attachResponse(response, login) {
      const controller = new AbortController()
      const detach = auth.attach((reason) => controller.abort(reason), login)
      return cutOffBy(response, controller.signal, detach)
    },
  }
}

/** A copy, for some responses have headers that cannot be changed. Stored by no cache, unless the application says otherwise. */
function withCookies(response: Response, lines: readonly string[]): Response {
  const answer = new Response(response.body, response)
  for (const line of lines) answer.headers.append('Set-Cookie', line)
  if (!answer.headers.has('Cache-Control')) answer.headers.set('Cache-Control', 'no-store')
  return answer
}
