/** Bridge, refresh, key set, introspection and revocation. */
import { describe, expect, it } from 'vitest'
import { COOKIE, httpParts, NOW } from '../../../support/http-parts.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }

describe('POST /auth/token', () => {
  it('mints a token from the cookie', async () => {
    const { ask, signIn } = await httpParts()
    const { headers } = await signIn()
    const answer = await ask('POST', '/auth/token', headers)
    expect(answer.json).toEqual({ access_token: expect.any(String), expires_in: 600, token_type: 'Bearer' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('refuses script in a browser unless the audience allows it', async () => {
    const { ask, signIn } = await httpParts()
    const { headers } = await signIn()
    const browser = { ...headers, ...JSON_TYPE, 'sec-fetch-site': 'same-origin' }
    expect((await ask('POST', '/auth/token', { ...browser, body: '{}' })).json.code).toBe('token.browser')
    expect((await ask('POST', '/auth/token', { ...browser, body: '{"audience":"for-browsers"}' })).status).toBe(200)
    expect(
      (await ask('POST', '/auth/token', { ...headers, ...JSON_TYPE, body: '{"audience":"unknown"}' })).status,
    ).toBe(400)
  })

  it('takes no access token: it would buy one for another audience', async () => {
    const { ask, signInWithTokens } = await httpParts()
    const answer = await ask('POST', '/auth/token', (await signInWithTokens()).headers)
    expect([answer.status, answer.json.code]).toEqual([403, 'policy.denied'])
  })
})

describe('POST /auth/refresh', () => {
  it('exchanges a refresh token, by JSON or form, whatever cookies come along', async () => {
    const { ask, signInWithTokens } = await httpParts()
    const { refresh } = await signInWithTokens()
    for (const given of [
      { ...JSON_TYPE, body: JSON.stringify({ refresh_token: refresh }) },
      { ...FORM, body: `refresh_token=${refresh}`, cookie: `${COOKIE}=x` },
    ]) {
      expect((await ask('POST', '/auth/refresh', given)).json).toMatchObject({
        token_type: 'Bearer',
        refresh_token: expect.stringMatching(/\.1\./),
      })
    }
  })

  it.each([
    ['{"refresh_token":"wrong"}', 401, 'refresh.unknown'],
    ['{}', 400, 'request.malformed'],
    ['{"refresh_token":7}', 400, 'request.malformed'],
    ['{"refresh_token":"a","refresh_token":"b"}', 400, 'request.malformed'],
    ['{"refresh_token":', 400, 'request.malformed'],
  ])('answers %s with %i', async (body, status, code) => {
    const answer = await (await httpParts()).ask('POST', '/auth/refresh', { ...JSON_TYPE, body })
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })
})

describe('GET /.well-known/jwks.json', () => {
  it('is public and may be kept for ten minutes', async () => {
    const answer = await (await httpParts()).ask('GET', '/.well-known/jwks.json')
    const [key] = answer.json.keys as Record<string, unknown>[]
    expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    expect(key).not.toHaveProperty('d')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=600')
  })
})

describe('POST /oauth/introspect', () => {
  const operator = { isOperatorKey: (key: string) => key === 'operator-key' }
  const asOperator = { ...FORM, authorization: 'Bearer operator-key' }

  it('tells an operator about every token', async () => {
    const { ask, signInWithTokens } = await httpParts(operator)
    const phone = await signInWithTokens()
    const live = await ask('POST', '/oauth/introspect', { ...asOperator, body: `token=${phone.access}` })
    expect(live.json).toEqual({
      active: true,
      iss: 'https://app.example',
      aud: 'https://app.example',
      client_id: 'https://app.example',
      sub: 'alice',
      sid: phone.id,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      iat: NOW,
      exp: NOW + 600,
      auth_time: NOW,
      token_type: 'Bearer',
    })
    for (const token of ['unknown', phone.refresh, `${phone.access}x`, 'x.y.z']) {
      expect((await ask('POST', '/oauth/introspect', { ...asOperator, body: `token=${token}` })).json).toEqual({
        active: false,
      })
    }
  })

  it("tells a token's holder about the same session only", async () => {
    const { ask, signInWithTokens } = await httpParts(operator)
    const [alice, bob] = [await signInWithTokens('alice'), await signInWithTokens('bob')]
    const about = (token: string) =>
      ask('POST', '/oauth/introspect', { ...FORM, ...alice.headers, body: `token=${token}` })
    expect((await about(alice.access)).json.active).toBe(true)
    expect((await about(bob.access)).json).toEqual({ active: false })
  })

  it('takes nobody else, and answers in the form of OAuth', async () => {
    const { ask, signIn } = await httpParts(operator)
    const { headers } = await signIn()
    const cases = [
      [{ ...FORM, body: 'token=x' }, 401, 'invalid_client'],
      [{ ...FORM, ...headers, body: 'token=x' }, 401, 'invalid_client'],
      [{ ...FORM, authorization: 'Basic dTpw', body: 'token=x' }, 401, 'invalid_client'],
      [{ ...FORM, authorization: 'Bearer wrong', body: 'token=x' }, 401, 'invalid_token'],
      [{ ...asOperator, body: '' }, 400, 'invalid_request'],
      [{ ...asOperator, body: 'token=a&token=b' }, 400, 'invalid_request'],
      [{ ...asOperator, ...JSON_TYPE, body: '{"token":"x"}' }, 415, 'invalid_request'],
    ] as const
    for (const [given, status, error] of cases) {
      const answer = await ask('POST', '/oauth/introspect', given)
      expect([answer.status, answer.json.error]).toEqual([status, error])
      expect(answer.headers.has('www-authenticate')).toBe(status === 401)
      expect(answer.headers.get('content-type')).toBe('application/json')
    }
  })

  it('does not call a token dead because the store is', async () => {
    const { ask, state } = await httpParts(operator)
    state.failing = true
    const answer = await ask('POST', '/oauth/introspect', { ...asOperator, body: 'token=x' })
    expect([answer.status, answer.json.error, answer.headers.get('retry-after')]).toEqual([
      503,
      'temporarily_unavailable',
      '2',
    ])
  })
})

describe('POST /oauth/revoke', () => {
  it('ends the session of a refresh token, but only the one access token', async () => {
    const { ask, signInWithTokens, live } = await httpParts()
    const [phone, tablet] = [await signInWithTokens(), await signInWithTokens()]
    expect((await ask('POST', '/oauth/revoke', { ...FORM, body: `token=${phone.refresh}` })).status).toBe(200)
    expect(await live()).toEqual([tablet.id])
    expect(
      (await ask('POST', '/oauth/revoke', { ...FORM, body: `token=${tablet.access}&token_type_hint=refresh_token` }))
        .status,
    ).toBe(200)
    expect((await ask('GET', '/auth/session', tablet.headers)).json.code).toBe('token.revoked')
    expect(await live()).toHaveLength(1)
  })

  it('answers 200 for a token that it does not know', async () => {
    const answer = await (await httpParts()).ask('POST', '/oauth/revoke', { ...FORM, body: 'token=unknown' })
    expect([answer.status, answer.body]).toEqual([200, null])
  })

  it('never says 200 when nothing could be revoked', async () => {
    const { ask, signInWithTokens, state } = await httpParts()
    const { access } = await signInWithTokens()
    state.failing = true
    expect((await ask('POST', '/oauth/revoke', { ...FORM, body: `token=${access}` })).status).toBe(503)
  })
})
