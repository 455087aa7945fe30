import { describe, expect, it } from 'vitest'
import { readToken } from '../../../../web/lab/paste/token.ts'
import {
  NEW_POLICY,
  policyInWords,
  policyOfToken,
  requestOf,
  seconds,
} from '../../../../web/lab/screens/inspect/policy.ts'
import { CLAIMS, compact, HEADER, TOKEN } from './tokens.ts'

const NOW = 1_800_000_000
const token = readToken(TOKEN)
const clockOf = (clock: typeof NEW_POLICY.clock) => requestOf({ ...NEW_POLICY, clock }, token, NOW).policy.now

describe('the policy form', () => {
  it('begins without an issuer, an audience or a key: nobody is trusted yet', () => {
    expect(NEW_POLICY).toMatchObject({ issuer: '', audience: '', key: '', algorithm: 'ES256', skew: '0' })
  })

  it('is filled in from a token only when it is asked to', () => {
    const other = readToken(compact({ alg: 'HS512', typ: 'JWT' }, { ...CLAIMS, aud: ['a', 'b'] }))
    expect(policyOfToken(NEW_POLICY, token, ['ES256'])).toMatchObject({
      issuer: CLAIMS.iss,
      audience: CLAIMS.aud,
      typ: HEADER.typ,
    })
    expect(policyOfToken(NEW_POLICY, other, ['ES256'])).toMatchObject({ algorithm: 'ES256', audience: 'a', typ: 'JWT' })
  })

  it('sets the clock', () => {
    expect([clockOf('now'), clockOf('iat'), clockOf('before'), clockOf('exp')]).toEqual([
      NOW,
      CLAIMS.iat,
      CLAIMS.exp - 1,
      CLAIMS.exp,
    ])
    expect(requestOf({ ...NEW_POLICY, clock: 'exp' }, readToken(compact(HEADER, {})), NOW).policy.now).toBe(NOW)
  })

  it('takes whole seconds and nothing else', () => {
    expect([
      seconds('60', 0),
      seconds(' 1 ', 1),
      seconds('0', 1),
      seconds('-1', 0),
      seconds('1.5', 0),
      seconds('', 0),
    ]).toEqual([60, 1, null, null, null, null])
  })

  it('is printed with the verdict', () => {
    const { policy } = requestOf({ ...NEW_POLICY, issuer: ' https://a.example ' }, token, NOW)
    expect(policyInWords(policy)).toBe(
      'alg ES256, typ at+jwt, iss https://a.example, aud (none), skew 0 s, at most 3600 s, clock 2027-01-15T08:00:00.000Z',
    )
  })
})
