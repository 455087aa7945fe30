/** Fastify 5. */
import type {
  FastifyError,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  RouteHandlerMethod,
} from 'fastify'
import { isAuthError } from '../errors.ts'
import type { Auth, AuthLogin, SignedIn, SignInInput } from '../http/auth-shape.ts'
import type { HttpResponse, IncomingBody } from '../http/message.ts'
import { createRequestLogins, type RequestLogin } from '../http/request-login.ts'
import type { Requirement } from '../http/require-auth.ts'
import type { Consistency } from '../revocation/check.ts'
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
import { createNodeGate, type NodeCalls } from './node-gate.ts'
import { type Closing, isOver, presentedBy, toMessage, whenOver } from './node-message.ts'

export type { RequestLogin } from '../http/request-login.ts'

/**
 * Name your claims once and `request.auth` has their type in every handler:
 * `declare module 'sojourn/adapters/fastify' { interface Register { claims: { roles: string[] } } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface Register {}

type RegisteredClaims = Register extends { claims: infer Claims extends object } ? Claims : Record<string, unknown>

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; null for nobody. Set by Sojourn's `plugin`. */
    auth: RequestLogin<RegisteredClaims> | null
  }
}

/** A request whose login has met what the route demands. */
export type LoggedInRequest<Claims> = FastifyRequest & { readonly auth: RequestLogin<Claims> }

type LoggedInHandler<Claims> = (this: FastifyInstance, request: LoggedInRequest<Claims>, reply: FastifyReply) => unknown

