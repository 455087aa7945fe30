/** Calls of the server's own routes: JSON there and back, with a deadline, always answered. */
import type { Environment } from './environment.ts'
import { fail, type Result, readAnswer } from './result.ts'

export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>
export type Send = (url: string, init: RequestInit) => Promise<Response>

export interface Call {
  readonly method: string
  /** Path and query on the issuer's origin. */
  readonly path: string
  /** Sent as JSON; a form as one. */
  readonly body?: object
  /** An access token to send, where `send` attaches none. */
  readonly bearer?: string
  readonly timeoutMs?: number
}

/** Longer than any proxy waits, so that a connection that died is noticed at all. */
const TIMEOUT_MS = 30_000

/** `client.network` when no answer came in time, whatever the reason. */
export async function call(
  { after }: Pick<Environment, 'after'>,
  send: Send,
  issuer: string,
  { method, path, body, bearer, timeoutMs = TIMEOUT_MS }: Call,
): Promise<Result<unknown>> {
  const stop = new AbortController()
  const cancel = after(timeoutMs, () => stop.abort())
  const form = body instanceof URLSearchParams
  try {
    const response = await send(issuer + path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body && !form && { 'content-type': 'application/json' }),
        ...(bearer && { authorization: `Bearer ${bearer}` }),
      },
      ...(body ? { body: form ? body : JSON.stringify(body) } : {}),
      // Followed by nobody; `error` would say so, but workerd refuses the word.
      redirect: 'manual',
      cache: 'no-store',
      signal: stop.signal,
    })
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      return fail('client.network')
    }
    return await readAnswer(response)
  } catch {
    // What `fetch` rejects with says nothing that a caller could tell apart.
    return fail('client.network')
  } finally {
    cancel()
  }
}
