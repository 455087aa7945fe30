/** What node:http and Express share: own routes, who is asking, cookies, refusals. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { isAuthError } from '../errors.ts'
import type { Auth, AuthLogin, SignedIn, SignInInput } from '../http/auth-shape.ts'
import type { HttpResponse, IncomingBody } from '../http/message.ts'
import { createRequestLogins, type RequestLogin } from '../http/request-login.ts'
import type { Requirement } from '../http/require-auth.ts'
import type { Consistency } from '../revocation/check.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { type AdapterOptions, consistencyOf, FIELDS_TOO_LARGE, ownRoutes } from './adapter.ts'
import {
  assertUnsent,
  type Closing,
  isOver,
  type NodeRequest,
  type NodeResponse,
  presentedBy,
  send,
  setCookie,
  toMessage,
  whenOver,
} from './node-message.ts'

/** The part of an adapter that speaks of Node's requests and responses. */
export interface NodeCalls<Claims extends object, Data> {
  /**
   * Logs in and sets the cookie; tokens are the caller's to send. The answer must not have begun.
   * @throws TypeError when it has; AuthError as `Auth.logIn`
   */
  logIn(response: NodeResponse, input: SignInInput<Data>): Promise<SignedIn>
  /** Ends what the request presented, everywhere, and expires the cookie. null: nothing was alive. */
  logOut(response: NodeResponse): Promise<Receipt | null>
  /** Sets the cookie of `elevate` or `revokeOthers`, if there is one. @throws TypeError when the answer has begun */
  setCookie(response: NodeResponse, signedIn: Pick<SignedIn, 'setCookie'>): void
  /** Sends an answer of ours: of `respond`, or `problem`. */
  send(response: NodeResponse, answer: HttpResponse): void
  /** Answers an error as a problem; an answer that has begun is cut off. */
  refuse(response: NodeResponse, error: unknown): void
  /**
   * Who asks for an upgrade; `Origin` must be ours or trusted where a cookie decides.
   * @throws AuthError as `Auth.identify`
   */
  upgrade(request: NodeRequest): Promise<RequestLogin<Claims> | null>
  /** The same where a login is needed. @throws AuthError as `LoginDemand` besides */
  upgrade(request: NodeRequest, requirement: Requirement<Claims>): Promise<RequestLogin<Claims>>
  /** The same on the bare socket of an `upgrade` event. null: it was refused, the answer is written and the socket closed. */
  accept(request: NodeRequest, socket: Duplex, requirement?: Requirement<Claims>): Promise<RequestLogin<Claims> | null>
}

export interface NodeGate<Claims extends object, Data> {
  readonly calls: NodeCalls<Claims, Data>
  isOurs(target: string): boolean
  /** Answers one of our own routes. */
  serve(request: NodeRequest, response: NodeResponse, target?: string, body?: IncomingBody): void
  /** Finds out who asks and passes it on, or answers with a problem. */
  admit(
    request: NodeRequest,
    response: NodeResponse,
    target: string,
    pass: (login: RequestLogin<Claims> | null) => void,
  ): void
  /** What a route demands of the login that was let in: passes it on, or the one that was read anew. */
  demand(
    requirement: Requirement<Claims>,
  ): (
    login: RequestLogin<Claims> | null,
    request: NodeRequest,
    response: NodeResponse,
  ) => RequestLogin<Claims> | Promise<RequestLogin<Claims>>
}

