/** Requests and responses of node:http and node:http2 as the portable ones, without a `Headers` on the way of an application's request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Presented } from '../http/identify.ts'
import type { HeadersLike, HttpRequest, HttpResponse, IncomingBody } from '../http/message.ts'
import { authorityOf, withCookie } from './adapter.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

/**
 * The strings that decide, in one pass over the headers as they came: `request.headers` drops a second `Authorization`,
 * and building it costs more than this.
 */
export function presentedBy({ method = '', rawHeaders }: Pick<NodeRequest, 'method' | 'rawHeaders'>): Presented {
  let cookie: string | null = null
  let authorization: string | null = null
  let origin: string | null = null
  let secFetchSite: string | null = null
  let upgrade: string | null = null
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    // Lengths first: most names are none of these.
    switch (name.length) {
      case 6:
        if (is(name, 'Cookie', 'cookie')) cookie = joined(cookie, rawHeaders[i + 1] as string, '; ')
        else if (is(name, 'Origin', 'origin')) origin = joined(origin, rawHeaders[i + 1] as string, ', ')
        break
      case 7:
        if (is(name, 'Upgrade', 'upgrade')) upgrade = joined(upgrade, rawHeaders[i + 1] as string, ', ')
        break
      case 13:
        if (is(name, 'Authorization', 'authorization')) {
          authorization = joined(authorization, rawHeaders[i + 1] as string, ', ')
        }
        break
      case 14:
        if (is(name, 'Sec-Fetch-Site', 'sec-fetch-site')) {
          secFetchSite = joined(secFetchSite, rawHeaders[i + 1] as string, ', ')
        }
        break
    }
  }
  return { method, cookie, authorization, origin, secFetchSite, upgrade }
}

function is(name: string, usual: string, lower: string): boolean {
  return name === lower || name === usual || name.toLowerCase() === lower
}

function joined(before: string | null, value: string, separator: string): string {
  return before === null ? value : before + separator + value
}

/** Headers as they came, none dropped. `:authority` of HTTP/2 stands for `Host`. */
function headersOf({ rawHeaders }: NodeRequest): HeadersLike {
  const all = (wanted: string): readonly string[] => {
    const found: string[] = []
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      if (rawHeaders[i]?.toLowerCase() === wanted) found.push(rawHeaders[i + 1] ?? '')
    }
    return found
  }
  return {
    get(name) {
      const lower = name.toLowerCase()
      const values = lower === 'host' ? [...new Set([...all(':authority'), ...all('host')])] : all(lower)
      return values.length === 0 ? null : values.join(lower === 'cookie' ? '; ' : ', ')
    },
  }
}

/** @param target where the framework has changed `url`: what came over the wire */
export function toMessage(request: NodeRequest, target = request.url ?? '/', body?: IncomingBody): HttpRequest {
  const { method = '' } = request
  const none = method === 'GET' || method === 'HEAD'
  return {
    method,
    url: target,
    authority: authorityOf(target),
    headers: headersOf(request),
    body: body ?? (none ? null : bodyOf(request)),
    address: request.socket?.remoteAddress ?? null,
  }
}

/** The stream without being destroyed when nobody wants the rest: that would take the connection with it, and the answer. */
function bodyOf(request: NodeRequest): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) }
}

/** More than that of a body that nobody has read is not waited for: the connection ends with the answer. */
const DRAINED_BYTES = 64 * 1024

/** Sends a whole answer; what the application has set already stays, but for fields of the same name. */
export function send(request: NodeRequest, response: NodeResponse, { status, headers, body }: HttpResponse): void {
  if (response.headersSent) {
    // Half an answer is out: cut off, so that nobody takes it for a whole one.
    response.destroy()
    return
  }
  response.statusCode = status
  for (const [name, value] of headers) {
    if (name === 'set-cookie') setCookie(response, value)
    else if (name === 'vary') response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
  if (request.httpVersionMajor === 1 && leavesMuch(request)) response.setHeader('Connection', 'close')
  if (body === null) response.end()
  else response.end(body)
}

function leavesMuch(request: NodeRequest): boolean {
  if (request.complete) return false
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding !== undefined || (length !== undefined && !(Number(length) <= DRAINED_BYTES))
}

/** @throws TypeError when it is too late: the answer has begun */
export function assertUnsent(response: NodeResponse): void {
  if (response.headersSent) throw new TypeError('the answer has begun: cookies are set before the body')
}

/**
 * Sets a cookie of ours; an answer that does so is stored by no cache, unless the application has said otherwise.
 * @throws TypeError when the answer has begun
 */
export function setCookie(response: NodeResponse, line: string): void {
  assertUnsent(response)
  const held = response.getHeader('set-cookie')
  const lines = held === undefined ? [] : Array.isArray(held) ? held : [String(held)]
  response.setHeader('set-cookie', withCookie(lines, line))
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store')
}

/** A response or a socket. */
export interface Closing {
  once(event: 'close', listener: () => void): unknown
}

/** An answer has been sent or its connection is gone. */
export function isOver(source: object): boolean {
  if ('closed' in source) return source.closed === true || ('destroyed' in source && source.destroyed === true)
  // A response of HTTP/2 does not tell; its stream does.
  if ('stream' in source && typeof source.stream === 'object') return source.stream === null || isOver(source.stream)
  return 'destroyed' in source && source.destroyed === true
}

/** Calls `release` when it is over. */
export function whenOver(source: Closing, release: () => void): void {
  if (isOver(source)) release()
  else source.once('close', release)
}
