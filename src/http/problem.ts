/** Errors over HTTP: problem details (RFC 9457) with our stable `code`. */
import { randomId } from '../crypto/random.ts'
import { AuthError, type AuthErrorCode, isAuthError } from '../errors.ts'
import { type HttpRequest, type HttpResponse, privateHeaders } from './message.ts'
import { stepUpChallenge, stepUpOf } from './step-up.ts'

/** The status of every code. A new code without one does not compile. */
export const STATUS: Readonly<Record<AuthErrorCode, number>> = {
  'request.malformed': 400,
  'request.too_large': 413,
  'request.host': 421,
  'request.method': 405,
  'request.media_type': 415,
  'request.not_found': 404,
  'request.not_acceptable': 406,
  'credentials.ambiguous': 400,
  'credentials.missing': 401,
  'credentials.scheme': 401,
  'credentials.insufficient': 401,
  'client.invalid': 401,
  'session.missing': 404,
  'session.ended': 401,
  'session.conflict': 409,
  'session.limit': 409,
  'session.superseded': 409,
  'session.cookie_not_kept': 400,
  'session.mode': 401,
  'token.malformed': 401,
  'token.too_large': 401,
  'token.type': 401,
  'token.algorithm': 401,
  'token.critical': 401,
  'token.key_unknown': 401,
  'token.signature': 401,
  'token.claim_missing': 401,
  'token.claim_invalid': 401,
  'token.issuer': 401,
  'token.audience': 401,
  'token.expired': 401,
  'token.not_yet_valid': 401,
  'token.issued_in_future': 401,
  'token.lifetime': 401,
  'token.revoked': 401,
  'token.claims_stale': 401,
  'token.status': 401,
  'token.browser': 403,
  'token.audience_unknown': 400,
  'key.invalid': 500,
  'key.weak': 500,
  'keys.unavailable': 503,
  'refresh.unknown': 401,
  'refresh.expired': 401,
  'refresh.reused': 401,
  'csrf.cross_site': 403,
  'csrf.origin': 403,
  'csrf.missing': 403,
  'revocation.stale': 503,
  'revocation.pending': 503,
  'revocation.unknown_outcome': 503,
  'status.unavailable': 503,
  'status.history': 501,
  'account.invalid': 400,
  'account.exists': 409,
  'account.credentials': 401,
  'account.throttled': 429,
  'account.busy': 503,
  'account.password_weak': 400,
  'account.password_change_required': 403,
  'account.reset_invalid': 400,
  'follower.key': 401,
  'follower.limit': 503,
  'operator.required': 403,
  'policy.denied': 403,
  'sso.state': 400,
  'sso.refused': 403,
  'sso.response': 400,
  'sso.tokens': 401,
  'sso.unavailable': 503,
  'store.unavailable': 503,
  'store.corrupt': 500,
  'store.version': 500,
  internal: 500,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}

/** A problem as clients see it. Nothing here is private. */
export interface Problem {
  readonly status: number
  readonly title: string
  readonly code: AuthErrorCode
  readonly detail: string
  /** Names the log line of a failure of ours; null for the client's. */
  readonly errorId: string | null
}

export interface ProblemOptions {
  /** A narrower status than the code's own. */
  readonly status?: number
  /** Told of every failure of ours (5xx), with the id that the client was given. */
  readonly onError?: (error: unknown, errorId: string) => void
  /** A page for people, as HTML; without it a plain one. */
  readonly page?: (problem: Problem) => string
}

/** Seconds after which to try again, where the error does not say: a store mostly comes back soon. */
const RETRY_AFTER_SECONDS = 2

/** Of the page of a problem, where whoever shows it has no policy for all pages. */
export const PROBLEM_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/**
 * The answer to an error: problem+json, or a page when a browser navigates. An error that is not ours says `internal` and
 * nothing of its text. 401 carries `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3); 429 and 503 carry `Retry-After`.
 */
export function problemResponse(
  error: unknown,
  request: Pick<HttpRequest, 'headers'>,
  options: ProblemOptions = {},
): HttpResponse {
  const problem = toProblem(error, options)
  const html = wantsPage(request.headers.get('accept'))
  const headers = privateHeaders(html ? 'text/html; charset=utf-8' : 'application/problem+json')
  headers.append('Vary', 'Accept')
  if (html) {
    headers.set('Content-Security-Policy', PROBLEM_POLICY)
    // With `no-referrer` a browser would send `Origin: null` with a form on the page.
    headers.set('Referrer-Policy', 'same-origin')
  }
  if (problem.status === 401) headers.set('WWW-Authenticate', challenge(problem, error))
  if (problem.status === 429 || problem.status === 503) {
    const seconds = isAuthError(error) ? error.retryAfterSeconds : undefined
    headers.set('Retry-After', String(Math.max(1, Math.ceil(seconds ?? RETRY_AFTER_SECONDS))))
  }
  return {
    status: problem.status,
    headers,
    body: html ? (options.page ?? plainPage)(problem) : problemJson(problem, error),
  }
}

/** Shapes any thrown value; reports failures of ours to `onError`. */
export function toProblem(error: unknown, options: ProblemOptions = {}): Problem {
  const known = isAuthError(error) && Object.hasOwn(STATUS, error.code) ? error : null
  const code = known?.code ?? 'internal'
  const status = known ? (options.status ?? STATUS[code]) : 500
  const errorId = status >= 500 ? randomId() : null
  if (errorId !== null) options.onError?.(error, errorId)
  return {
    status,
    title: TITLES[status] ?? 'Error',
    code,
    detail: known && code !== 'internal' ? known.message : 'something went wrong here; it has been logged',
    errorId,
  }
}

/** The error of a request without a usable credential. */
export function credentialsMissing(): AuthError {
  return new AuthError('credentials.missing', 'sign in first')
}

function problemJson({ status, title, code, detail, errorId }: Problem, error: unknown): string {
  const stepUp = stepUpOf(error)
  return JSON.stringify({
    type: 'about:blank',
    title,
    status,
    code,
    detail,
    ...(errorId === null ? {} : { error_id: errorId }),
    ...(stepUp && stepUp.acrValues.length > 0 ? { acr_values: stepUp.acrValues } : {}),
    ...(stepUp && stepUp.maxAge !== null ? { max_age: stepUp.maxAge } : {}),
  })
}

/** RFC 6750 §3: no error code when nothing was presented as a token. RFC 9470 §3 for a login that is not enough. */
function challenge({ code, detail }: Problem, error: unknown): string {
  const stepUp = stepUpOf(error)
  if (stepUp) return stepUpChallenge(stepUp)
  if (!code.startsWith('token.')) return 'Bearer'
  return `Bearer error="invalid_token", error_description="${detail.replaceAll(/[^\x20-\x7e]|["\\]/g, ' ')}"`
}

/** A browser that navigates or sends a form asks for HTML and never for JSON. */
export function wantsPage(accept: string | null): boolean {
  return accept !== null && /\btext\/html\b/i.test(accept) && !/\bjson\b/i.test(accept)
}

function plainPage({ status, title, detail, code, errorId }: Problem): string {
  const reference = errorId === null ? '' : `<p>Reference: ${errorId}</p>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${status} ${title}</title><main><h1>${title}</h1><p>${escapeHtml(detail)}</p><p>Code: ${code}</p>${reference}<p><a href="/">Start page</a></p></main></html>`
}

/** Text as it may stand in HTML, in quoted attributes too. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