export function createNodeGate<Claims extends object, Data>(
  auth: Auth<Claims, Data>,
  options: AdapterOptions,
): NodeGate<Claims, Data> {
  const consistency = consistencyOf(options)
  const logins = createRequestLogins<Claims, Closing>(auth, { whenOver, isOver })

  const refuse = (request: NodeRequest, response: NodeResponse, error: unknown, status?: number): void =>
    send(request, response, auth.problem(error, toMessage(request), status))

  const refuseAsking = (request: NodeRequest, response: NodeResponse, error: unknown): void =>
    refuse(request, response, error, isAuthError(error, 'request.too_large') ? FIELDS_TOO_LARGE : undefined)

  const asksToUpgrade = async (request: NodeRequest): Promise<RequestLogin<Claims> | null> => {
    const presented = presentedBy(request)
    // Whatever the server calls it, it is a handshake: no safe method.
    const wanted = consistency(presented.method, request.url ?? '/')
    const login = await auth.identify({ ...presented, upgrade: presented.upgrade ?? 'websocket' }, wanted)
    return login && logins.hold(login, request.socket)
  }

  const mayUpgrade = async (request: NodeRequest, requirement: Requirement<Claims>): Promise<RequestLogin<Claims>> => {
    const login = await asksToUpgrade(request)
    const passed = await auth.demand(requirement)(login, presentedBy(request))
    return passed === login ? login : logins.hold(passed, request.socket)
  }

  function upgrade(request: NodeRequest): Promise<RequestLogin<Claims> | null>
  function upgrade(request: NodeRequest, requirement: Requirement<Claims>): Promise<RequestLogin<Claims>>
  function upgrade(request: NodeRequest, requirement?: Requirement<Claims>): Promise<RequestLogin<Claims> | null> {
    return requirement ? mayUpgrade(request, requirement) : asksToUpgrade(request)
  }

  const calls: NodeCalls<Claims, Data> = {
    async logIn(response, input) {
      assertUnsent(response)
      const signedIn = await auth.logIn(input, toMessage(response.req))
      try {
        if (signedIn.setCookie !== null) setCookie(response, signedIn.setCookie)
      } catch (error) {
        // The answer began meanwhile: nobody will ever hold this cookie.
        await auth.logOut({ sessionId: signedIn.session.id })
        throw error
      }
      return signedIn
    },

    async logOut(response) {
      assertUnsent(response)
      const { receipt, setCookie: line } = await auth.signOut(presentedBy(response.req))
      if (line !== null) setCookie(response, line)
      return receipt
    },

    setCookie(response, { setCookie: line }) {
      if (line !== null) setCookie(response, line)
    },

    send: (response, answer) => send(response.req, response, answer),
    refuse: (response, error) => refuse(response.req, response, error),

    upgrade,
    async accept(request, socket, requirement = {}) {
      // Nobody else listens yet, and a client that goes away must not end the process.
      socket.on('error', ignore)
      try {
        return await mayUpgrade(request, requirement)
      } catch (error) {
        refuseUpgrade(socket, auth.problem(error, toMessage(request)))
        return null
      } finally {
        socket.off('error', ignore)
      }
    },
  }

  return {
    calls,
    isOurs: ownRoutes(auth),

    serve(request, response, target, body) {
      auth
        .handler(toMessage(request, target, body))
        .then((answer) => send(request, response, answer))
        .catch((error: unknown) => refuse(request, response, error))
    },

    demand(requirement) {
      const demand = auth.demand(requirement)
      return (login, request, response) => {
        const passed = demand(login, () => presentedBy(request))
        return passed instanceof Promise ? passed.then((fresh) => logins.admit(fresh, response)) : passed
      }
    },

    admit(request, response, target, pass) {
      const presented = presentedBy(request)
      let wanted: Consistency
      let login: AuthLogin<Claims> | null | undefined
      try {
        wanted = consistency(presented.method, target)
        login = wanted === 'strict' ? undefined : auth.identifyNow(presented)
      } catch (error) {
        refuseAsking(request, response, error)
        return
      }
      if (login !== undefined) {
        pass(login && logins.admit(login, response))
        return
      }
      auth.identify(presented, wanted).then(
        (found) => pass(found && logins.admit(found, response)),
        (error: unknown) => refuseAsking(request, response, error),
      )
    },
  }
}

/** A client that is gone needs no answer. */
function ignore(): void {}

/** Writes an answer by hand: a server hands out an upgrade as a bare socket. */
function refuseUpgrade(socket: Duplex, { status, headers, body }: HttpResponse): void {
  const content = Buffer.from(body ?? '')
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    `Content-Length: ${content.length}`,
  ]
  socket.on('error', ignore)
  socket.once('finish', () => socket.destroy())
  socket.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content]))
}
