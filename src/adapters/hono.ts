/** Hono 4, on any platform. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, ErrorHandler, MiddlewareHandler } from 'hono'
import { isAuthError } from '../errors.ts'
import type { Auth, AuthLogin, SignedIn, SignInInput } from '../http/auth-shape.ts'
import { type Presented, presentedBy } from '../http/identify.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import { createRequestLogins, type RequestLogin, whenRequestOver } from '../http/request-login.ts'
import type { Requirement } from '../http/require-auth.ts'
import type { Receipt } from '../revocation/revoke.ts'
import {
  type AdapterOptions,
  authorityOf,
  consistencyOf,
  FIELDS_TOO_LARGE,
  type HandedOn,
  handOn,
  ownRoutes,
  withCookie,
} from './adapter.ts'
import { afterBody } from './after-body.ts'
import { fromRequest, toResponse } from './fetch.ts'
import { isOver, presentedBy as presentedByNode, whenOver } from './node-message.ts'

export type { RequestLogin } from '../http/request-login.ts'

export interface HonoAuthOptions extends AdapterOptions {
  /** The address of the other end; default: that of the socket on Node, unknown elsewhere. */
  readonly address?: (c: Context) => string | null
}

export interface HonoAuth<Claims extends object, Data> extends HandedOn<Claims, Data> {
  /**
   * To be used first: answers Sojourn's own routes, refuses forged and badly authenticated requests with a problem, and sets
   * `c.get('auth')`.
   */
  readonly middleware: MiddlewareHandler<{ Variables: { auth: RequestLogin<Claims> | null } }>
  /** CSRF where nobody has logged in: for routes that act on other cookies. */
  readonly csrf: MiddlewareHandler
  /** For `app.onError`: answers every `AuthError` with a problem; what is none goes on to the platform. */
  readonly onError: ErrorHandler
  /** Lets pass whoever meets the requirement, and answers everybody else with 401 or 403. Behind it `auth` is never null. */
  requireAuth(requirement?: Requirement<Claims>): MiddlewareHandler<{ Variables: { auth: RequestLogin<Claims> } }>
  /** The login of a request. @throws TypeError where `middleware` has not run */
  of(c: Context): RequestLogin<Claims> | null
  /**
   * Logs in and sets the cookie; tokens are the caller's to send.
   * @throws TypeError when the handler has answered; AuthError as `Auth.logIn`
   */
  logIn(c: Context, input: SignInInput<Data>): Promise<SignedIn>
  /** Ends what the request presented, everywhere, and expires the cookie. null: nothing was alive. */
  logOut(c: Context): Promise<Receipt | null>
  /** Sets the cookie of `elevate` or `revokeOthers`, if there is one. @throws TypeError when the handler has answered */
  setCookie(c: Context, signedIn: Pick<SignedIn, 'setCookie'>): void
  /** An answer of ours, of `respond` for one. */
  send(answer: HttpResponse): Response
  /** An error as a problem. */
  refuse(c: Context, error: unknown): Response
  /**
   * Who asks for an upgrade that does not show in the headers (extended CONNECT); all others are checked by `middleware`.
   * @throws AuthError as `Auth.identify`
   */
  upgrade(c: Context): Promise<AuthLogin<Claims> | null>
}

/** What @hono/node-server hands over; other platforms have something else there, or nothing. */
interface NodeBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

