/** Our errors in OAuth's form (RFC 6749 §5.2), in one table. */
import { isAuthError } from '../errors.ts'
import { type HttpResponse, jsonResponse } from '../http/message.ts'

const TABLE: Readonly<Record<string, readonly [status: number, error: string]>> = {
  'request.malformed': [400, 'invalid_request'],
  'request.media_type': [400, 'invalid_request'],
  'request.too_large': [413, 'invalid_request'],
  'store.unavailable': [503, 'temporarily_unavailable'],
  'revocation.stale': [503, 'temporarily_unavailable'],
  'keys.unavailable': [503, 'temporarily_unavailable'],
}

/** @throws the error itself when it is none that a client could understand */
export function oauthError(error: unknown): HttpResponse {
  const known = isAuthError(error) ? TABLE[error.code] : undefined
  if (!isAuthError(error) || !known) throw error
  const [status, code] = known
  const response = jsonResponse(status, { error: code, error_description: error.message })
  if (error.retryAfterSeconds !== undefined) response.headers.set('Retry-After', String(error.retryAfterSeconds))
  return response
}
