/** `fetch` with the access token: for the configured origins only, refreshed ahead of time, tried again at most once. */
import type { FetchLike } from './calls.ts'
import type { Environment } from './environment.ts'
import type { Refresher } from './refresher.ts'
import { type ClientProblem, refusal, SIGNED_OUT } from './result.ts'
import { type SharedLogin, sameLogin } from './shared-login.ts'
import type { TokenHolder } from './token-holder.ts'
import { freshness } from './tokens.ts'

/** Refusals that a new token may cure. `token.revoked` is tried too: whether the login itself is over, the refresh tells. */
const CURABLE = ['token.expired', 'token.claims_stale', 'token.key_unknown', 'token.revoked', 'session.ended']
/** After a fresh token was refused as well: a server that refuses them all is not asked for more. */
const REFUSED_PAUSE_MS = 30_000
const MAX_REDIRECTS = 5

export interface AuthorizedFetch {
  readonly fetch: FetchLike
  /**
   * The login to send a token of; null for nobody; or why there is none at the moment.
   * @param patient a token that nears its end will do
   */
  ready(patient: boolean): Promise<SharedLogin | ClientProblem | null>
}

export function createAuthorizedFetch(
  environment: Environment,
  holder: TokenHolder,
  refresher: Refresher,
  origins: ReadonlySet<string>,
  onStaleClaims: () => void,
): AuthorizedFetch {
  let pausedUntil = -Infinity

  const ready = async (patient: boolean): Promise<SharedLogin | ClientProblem | null> => {
    await holder.load()
    const login = holder.current()
    if (!login?.tokens) return null
    const state = freshness(environment, login.tokens)
    if (state === 'good') return login
    const flight = refresher.refresh(login)
    if (state === 'due' && patient) return login
    const refreshed = await flight
    const next = holder.current()
    // What was asked for as one login is not asked for as another.
    if (!sameLogin(next, login) || !next?.tokens) return SIGNED_OUT.problem
    return refreshed.ok || freshness(environment, next.tokens) !== 'spent' ? next : refreshed.problem
  }

  const authorizedFetch: FetchLike = async (input, init = {}) => {
    const request = input instanceof Request ? input : null
    // As the platform resolves it, a `<base>` included; from here on the text counts and not an object that may change.
    const url = request ? request.url : new Request(input).url
    const headers = new Headers(init.headers ?? request?.headers)
    if (!origins.has(new URL(url).origin) || headers.has('authorization'))
      return environment.fetch(request ?? url, init)

    const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    const signal = init.signal ?? request?.signal
    const safe = method === 'GET' || method === 'HEAD'
    const body = init.body !== undefined || request?.body === null ? init.body : request
    const replayable = safe || !isStream(body)
    const follow = (init.redirect ?? request?.redirect ?? 'follow') === 'follow'

    /** Where the last answer came from. */
    let at = url

    const send = async (token: string | null | undefined): Promise<Response> => {
      at = url
      if (token) headers.set('authorization', `Bearer ${token}`)
      const options: RequestInit = { ...init, headers, ...(token && follow ? { redirect: 'manual' } : {}) }
      const response = await environment.fetch(request ?? url, options)
      return token && follow ? follows(response, { ...options, ...(signal ? { signal } : {}) }) : response
    }

    /**
     * A token must not travel with a redirect to where it does not belong, so nobody follows one but us. A page is not told
     * where a redirect leads: there it fails, as it does after a method whose body would have to be sent again.
     */
    const follows = async (first: Response, options: RequestInit): Promise<Response> => {
      let response = first
      for (let count = 0; response.type === 'opaqueredirect' || isRedirect(response.status); count++) {
        const location = response.headers.get('location')
        if (location === null || count === MAX_REDIRECTS || !(safe || response.status === 303)) {
          throw new TypeError('a request with an access token was redirected')
        }
        at = new URL(location, at).href
        const kept = new Headers(headers)
        if (!origins.has(new URL(at).origin)) for (const name of ['authorization', 'cookie']) kept.delete(name)
        await response.body?.cancel()
        response = await environment.fetch(at, { ...options, method: safe ? method : 'GET', body: null, headers: kept })
      }
      return response
    }

    const login = await unless(signal, ready(replayable))
    if (login && 'code' in login) return answerFor(login)
    const response = await send(login?.tokens?.accessToken)
    if (!login || !origins.has(new URL(at).origin)) return response
    const code = await curable(response)
    if (!code) return response
    if (code === 'token.revoked' || code === 'session.ended') refresher.suspect(login)
    if (environment.monoMs() < pausedUntil) return response

    const refreshed = await unless(signal, refresher.refresh(login))
    if (!refreshed.ok) {
      return refreshed.problem.code === 'client.signed_out' ? response : answerFor(refreshed.problem)
    }
    if (code === 'token.claims_stale') onStaleClaims()
    const next = holder.current()
    const token = next?.tokens?.accessToken
    // Redirected, a request that changes something has been carried out before the refusal.
    if (!token || !sameLogin(next, login) || !replayable || (!safe && at !== url)) return response
    await response.body?.cancel()
    const second = await send(token)
    if (await curable(second)) pausedUntil = environment.monoMs() + REFUSED_PAUSE_MS
    return second
  }

  return { fetch: authorizedFetch, ready }
}

/** The code of a refusal that a new token may cure; `token.expired` of a verifier that only speaks RFC 6750. */
async function curable(response: Response): Promise<string | false> {
  const code = await refusal(response)
  if (code !== null) return CURABLE.includes(code) && code
  const invalid = /error="?invalid_token/.test(response.headers.get('www-authenticate') ?? '')
  return response.status === 401 && invalid && 'token.expired'
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

/** Whether a body can be sent only once. A `Request` hides whether its body could be read again. */
function isStream(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof Request || body instanceof ReadableStream || Symbol.asyncIterator in body)
  )
}

/** An answer of our own, where none can be had: 503 for now, 401 when the login has ended. */
function answerFor({ code, detail, retryAfterSeconds }: ClientProblem): Response {
  const status = code === 'client.signed_out' ? 401 : 503
  return new Response(JSON.stringify({ type: 'about:blank', status, code, detail }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(status === 503 ? { 'retry-after': `${retryAfterSeconds ?? 1}` } : {}),
    },
  })
}

/** The work, but no longer than the caller wants it; the work itself goes on. */
async function unless<T>(signal: AbortSignal | null | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work
  signal.throwIfAborted()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
