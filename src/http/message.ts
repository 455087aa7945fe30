/**
 * The portable request and response that every route speaks. The browser's own `Request` drops `Cookie` and its `Response`
 * drops `Set-Cookie`, so neither is used here; `Headers` keeps both.
 */

/** What a request's headers must offer; names in any case. `Headers` is one. */
export interface HeadersLike {
  /** The value (several fields of one name joined by `, `, cookies by `; `), or null. */
  get(name: string): string | null
}

/** A body as it arrives: bytes, text, a stream of bytes, or none. */
export type IncomingBody = Uint8Array | string | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | null

export interface HttpRequest {
  /** As sent; methods are case-sensitive (RFC 9110 §9.1). */
  readonly method: string
  /** Absolute URL, or path and query. Its host is looked at only when there is no `Host` header. */
  readonly url: string
  /** Host and port of a target that came over the wire in absolute form (RFC 9112 §3.2.2); null or absent: it had none. */
  readonly authority?: string | null
  readonly headers: HeadersLike
  readonly body: IncomingBody
  /** Address of the other end of the socket, where the adapter knows it. */
  readonly address?: string | null
}

export interface HttpResponse {
  readonly status: number
  /** May hold several `Set-Cookie`. */
  readonly headers: Headers
  readonly body: string | Uint8Array<ArrayBuffer> | null
}

/** What decides the answer of every route that looks at credentials (`Vary`). */
const VARY = 'Cookie, Authorization, Origin, Sec-Fetch-Site'

/** Headers of an answer that depends on who asks: never stored, and a cache that ignores that must at least vary. */
export function privateHeaders(contentType?: string): Headers {
  const headers = new Headers({
    'Cache-Control': 'no-store',
    Vary: VARY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  })
  if (contentType !== undefined) headers.set('Content-Type', contentType)
  return headers
}

/** A private JSON answer. */
export function jsonResponse(status: number, value: unknown): HttpResponse {
  return { status, headers: privateHeaders('application/json'), body: JSON.stringify(value) }
}

/** A private answer without a body (204). */
export function emptyResponse(): HttpResponse {
  return { status: 204, headers: privateHeaders(), body: null }
}

/**
 * 303 See Other: after a form.
 * @param path a local path that has passed `localPath`
 */
export function redirectResponse(path: string): HttpResponse {
  const headers = privateHeaders()
  headers.set('Location', path)
  return { status: 303, headers, body: null }
}
