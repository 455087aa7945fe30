/** Errors over HTTP. */
import { describe, expect, it } from 'vitest'
import { AuthError, type AuthErrorCode } from '../../../src/errors.ts'
import { problemResponse, STATUS } from '../../../src/http/problem.ts'

const from = (headers: Record<string, string> = {}) => ({ headers: new Headers(headers) })
const bodyOf = (response: { body: unknown }) => JSON.parse(String(response.body)) as Record<string, unknown>

describe('problemResponse', () => {
  it('is problem+json with the code, never stored', () => {
    const response = problemResponse(new AuthError('csrf.missing', 'send "Origin"'), from())
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('vary')).toContain('Cookie')
    expect(bodyOf(response)).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      code: 'csrf.missing',
      detail: 'send "Origin"',
    })
  })

  it('challenges with every 401 (RFC 6750 section 3)', () => {
    const header = (code: AuthErrorCode) =>
      problemResponse(new AuthError(code, 'a "b"'), from()).headers.get('www-authenticate')
    expect(header('credentials.missing')).toBe('Bearer')
    expect(header('session.ended')).toBe('Bearer')
    expect(header('token.expired')).toBe('Bearer error="invalid_token", error_description="a  b "')
    for (const code of Object.keys(STATUS) as AuthErrorCode[]) {
      expect(header(code) !== null, code).toBe(STATUS[code] === 401)
    }
  })

  it('says when to come back with every 429 and 503', () => {
    const retryAfter = (code: AuthErrorCode, retryAfterSeconds?: number) =>
      problemResponse(
        new AuthError(code, 'x', retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        from(),
      ).headers.get('retry-after')
    expect(retryAfter('account.throttled', 17.2)).toBe('18')
    expect(retryAfter('store.unavailable')).toBe('2')
    expect(retryAfter('revocation.stale', 0)).toBe('1')
    expect(retryAfter('csrf.origin', 5)).toBeNull()
  })

  it('never makes a failure of ours look like a logout', () => {
    for (const code of ['store.unavailable', 'revocation.stale', 'keys.unavailable'] as const) {
      const response = problemResponse(new AuthError(code, 'x'), from())
      expect(response.status).toBe(503)
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })

  it.each([
    new Error('SELECT secret FROM x'),
    'a string',
    null,
    undefined,
    Object.create(null),
    new TypeError('private'),
  ])('tells nothing of an unknown error but an id: %s', (error) => {
    const seen: [unknown, string][] = []
    const response = problemResponse(error, from(), { onError: (...args) => seen.push(args) })
    expect(response.status).toBe(500)
    expect(seen).toEqual([[error, expect.stringMatching(/^[\w-]{22}$/)]])
    expect(bodyOf(response)).toMatchObject({ code: 'internal', error_id: seen[0]?.[1] })
    expect(String(response.body)).not.toMatch(/secret|private|string|SELECT/)
  })

  it('tells neither cause nor stack of a known error', () => {
    const error = new AuthError('store.unavailable', 'the store does not answer', {
      cause: new Error('redis://:pw@host'),
    })
    const response = problemResponse(error, from())
    expect(String(response.body)).not.toMatch(/redis|pw@|\bat .*\.ts/)
  })

  it('takes a code that it does not know for a failure of ours', () => {
    const error = Object.assign(new Error('x'), { name: 'AuthError', code: 'toString' })
    expect(problemResponse(error, from()).status).toBe(500)
  })

  it('gives a page to a browser that navigates, escaped', () => {
    const error = new AuthError('request.malformed', '<script>alert("1")</script>')
    const response = problemResponse(error, from({ accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }))
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(String(response.body)).not.toContain('<script')
    expect(String(response.body)).toContain('&#60;script')
    for (const accept of ['*/*', 'application/json', 'application/json, text/html', 'text/htmlx']) {
      expect(problemResponse(error, from({ accept })).headers.get('content-type'), accept).toBe(
        'application/problem+json',
      )
    }
  })

  it('lets the application draw the page', () => {
    const response = problemResponse(new AuthError('request.not_found', 'x'), from({ accept: 'text/html' }), {
      page: (problem) => `${problem.status} ${problem.code}`,
    })
    expect(response.body).toBe('404 request.not_found')
  })
})