export interface FastifyAuth<Claims extends object, Data>
  extends HandedOn<Claims, Data>,
    Pick<NodeCalls<Claims, Data>, 'upgrade' | 'accept'> {
  /**
   * To be registered first: Sojourn's own routes, and for all others a hook that refuses forged and badly authenticated
   * requests with a problem and sets `request.auth`.
   */
  readonly plugin: FastifyPluginAsync
  /** A hook: CSRF where nobody has logged in, for routes that act on other cookies. */
  readonly csrf: onRequestHookHandler
  /** For `setErrorHandler`: answers every `AuthError` with a problem and leaves what is none to Fastify. */
  errorHandler(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void
  /** A hook that lets pass whoever meets the requirement, and answers everybody else with 401 or 403. */
  requireAuth(requirement?: Requirement<Claims>): onRequestHookHandler
  /** The same around a handler, for which `request.auth` is never null. */
  requireAuth(requirement: Requirement<Claims>, handler: LoggedInHandler<Claims>): RouteHandlerMethod
  /** The login of a request with this application's own types. */
  of(request: FastifyRequest): RequestLogin<Claims> | null
  /**
   * Logs in and sets the cookie; tokens are the caller's to send.
   * @throws TypeError when the answer has begun; AuthError as `Auth.logIn`
   */
  logIn(reply: FastifyReply, input: SignInInput<Data>): Promise<SignedIn>
  /** Ends what the request presented, everywhere, and expires the cookie. null: nothing was alive. */
  logOut(reply: FastifyReply): Promise<Receipt | null>
  /** Sets the cookie of `elevate` or `revokeOthers`, if there is one. @throws TypeError when the answer has begun */
  setCookie(reply: FastifyReply, signedIn: Pick<SignedIn, 'setCookie'>): void
  /** Sends an answer of ours, of `respond` for one. */
  send(reply: FastifyReply, answer: HttpResponse): FastifyReply
  /** Answers an error as a problem. */
  refuse(reply: FastifyReply, error: unknown): FastifyReply
}

/** Sojourn in the words of Fastify: `app.register(auth.plugin)`. */
export function fastifyAuth<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: AdapterOptions = {},
): FastifyAuth<Claims, Data> {
  const isOurs = ownRoutes(auth)
  const { upgrade, accept } = createNodeGate(auth, options).calls
  const consistency = consistencyOf(options)
  const logins = createRequestLogins<Claims, Closing>(auth, { whenOver, isOver })

  const refuse = (reply: FastifyReply, error: unknown, status?: number): FastifyReply =>
    send(reply, auth.problem(error, toMessage(reply.request.raw), status))

  const refuseAsking = (reply: FastifyReply, error: unknown): FastifyReply =>
    refuse(reply, error, isAuthError(error, 'request.too_large') ? FIELDS_TOO_LARGE : undefined)

  // What the hook of this very application has set.
  const of = (request: FastifyRequest): RequestLogin<Claims> | null => request.auth as RequestLogin<Claims> | null

  const identify: onRequestHookHandler = (request, reply, done) => {
    if (isOurs(request.raw.url ?? '/')) return done()
    const pass = (login: AuthLogin<Claims> | null): void => {
      request.auth = (login && logins.admit(login, reply.raw)) as RequestLogin<RegisteredClaims> | null
      done()
    }
    const presented = presentedBy(request.raw)
    let wanted: Consistency
    let login: AuthLogin<Claims> | null | undefined
    try {
      wanted = consistency(presented.method, request.raw.url ?? '/')
      login = wanted === 'strict' ? undefined : auth.identifyNow(presented)
    } catch (error) {
      refuseAsking(reply, error)
      return
    }
    if (login !== undefined) pass(login)
    else auth.identify(presented, wanted).then(pass, (error: unknown) => refuseAsking(reply, error))
  }

  /** Our routes in a scope of their own: their bodies come as they are, whatever parsers the application has. */
  const ownPlugin: FastifyPluginAsync = async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    for (const path of new Set(auth.routes.map((route) => route.path))) {
      app.route({
        method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
        exposeHeadRoute: false,
        async handler(request, reply) {
          const body = request.body as IncomingBody | undefined
          return send(reply, await auth.handler(toMessage(request.raw, request.raw.url, body ?? null)))
        },
      })
    }
  }

  const plugin: FastifyPluginAsync = async (app) => {
    app.decorateRequest('auth', null)
    app.addHook('onRequest', identify)
    await app.register(ownPlugin)
  }

  const logIn: FastifyAuth<Claims, Data>['logIn'] = async (reply, input) => {
    assertUnsent(reply)
    const signedIn = await auth.logIn(input, toMessage(reply.request.raw))
    try {
      if (signedIn.setCookie !== null) setCookie(reply, signedIn.setCookie)
    } catch (error) {
      // The answer began meanwhile: nobody will ever hold this cookie.
      await auth.logOut({ sessionId: signedIn.session.id })
      throw error
    }
    return signedIn
  }

  return {
    ...handOn(auth),
    plugin: Object.assign(plugin, {
      [Symbol.for('skip-override')]: true,
      [Symbol.for('fastify.display-name')]: 'sojourn',
    }),
    of,
    logIn,
    async logOut(reply) {
      assertUnsent(reply)
      const { receipt, setCookie: line } = await auth.signOut(presentedBy(reply.request.raw))
      if (line !== null) setCookie(reply, line)
      return receipt
    },
    setCookie(reply, { setCookie: line }) {
      if (line !== null) setCookie(reply, line)
    },
    send,
    refuse: (reply, error) => refuse(reply, error),
    upgrade,
    accept,

    csrf(request, reply, done) {
      try {
        auth.csrf(presentedBy(request.raw))
      } catch (error) {
        refuse(reply, error)
        return
      }
      done()
    },

    errorHandler(error, _request, reply) {
      if (!isAuthError(error)) throw error
      refuse(reply, error)
    },

    requireAuth: ((requirement: Requirement<Claims> = {}, handler?: LoggedInHandler<Claims>) => {
      const demand = auth.demand(requirement)
      const refused = (reply: FastifyReply, error: unknown): false => {
        if (!isAuthError(error)) throw error
        refuse(reply, error)
        return false
      }
      const passes = (request: FastifyRequest, reply: FastifyReply): boolean | Promise<boolean> => {
        try {
          const passed = demand(of(request), () => presentedBy(request.raw))
          if (!(passed instanceof Promise)) return true
          return passed.then(
            (login) => {
              request.auth = logins.admit(login, reply.raw) as RequestLogin<RegisteredClaims>
              return true
            },
            (error: unknown) => refused(reply, error),
          )
        } catch (error) {
          return refused(reply, error)
        }
      }
      if (!handler) {
        return ((request, reply, done) => {
          const goOn = (isPassed: boolean): void => (isPassed ? done() : undefined)
          const passed = passes(request, reply)
          if (typeof passed === 'boolean') goOn(passed)
          else passed.then(goOn, done)
        }) satisfies onRequestHookHandler
      }
      return function (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply) {
        const goOn = (isPassed: boolean): unknown =>
          isPassed ? handler.call(this, request as LoggedInRequest<Claims>, reply) : reply
        const passed = passes(request, reply)
        return typeof passed === 'boolean' ? goOn(passed) : passed.then(goOn)
      } satisfies RouteHandlerMethod
    }) as FastifyAuth<Claims, Data>['requireAuth'],
  }
}

function send(reply: FastifyReply, { status, headers, body }: HttpResponse): FastifyReply {
  reply.code(status)
  for (const [name, value] of headers) {
    if (name === 'set-cookie') setCookie(reply, value)
    else if (name === 'vary' && reply.hasHeader('vary')) reply.header('vary', `${reply.getHeader('vary')}, ${value}`)
    else reply.header(name, value)
  }
  // Bytes, for Fastify puts a charset to the type of a text.
  return reply.send(body === null ? null : Buffer.from(body))
}

/** @throws TypeError when it is too late: the answer has begun */
function assertUnsent(reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) {
    throw new TypeError('the answer has begun: cookies are set before the body')
  }
}

/** Sets a cookie of ours; an answer that does so is stored by no cache, unless the application has said otherwise. */
function setCookie(reply: FastifyReply, line: string): void {
  assertUnsent(reply)
  const held = reply.getHeader('set-cookie')
  const lines = held === undefined ? [] : Array.isArray(held) ? held : [String(held)]
  reply.removeHeader('set-cookie')
  reply.header('set-cookie', withCookie(lines, line))
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
}
