/** What the client's calls answer: a value or a problem. Nothing that a server or a network can do makes them throw. */
import type { AuthErrorCode } from '../errors.ts'

/** Problems that the client sees by itself. */
export type ClientCode =
  /** No answer came: no network, or the server took too long. */
  | 'client.network'
  /** An answer came that is none of ours, from a proxy or a captive portal perhaps. */
  | 'client.answer'
  /** Nobody is signed in here. */
  | 'client.signed_out'

/** Why a call did not succeed. Holds no token and nothing that was sent. */
export interface ClientProblem {
  /** Of ours, or of an application behind the same origin. */
  readonly code: AuthErrorCode | ClientCode | (string & Record<never, never>)
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number
  /** Seconds after which to try again, where somebody said so. */
  readonly retryAfterSeconds: number | null
  /** A sentence for people, in English; may be empty. */
  readonly detail: string
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: ClientProblem }

export function succeed<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fail(code: ClientProblem['code'], status = 0, retryAfterSeconds: number | null = null, detail = '') {
  return { ok: false, problem: { code, status, retryAfterSeconds, detail } } as const
}

export const SIGNED_OUT = fail('client.signed_out')

/** What an outside value holds under this name, if it is an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

/** Reads an answer of the server's `/auth` routes. */
export async function readAnswer(response: Response): Promise<Result<unknown>> {
  let body: unknown
  try {
    const text = await response.text()
    body = text === '' ? null : JSON.parse(text)
  } catch (error) {
    // Cut off on its way; or read in full, and no JSON.
    if (!(error instanceof SyntaxError)) return fail('client.network')
  }
  if (response.ok && body !== undefined) return succeed(body)
  const code = member(body, 'code')
  const detail = member(body, 'detail')
  return fail(
    typeof code === 'string' && !response.ok ? code : 'client.answer',
    response.status,
    retryAfter(response),
    typeof detail === 'string' ? detail : '',
  )
}

/** `Retry-After` in seconds; null when absent or a date, which is for clocks that agree. */
export function retryAfter(response: Response): number | null {
  const header = response.headers.get('retry-after') ?? ''
  return /^\d{1,5}$/.test(header) ? Number(header) : null
}

/** The code of a 401: null when it says none, and for every other answer. */
export async function refusal(response: Response): Promise<string | null> {
  if (response.status !== 401 || !response.headers.get('content-type')?.includes('json')) return null
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  const code = member(body, 'code')
  return typeof code === 'string' ? code : null
}
