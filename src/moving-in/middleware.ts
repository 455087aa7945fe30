/** Moving in, in the words of Connect and Express, and of the Fetch API. */
import type { Auth } from '../http/auth-shape.ts'
import type { FormerLogins } from '../http/move-in.ts'

/** What is used of a request of node:http. */
export interface IncomingRequest {
  readonly method?: string | undefined
  readonly headers: { cookie?: string | undefined }
  readonly rawHeaders: string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** What is used of a response of node:http. */
export interface OutgoingResponse {
  getHeader(name: string): number | string | string[] | undefined
  setHeader(name: string, value: string | string[]): unknown
}

export interface MovingIn {
  /**
   * To be used before Sojourn's own middleware: sets our cookie beside the application's answer and lets the rest of this
   * request see it. Errors go to `next`.
   */
  middleware(request: IncomingRequest, response: OutgoingResponse, next: (error?: unknown) => void): void
  /** Around a handler of the Fetch API, Sojourn's own included: the handler gets the request as it will be from now on. */
  fetch<Req extends Request, Rest extends readonly unknown[]>(
    handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
    refuse: (request: Request, error: unknown) => Response,
  ): (request: Req, ...rest: Rest) => Promise<Response>
}

/** @param former in the order in which they are asked */
export function movingIn(
  auth: Pick<Auth<object, unknown>, 'moveIn'>,
  former: FormerLogins | readonly FormerLogins[],
): MovingIn {
  const all = isList(former) ? former : [former]
  return {
    middleware(request, response, next) {
      if (request.headers.cookie === undefined) {
        next()
        return
      }
      const { method = '', socket } = request
      const asking = { method, headers: headersOf(request), address: socket.remoteAddress ?? null }
      auth.moveIn(asking, all).then((moved) => {
        if (moved) {
          const held = response.getHeader('set-cookie')
          const lines = held === undefined ? [] : Array.isArray(held) ? held : [String(held)]
          response.setHeader('set-cookie', [...lines, ...moved.setCookies])
          response.setHeader('cache-control', 'no-store')
          replaceCookie(request, moved.cookieHeader)
        }
        next()
      }, next)
    },

    fetch:
      (handler, refuse) =>
      async (request, ...rest) => {
        let moved: Awaited<ReturnType<typeof auth.moveIn>>
        try {
          moved = await auth.moveIn({ method: request.method, headers: request.headers }, all)
        } catch (error) {
          return refuse(request, error)
        }
        if (!moved) return handler(request, ...rest)
        const headers = new Headers(request.headers)
        headers.set('cookie', moved.cookieHeader)
        const response = await handler(new Request(request, { headers }), ...rest)
        const answer = new Response(response.body, response)
        for (const line of moved.setCookies) answer.headers.append('Set-Cookie', line)
        answer.headers.set('Cache-Control', 'no-store')
        return answer
      },
  }
}

function isList(former: FormerLogins | readonly FormerLogins[]): former is readonly FormerLogins[] {
  return Array.isArray(former)
}

/** Headers as they came: two of a name are joined, not dropped. */
function headersOf({ rawHeaders }: IncomingRequest): { get(name: string): string | null } {
  return {
    get(name) {
      const wanted = name.toLowerCase()
      const found: string[] = []
      for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
        if (rawHeaders[i]?.toLowerCase() === wanted) found.push(rawHeaders[i + 1] ?? '')
      }
      return found.length === 0 ? null : found.join(wanted === 'cookie' ? '; ' : ', ')
    },
  }
}

/** In the lists of headers that this one request holds, both of them. */
function replaceCookie(request: IncomingRequest, value: string): void {
  request.headers.cookie = value
  const { rawHeaders } = request
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    if (rawHeaders[i]?.toLowerCase() === 'cookie') rawHeaders.splice(i, 2)
  }
  rawHeaders.push('Cookie', value)
}
