/** Takes a request to its route: host, sizes and CSRF are checked before any handler runs; every error becomes a problem. */
import { AuthError } from '../errors.ts'
import { COOKIE_HEADER_LIMIT } from './cookie.ts'
import { checkCsrf } from './csrf.ts'
import { presentedBy } from './identify.ts'
import type { HttpRequest, HttpResponse } from './message.ts'
import { privateHeaders } from './message.ts'
import { isOwnHost, type OriginPolicy } from './origin.ts'
import { type ProblemOptions, problemResponse } from './problem.ts'
import { compileRoutes, matchRoute, type Route } from './route-table.ts'

export type { Route, RouteContext } from './route-table.ts'

export interface RouterOptions extends Pick<ProblemOptions, 'onError' | 'page'> {
  readonly routes: readonly Route[]
  readonly origins: OriginPolicy
  /** The client's address from the socket's peer and `X-Forwarded-For`; without it forwarding headers count for nothing. */
  readonly clientAddress?: (peer: string | undefined, forwardedFor: string | undefined) => string | null
}

export interface Router {
  /** Never rejects. */
  handle(request: HttpRequest): Promise<HttpResponse>
  /** Whether a path belongs to one of the routes, whatever the method. */
  covers(path: string): boolean
}

/** Longest request target that is looked at. */
export const URL_LIMIT = 8192
const HEADER_LIMIT = COOKIE_HEADER_LIMIT
/** Headers that a handler reads. */
const BOUNDED_HEADERS = ['cookie', 'authorization', 'origin', 'content-type', 'accept', 'user-agent', 'x-forwarded-for']

/** @throws TypeError for two routes of one method and path */
export function createRouter(options: RouterOptions): Router {
  const { origins } = options
  const table = compileRoutes(options.routes)
  const problemOptions = {
    ...(options.onError ? { onError: options.onError } : {}),
    ...(options.page ? { page: options.page } : {}),
  }
  const refuse = (request: HttpRequest, error: AuthError, status?: number): HttpResponse =>
    problemResponse(error, request, { ...problemOptions, ...(status === undefined ? {} : { status }) })

  const dispatch = async (request: HttpRequest): Promise<HttpResponse> => {
    if (request.url.length > URL_LIMIT) {
      return refuse(request, new AuthError('request.too_large', `the URL is longer than ${URL_LIMIT} characters`), 414)
    }
    const url = toUrl(request.url, origins.origin)
    const found = url && matchRoute(table, url.pathname)
    const route = found ? routeFor(found.methods, request.method) : undefined
    // The host is checked first: a foreign one learns nothing, not even which paths exist.
    if (!route?.anyHost) {
      const host = request.headers.get('host') ?? (request.url.startsWith('/') ? null : url?.host)
      const { authority = null } = request
      // A target in absolute form names a host of its own: whoever went by that one would not have come here.
      const isForeign = authority !== null && !isOwnHost(origins, authority)
      if (host === null || host === undefined || !isOwnHost(origins, host) || isForeign) {
        return refuse(request, new AuthError('request.host', `this server answers as ${origins.origin} only`))
      }
    }
    if (!url) return refuse(request, new AuthError('request.malformed', 'the request target is not a URL'))
    const long = BOUNDED_HEADERS.find((name) => (request.headers.get(name)?.length ?? 0) > HEADER_LIMIT)
    if (long) return refuse(request, new AuthError('request.too_large', `the ${long} header is too long`), 431)
    if (!found) return refuse(request, new AuthError('request.not_found', 'there is nothing at this path'))
    if (!route) return wrongMethod(request, found.methods, refuse)
    if (!route.withoutCsrf) checkCsrf(presentedBy(request), origins)
    const peer = request.address ?? undefined
    return route.handle({
      request,
      url,
      params: found.params,
      address: options.clientAddress
        ? options.clientAddress(peer, request.headers.get('x-forwarded-for') ?? undefined)
        : (peer ?? null),
    })
  }

  return {
    covers: (path) => matchRoute(table, path) !== null,
    async handle(request) {
      let response: HttpResponse
      try {
        response = await dispatch(request)
      } catch (error) {
        response = problemResponse(error, request, problemOptions)
      }
      return request.method === 'HEAD' ? { ...response, body: null } : response
    },
  }
}

function routeFor(methods: ReadonlyMap<string, Route>, method: string): Route | undefined {
  return methods.get(method === 'HEAD' ? 'GET' : method)
}

function wrongMethod(
  request: HttpRequest,
  methods: ReadonlyMap<string, Route>,
  refuse: (request: HttpRequest, error: AuthError) => HttpResponse,
): HttpResponse {
  const allow = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  const response: HttpResponse =
    request.method === 'OPTIONS'
      ? { status: 204, headers: privateHeaders(), body: null }
      : refuse(request, new AuthError('request.method', `this path takes ${allow}`))
  response.headers.set('Allow', allow)
  return response
}

function toUrl(target: string, origin: string): URL | null {
  // A path is put behind our origin as text: resolved, `//host` would name another host.
  const text = target.startsWith('/') ? origin + target : target
  return URL.canParse(text) ? new URL(text) : null
}