/** Sojourn in the words of Hono: `app.use(auth.middleware)`. */
export function honoAuth<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: HonoAuthOptions = {},
): HonoAuth<Claims, Data> {
  const consistency = consistencyOf(options)
  const isOurs = ownRoutes(auth)
  /** What waits for the end of an answer on platforms that do not tell of it. */
  const waiting = new WeakMap<Context, (() => void)[]>()
  const logins = createRequestLogins<Claims, Context>(auth, {
    whenOver(c, release) {
      const { incoming, outgoing } = bindingsOf(c)
      const closing = outgoing ?? incoming?.socket
      const releases = waiting.get(c)
      if (closing) whenOver(closing, release)
      else if (releases) releases.push(release)
      else waiting.set(c, [release])
    },
    isOver(c) {
      const { incoming, outgoing } = bindingsOf(c)
      const closing = outgoing ?? incoming?.socket
      return closing ? isOver(closing) : c.finalized
    },
  })

  const messageOf = (c: Context): HttpRequest => {
    const { incoming } = bindingsOf(c)
    const address = options.address ? options.address(c) : (incoming?.socket?.remoteAddress ?? null)
    return { ...fromRequest(c.req.raw, { address }), authority: authorityOf(incoming?.url ?? '/') }
  }

  const refuse = (c: Context, error: unknown, status?: number): Response =>
    toResponse(auth.problem(error, c.req.raw, status))

  const of = (c: Context): RequestLogin<Claims> | null => {
    const login: unknown = c.get('auth')
    if (login === undefined) throw new TypeError('use auth.middleware before the routes')
    // What the middleware of this very application has set.
    return login as RequestLogin<Claims> | null
  }

  const setCookie = (c: Context, line: string | null): void => {
    if (line === null) return
    assertUnanswered(c)
    const lines = withCookie(c.res.headers.getSetCookie(), line)
    lines.forEach((one, i) => {
      c.header('Set-Cookie', one, { append: i > 0 })
    })
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
  }

  const middleware: HonoAuth<Claims, Data>['middleware'] = async (c, next) => {
    if (isOurs(c.req.path)) return toResponse(await auth.handler(messageOf(c)))
    const presented = presentedOf(c)
    let login: AuthLogin<Claims> | null | undefined
    try {
      const wanted = consistency(presented.method, c.req.path)
      login = wanted === 'strict' ? undefined : auth.identifyNow(presented)
      if (login === undefined) login = await auth.identify(presented, wanted)
    } catch (error) {
      return refuse(c, error, isAuthError(error, 'request.too_large') ? FIELDS_TOO_LARGE : undefined)
    }
    c.set('auth', login && logins.admit(login, c))
    await next()
    const releases = waiting.get(c)
    if (releases) {
      c.res = afterBody(c.res, () => {
        for (const release of releases) release()
      })
    }
    return undefined
  }

  return {
    ...handOn(auth),
    middleware,
    of,
    attach(connection, login, more) {
      const detach = auth.attach(connection, login, more)
      // A stream of hono tells nobody of its end; it ends with its request.
      if ('onAbort' in connection) whenRequestOver(login, detach)
      return detach
    },
    async csrf(c, next) {
      try {
        auth.csrf(presentedOf(c))
      } catch (error) {
        return refuse(c, error)
      }
      await next()
      return undefined
    },
    onError(error, c) {
      if (!isAuthError(error)) throw error
      return refuse(c, error)
    },
    requireAuth(requirement) {
      const demand = auth.demand(requirement)
      return async (c, next) => {
        try {
          const passed = demand(of(c), () => presentedOf(c))
          if (passed instanceof Promise) c.set('auth', logins.admit(await passed, c))
        } catch (error) {
          if (!isAuthError(error)) throw error
          return refuse(c, error)
        }
        await next()
        return undefined
      }
    },
    async logIn(c, input) {
      assertUnanswered(c)
      const signedIn = await auth.logIn(input, messageOf(c))
      try {
        setCookie(c, signedIn.setCookie)
      } catch (error) {
        // The answer began meanwhile: nobody will ever hold this cookie.
        await auth.logOut({ sessionId: signedIn.session.id })
        throw error
      }
      return signedIn
    },
    async logOut(c) {
      assertUnanswered(c)
      const { receipt, setCookie: line } = await auth.signOut(presentedOf(c))
      setCookie(c, line)
      return receipt
    },
    setCookie: (c, signedIn) => setCookie(c, signedIn.setCookie),
    send: toResponse,
    refuse: (c, error) => refuse(c, error),
    async upgrade(c) {
      const presented = presentedOf(c)
      const wanted = consistency(presented.method, c.req.path)
      return auth.identify({ ...presented, upgrade: presented.upgrade ?? 'websocket' }, wanted)
    },
  }
}

/** @throws TypeError when it is too late: the handler has answered */
function assertUnanswered(c: Context): void {
  if (c.finalized) throw new TypeError('the answer has begun: cookies are set before the body')
}

function bindingsOf(c: Context): NodeBindings {
  const env: unknown = c.env
  if (typeof env !== 'object' || env === null || !('incoming' in env)) return {}
  // Elsewhere the application names what is in there.
  const { incoming } = env
  return typeof incoming === 'object' && incoming !== null && 'rawHeaders' in incoming ? (env as NodeBindings) : {}
}

/** On Node from the headers as they came: a `Headers` object costs more than the whole check. */
function presentedOf(c: Context): Presented {
  const { incoming } = bindingsOf(c)
  return incoming ? presentedByNode(incoming) : presentedBy(c.req.raw)
}
