/** Headers that every answer carries. */
import { PROBLEM_POLICY } from '../http/problem.ts'

const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
const TWO_YEARS = 63_072_000

/**
 * Sets them on a response; what a route has set itself stays, but for the policy of pages that lead nowhere else.
 * @param https whether the public origin is https: only then is HSTS meant
 */
export function secure(headers: Headers, https: boolean): void {
  const page = headers.get('Content-Type')?.startsWith('text/html') === true
  // The files of the Lab and of the documents bring a stricter policy of their own.
  const isSealed = headers.has('Connection-Allowlist')
  const own = headers.get('Content-Security-Policy')
  // A page whose form leads on to a client of the OpenID Connect provider says to which.
  if (!isSealed && (!page || own === null || own === PROBLEM_POLICY)) {
    headers.set('Content-Security-Policy', page ? PAGE_POLICY : DATA_POLICY)
  }
  headers.set('X-Content-Type-Options', 'nosniff')
  // `no-referrer` would make browsers send `Origin: null` with our own forms.
  if ((page && !isSealed) || !headers.has('Referrer-Policy'))
    headers.set('Referrer-Policy', page ? 'same-origin' : 'no-referrer')
  headers.set('X-Frame-Options', 'DENY')
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  if (!headers.has('Access-Control-Allow-Origin')) headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  if (https) headers.set('Strict-Transport-Security', `max-age=${TWO_YEARS}`)
}
