import { describe, expect, it } from 'vitest'
import { sizesByAlgorithm } from '../../../../web/lab/paste/budget.ts'
import { asRedacted, asTable } from '../../../../web/lab/paste/copies.ts'
import { diffTokens } from '../../../../web/lab/paste/diff.ts'
import { lintToken } from '../../../../web/lab/paste/lint.ts'
import { duration, nextView, showInstant } from '../../../../web/lab/paste/times.ts'
import { readToken } from '../../../../web/lab/paste/token.ts'
import { CLAIMS, compact, HEADER, TOKEN } from './tokens.ts'

const NOW = CLAIMS.iat + 10
const codes = (header: unknown, payload: unknown, signature?: string) =>
  lintToken(readToken(compact(header, payload, signature)), NOW).map(({ code }) => code)

describe('the lint', () => {
  it('has nothing to say of a good access token', () => {
    expect(codes(HEADER, CLAIMS)).toEqual([])
  })

  it.each([
    ['alg-none', { ...HEADER, alg: 'none' }, CLAIMS],
    ['alg-shared', { ...HEADER, alg: 'HS256' }, CLAIMS],
    ['alg-foreign', { ...HEADER, alg: 'ES512' }, CLAIMS],
    ['no-typ', { alg: 'ES256' }, CLAIMS],
    ['kid-odd', { ...HEADER, kid: '../../dev/null' }, CLAIMS],
    ['exp-before-iat', HEADER, { ...CLAIMS, exp: CLAIMS.iat }],
    ['no-jti', HEADER, { ...CLAIMS, jti: undefined }],
    ['no-aud', HEADER, { ...CLAIMS, aud: undefined }],
    ['no-exp', HEADER, { ...CLAIMS, exp: undefined }],
    ['expired', HEADER, { ...CLAIMS, exp: NOW }],
    ['not-yet', HEADER, { ...CLAIMS, nbf: NOW + 1 }],
    ['iat-future', HEADER, { ...CLAIMS, iat: NOW + 1 }],
    ['long-life', HEADER, { ...CLAIMS, exp: CLAIMS.iat + 3601 }],
    ['milliseconds', HEADER, { ...CLAIMS, exp: CLAIMS.exp * 1000 }],
    ['fat-claim', HEADER, { ...CLAIMS, blob: 'x'.repeat(300) }],
    ['stale-roles', HEADER, { ...CLAIMS, roles: ['a', 'b'] }],
    ['personal', HEADER, { ...CLAIMS, email: 'ana@example.org' }],
    ['secret-claim', HEADER, { ...CLAIMS, user_password: 'x' }],
    ['header-share', HEADER, { ...CLAIMS, roles: Array(400).fill('role') }],
    ['no-cookie', HEADER, { ...CLAIMS, roles: Array(600).fill('role') }],
    ['too-large', HEADER, { ...CLAIMS, roles: Array(1200).fill('role') }],
  ])('says %s', (code, header, payload) => {
    expect(codes(header, payload)).toContain(code)
  })
})

describe('sizes', () => {
  it('are what a token of that algorithm has', () => {
    const sizes = sizesByAlgorithm({ ...HEADER, kid: 'abcdefgh' }, JSON.stringify(CLAIMS))
    const of = (name: string) => sizes.find(({ algorithm }) => algorithm === name)
    const es = compact({ ...HEADER, kid: 'abcdefgh' }, CLAIMS, 'a'.repeat(86))
    expect(of('ES256')?.bytes).toBe(es.length)
    const pq = compact({ ...HEADER, kid: 'abcdefgh', alg: 'ML-DSA-44' }, CLAIMS, 'a'.repeat(3227))
    expect(of('ML-DSA-44')?.bytes).toBe(pq.length)
    expect(of('ML-DSA-65')?.fitsCookie).toBe(false)
    expect(of('HS256')?.fitsCookie).toBe(true)
  })
})

describe('two tokens', () => {
  it('are compared member by member', () => {
    const other = readToken(compact({ ...HEADER, kid: 'k2' }, { ...CLAIMS, jti: undefined, scope: 'a' }))
    const changes = diffTokens(readToken(TOKEN), other).filter(({ change }) => change !== 'same')
    expect(changes).toEqual([
      { part: 'header', name: 'kid', change: 'changed', before: '"k1"', after: '"k2"' },
      { part: 'payload', name: 'jti', change: 'removed', before: '"t1"', after: null },
      { part: 'payload', name: 'scope', change: 'added', before: null, after: '"a"' },
    ])
  })
})

describe('copies and times', () => {
  it('write what may be shown', () => {
    const token = readToken(compact(HEADER, { ...CLAIMS, 'a|b': 'c|d' }))
    expect(asTable(token)).toContain('| payload | a\\|b | "c\\|d" |')
    const report = asRedacted(token, 'Not verified', NOW)
    expect(report).toContain('header alg: ES256')
    expect(report).toContain('payload exp: in 9 m 50 s')
    expect(report).toContain('payload iss: text, 22 characters')
    expect(report).toContain('payload member 7 (a name of its own): text, 3 characters')
  })

  it('are read four ways', () => {
    expect(showInstant(0, 'raw', 0)).toBe('0')
    expect(showInstant(0, 'utc', 0)).toBe('1970-01-01 00:00:00 UTC')
    expect(showInstant(10, 'relative', 0)).toBe('in 10 s')
    expect(showInstant(0, 'relative', 90_061)).toBe('1 d 1 h ago')
    expect(showInstant(1e300, 'utc', 0)).toBe('1e+300')
    expect(duration(0)).toBe('0 s')
    expect(nextView(nextView(nextView(nextView('raw'))))).toBe('raw')
  })
})
