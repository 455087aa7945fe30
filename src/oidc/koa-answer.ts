/** Gives a portable request to a Koa application over node:http's own classes, without a socket, and takes its answer. */
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { HttpResponse } from '../http/message.ts'

export interface KoaRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** All that the application gets to see; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Headers that belong to the connection, which is another one. */
const OF_THE_CONNECTION = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'])

/** @param callback of a Koa application: its promise settles when the answer is complete */
export async function answerOf(
  callback: (...given: Parameters<RequestListener>) => unknown,
  { method, url, headers, body }: KoaRequest,
): Promise<HttpResponse> {
  const incoming = new IncomingMessage(new Socket())
  incoming.method = method
  incoming.url = url
  incoming.httpVersion = '1.1'
  incoming.httpVersionMajor = 1
  incoming.httpVersionMinor = 1
  Object.assign(incoming.headers, headers)
  if (body.length > 0) incoming.headers['content-length'] = String(body.length)
  incoming.push(Buffer.from(body))
  incoming.push(null)
  const outgoing = new Answer(incoming)
  await callback(incoming, outgoing)
  return outgoing.taken()
}

/** What would go to a socket is kept. */
class Answer extends ServerResponse {
  #body: Uint8Array<ArrayBuffer> = new Uint8Array(0)

  override end(...given: unknown[]): this {
    const [chunk] = given
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) this.#body = new Uint8Array(Buffer.from(chunk))
    return this
  }

  taken(): HttpResponse {
    const headers = new Headers()
    for (const [name, value] of Object.entries(this.getHeaders())) {
      if (value === undefined || OF_THE_CONNECTION.has(name)) continue
      for (const one of Array.isArray(value) ? value : [value]) headers.append(name, String(one))
    }
    return { status: this.statusCode, headers, body: this.#body.length === 0 ? null : this.#body }
  }
}
