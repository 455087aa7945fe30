/** Express 5. */
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express'
import { isAuthError } from '../errors.ts'
import type { Auth } from '../http/auth-shape.ts'
import type { IncomingBody } from '../http/message.ts'
import type { RequestLogin } from '../http/request-login.ts'
import type { Requirement } from '../http/require-auth.ts'
import { type AdapterOptions, type HandedOn, handOn } from './adapter.ts'
import { createNodeGate, type NodeCalls } from './node-gate.ts'
import { presentedBy } from './node-message.ts'

export type { RequestLogin } from '../http/request-login.ts'

/**
 * Name your claims once and `request.auth` has their type in every handler:
 * `declare module 'sojourn/adapters/express' { interface Register { claims: { roles: string[] } } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface Register {}

type RegisteredClaims = Register extends { claims: infer Claims extends object } ? Claims : Record<string, unknown>

declare global {
  namespace Express {
    interface Request {
      /** Who is asking; null for nobody. Set by Sojourn's `middleware`. */
      auth: RequestLogin<RegisteredClaims> | null
    }
  }
}

/** A request whose login has met what the route demands. */
export type LoggedInRequest<Claims> = Request & { readonly auth: RequestLogin<Claims> }

export interface ExpressAuth<Claims extends object, Data> extends HandedOn<Claims, Data>, NodeCalls<Claims, Data> {
  /**
   * To be used first: answers Sojourn's own routes, refuses forged and badly authenticated requests with a problem, and sets
   * `request.auth`.
   */
  readonly middleware: RequestHandler
  /** CSRF where nobody has logged in: for routes that act on other cookies. */
  readonly csrf: RequestHandler
  /** To be used last: answers every `AuthError` with a problem and passes on what is none. */
  readonly errors: ErrorRequestHandler
  /** Passes on whoever meets the requirement, and answers everybody else with 401 or 403. */
  requireAuth(requirement?: Requirement<Claims>): RequestHandler
  /** The same around a handler, for which `request.auth` is never null. */
  requireAuth(
    requirement: Requirement<Claims>,
    handler: (request: LoggedInRequest<Claims>, response: Response, next: NextFunction) => unknown,
  ): RequestHandler
  /** The login of a request with this application's own types. @throws TypeError where `middleware` has not run */
  of(request: Request): RequestLogin<Claims> | null
}

/** Sojourn in the words of Express: `app.use(auth.middleware)`. */
export function expressAuth<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: AdapterOptions = {},
): ExpressAuth<Claims, Data> {
  const gate = createNodeGate(auth, options)
  const { refuse } = gate.calls

  const of = (request: Request): RequestLogin<Claims> | null => {
    if (request.auth === undefined) throw new TypeError('use auth.middleware before the routes')
    // What the middleware of this very application has set.
    return request.auth as RequestLogin<Claims> | null
  }

  return {
    ...handOn(auth),
    ...gate.calls,
    of,

    middleware(request, response, next) {
      if (gate.isOurs(request.originalUrl)) {
        gate.serve(request, response, request.originalUrl, parsedBody(request))
        return
      }
      gate.admit(request, response, request.originalUrl, (login) => {
        request.auth = login as RequestLogin<RegisteredClaims> | null
        next()
      })
    },

    csrf(request, response, next) {
      try {
        auth.csrf(presentedBy(request))
      } catch (error) {
        refuse(response, error)
        return
      }
      next()
    },

    errors(error: unknown, _request, response, next) {
      if (isAuthError(error)) refuse(response, error)
      else next(error)
    },

    requireAuth(
      requirement: Requirement<Claims> = {},
      handler?: (request: LoggedInRequest<Claims>, response: Response, next: NextFunction) => unknown,
    ): RequestHandler {
      const demand = gate.demand(requirement)
      const pass = (request: Request, response: Response, goOn: NextFunction): unknown =>
        handler ? handler(request as LoggedInRequest<Claims>, response, goOn) : goOn()
      const refuseOrThrow = (response: Response, error: unknown): void => {
        if (!isAuthError(error)) throw error
        refuse(response, error)
      }
      return (request, response, goOn) => {
        let passed: ReturnType<typeof demand>
        try {
          passed = demand(of(request), request, response)
        } catch (error) {
          refuseOrThrow(response, error)
          return undefined
        }
        if (!(passed instanceof Promise)) return pass(request, response, goOn)
        // What it answers goes to Express, which waits for it and takes what it throws.
        return passed.then(
          (login) => {
            request.auth = login as RequestLogin<RegisteredClaims>
            return pass(request, response, goOn)
          },
          (error: unknown) => refuseOrThrow(response, error),
        )
      }
    },
  }
}

/** A body that a parser before us has read already; undefined where it still is to be read. */
function parsedBody(request: Request): IncomingBody | undefined {
  const body: unknown = request.body
  if (body === undefined || !request.readableDidRead) return undefined
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return isForm ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body)
}
