/** node:http, node:https and node:http2. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { isAuthError } from '../errors.ts'
import type { Auth } from '../http/auth-shape.ts'
import type { RequestLogin } from '../http/request-login.ts'
import type { Requirement } from '../http/require-auth.ts'
import { type AdapterOptions, type HandedOn, handOn } from './adapter.ts'
import { createKept } from './kept.ts'
import { createNodeGate, type NodeCalls } from './node-gate.ts'
import { type NodeRequest, type NodeResponse, presentedBy } from './node-message.ts'

export type { RequestLogin } from '../http/request-login.ts'
export type { NodeRequest, NodeResponse } from './node-message.ts'

export interface NodeAuthOptions extends AdapterOptions {
  /** Told of what the application throws and is no `AuthError`; default: written to standard error. */
  readonly onError?: (error: unknown, request: NodeRequest) => void
}

/** An application: called for everything but Sojourn's own routes. */
type Application<Req, Res, L> = (request: Req, response: Res, login: L) => unknown

export interface NodeAuth<Claims extends object, Data> extends HandedOn<Claims, Data>, NodeCalls<Claims, Data> {
  /**
   * Makes a request listener: answers Sojourn's own routes, refuses forged and badly authenticated requests with a problem, and
   * calls the application with the login or null. What it throws is answered with a problem.
   */
  listener<Req extends NodeRequest = IncomingMessage, Res extends NodeResponse = ServerResponse>(
    application: Application<Req, Res, RequestLogin<Claims> | null>,
  ): (request: Req, response: Res) => void
  /** A handler that is only called with a login that meets the requirement: for use inside `listener`. */
  requireAuth<Req extends NodeRequest = IncomingMessage, Res extends NodeResponse = ServerResponse>(
    requirement: Requirement<Claims>,
    handler: Application<Req, Res, RequestLogin<Claims>>,
  ): (request: Req, response: Res) => unknown
  /** The login of a request that `listener` has passed on. @throws TypeError for any other request */
  of(request: NodeRequest): RequestLogin<Claims> | null
  /** CSRF where nobody has logged in: for routes that act on other cookies. @throws AuthError `csrf.*` */
  csrf(request: NodeRequest): void
}

/**
 * @throws TypeError for an `auth` that `createAuth` has not made
 */
export function nodeAuth<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: NodeAuthOptions = {},
): NodeAuth<Claims, Data> {
  const gate = createNodeGate(auth, options)
  const { onError = (error) => process.stderr.write(`${inspect(error)}\n`) } = options
  const logins = createKept<RequestLogin<Claims> | null>()

  const of = (request: NodeRequest): RequestLogin<Claims> | null => {
    const login = logins.get(request)
    if (login === undefined) throw new TypeError('this request has not come through auth.listener')
    return login
  }

  const fail = (error: unknown, request: NodeRequest, response: NodeResponse): void => {
    if (!isAuthError(error)) onError(error, request)
    gate.calls.refuse(response, error)
  }

  return {
    ...handOn(auth),
    ...gate.calls,
    of,
    csrf: (request) => auth.csrf(presentedBy(request)),

    listener: (application) => (request, response) => {
      if (gate.isOurs(request.url ?? '/')) {
        gate.serve(request, response)
        return
      }
      gate.admit(request, response, request.url ?? '/', (login) => {
        logins.put(request, login)
        try {
          const answered = application(request, response, login)
          if (answered instanceof Promise) answered.catch((error: unknown) => fail(error, request, response))
        } catch (error) {
          fail(error, request, response)
        }
      })
    },

    requireAuth(requirement, handler) {
      const demand = gate.demand(requirement)
      return (request, response) => {
        const passed = demand(of(request), request, response)
        if (!(passed instanceof Promise)) return handler(request, response, passed)
        return passed
          .then((login) => {
            logins.put(request, login)
            return handler(request, response, login)
          })
          .catch((error: unknown) => fail(error, request, response))
      }
    },
  }
}
