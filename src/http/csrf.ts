/**
 * Cross-site request forgery: whether a request that a browser sends with its cookies was made by our own pages
 * (Fetch Metadata, then `Origin`). Plain strings in, so that the application's routes use the very same check.
 */
import { AuthError } from '../errors.ts'
import { isBearer } from './credentials.ts'
import { isOwnOrigin, isTrustedOrigin, type OriginPolicy } from './origin.ts'

/** Headers as they came; null when absent. Method override headers and parameters are not looked at. */
export interface CsrfRequest {
  readonly method: string
  readonly secFetchSite: string | null
  readonly origin: string | null
  /** `Upgrade`: a handshake is never safe, for Chromium sends cookies on it and no `Sec-Fetch-Site`. */
  readonly upgrade: string | null
  readonly authorization: string | null
  /** The whole `Cookie` header: any cookie is ambient. */
  readonly cookie: string | null
}

/**
 * Passes or throws:
 * 1. a safe method that is no handshake passes;
 * 2. a bearer token decides alone and no browser attaches one by itself: passes;
 * 3. a handshake (`Upgrade`, extended CONNECT): its `Origin` must be ours or trusted;
 * 4. `Sec-Fetch-Site`: `same-origin` and `none` pass, any other value (`same-site` too) only from a trusted origin;
 * 5. else `Origin` must be ours or trusted; `null` is neither;
 * 6. neither header: no browser. Passes without cookies; with one it must name its `Origin`.
 *
 * @throws AuthError `csrf.cross_site`, `csrf.origin`, `csrf.missing`
 */
export function checkCsrf(request: CsrfRequest, policy: OriginPolicy): void {
  const { method, secFetchSite, origin } = request
  const handshake = request.upgrade !== null || method === 'CONNECT'
  if (!handshake && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')) return
  if (request.authorization !== null && isBearer(request.authorization)) return
  if (!handshake && secFetchSite !== null) {
    if (secFetchSite === 'same-origin' || secFetchSite === 'none') return
    if (origin !== null && isTrustedOrigin(policy, origin)) return
    throw new AuthError('csrf.cross_site', 'Sec-Fetch-Site says that another site made this request')
  }
  if (origin !== null) {
    if (isOwnOrigin(policy, origin) || isTrustedOrigin(policy, origin)) return
    throw new AuthError('csrf.origin', `Origin must be ${policy.origin}`)
  }
  if (request.cookie === null || request.cookie === '') return
  throw new AuthError(
    'csrf.missing',
    `the request carries a cookie but no ${handshake ? 'Origin' : 'Sec-Fetch-Site or Origin'} header; send "Origin: ${policy.origin}"`,
  )
}
