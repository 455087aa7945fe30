/** The application: every route, logged, counted and with its headers, on hono over node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { authorityOf } from '../adapters/adapter.ts'
import { toResponse } from '../adapters/fetch.ts'
import { randomId } from '../crypto/random.ts'
import { AuthError } from '../errors.ts'
import type { HttpRequest, HttpResponse } from '../http/message.ts'
import { problemResponse } from '../http/problem.ts'
import type { Router } from '../http/router.ts'
import { isStreamed } from './event-stream.ts'
import type { Metrics } from './metrics.ts'
import { runInRequest } from './request-context.ts'
import { secure } from './security-headers.ts'

export interface AppOptions {
  readonly router: Router
  readonly metrics: Metrics
  readonly logger: Logger
  readonly https: boolean
  /** The client's address, seen through trusted proxies. */
  clientAddress(peer: string | undefined, forwardedFor: string | undefined): string | null
}

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** A listener for node:http. Whatever happens, each request gets one answer and one line in the log. */
export function createListener(options: AppOptions): Listener {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.all('*', (context) => answer(options, context.req.raw, context.env.incoming))
  app.onError((error) => failed(options, error))
  const take: Parameters<typeof getRequestListener>[0] = (request, env) => app.fetch(request, env as HttpBindings)
  // A request line or Host that makes no URL never reaches the application.
  const common = { errorHandler: (error: unknown) => failed(options, error), overrideGlobalObjects: false }
  const listener = getRequestListener(take, common)
  // HTTP/1.0 knows no `Host`: such a client may still ask whether we are well. Every other route wants one.
  const old = getRequestListener(take, { ...common, hostname: 'localhost' })
  return (incoming, outgoing) => void (incoming.httpVersion === '1.0' ? old : listener)(incoming, outgoing)
}

async function answer(options: AppOptions, request: Request, incoming: IncomingMessage): Promise<Response> {
  const { router, metrics, logger, https } = options
  const started = performance.now()
  const peer = incoming.socket.remoteAddress
  const forwarded = request.headers.get('x-forwarded-for') ?? undefined
  const context = {
    requestId: randomId(),
    address: options.clientAddress(peer, forwarded),
    actor: null,
    route: 'unmatched',
    isAnswered: false,
  }
  const response = await runInRequest(context, () => router.handle(toMessage(request, incoming)))
  context.isAnswered = true
  response.headers.set('X-Request-Id', context.requestId)
  // What is left of a body that nobody read would be taken for the next request, or cut the next one off.
  if (!incoming.complete) response.headers.set('Connection', 'close')
  secure(response.headers, https)
  const ms = performance.now() - started
  metrics.request(context.route, knownMethod(request.method), response.status, ms / 1000)
  logger.info(
    {
      request_id: context.requestId,
      method: knownMethod(request.method),
      route: context.route,
      status: response.status,
      ms: Math.round(ms * 100) / 100,
    },
    'request',
  )
  if (isStreamed(response)) {
    if (request.method === 'HEAD') await response.stream.cancel()
    else return new Response(response.stream, { status: response.status, headers: response.headers })
  }
  return toResponse(response)
}

/** The target as it was sent: rebuilt from the Host it would no longer say what was asked for. */
function toMessage(request: Request, incoming: IncomingMessage): HttpRequest {
  return {
    method: request.method,
    url: incoming.url ?? '/',
    authority: authorityOf(incoming.url ?? '/'),
    headers: request.headers,
    body: request.method === 'GET' || request.method === 'HEAD' ? null : request.body,
    address: incoming.socket.remoteAddress ?? null,
  }
}

function failed({ logger, metrics, https }: AppOptions, error: unknown): Response {
  const malformed = error instanceof RequestError
  const shown = malformed ? new AuthError('request.malformed', 'the request is not one that can be read') : error
  const response: HttpResponse = problemResponse(
    shown,
    { headers: new Headers() },
    { onError: (cause, id) => logger.error({ error: cause, error_id: id }, 'request failed') },
  )
  secure(response.headers, https)
  metrics.request('unreadable', 'other', response.status, 0)
  return toResponse(response)
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** A client may send any word for a method: labels and logs know a few. */
function knownMethod(method: string): string {
  return METHODS.has(method) ? method : 'other'
}
