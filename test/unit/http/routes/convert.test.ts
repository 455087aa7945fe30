/** `POST /auth/convert`, and what tells a client to call it. */
import { describe, expect, it } from 'vitest'
import type { Mode } from '../../../../src/session/session.ts'
import { COOKIE, httpParts, ORIGIN } from '../../../support/http-parts.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }

async function partsFor(issue: Mode | null) {
  const parts = await httpParts()
  if (issue) await parts.logins.modes.change(() => ({ issue }))
  return parts
}

describe('POST /auth/convert', () => {
  it('gives tokens for the cookie and removes it in the same answer; both work on', async () => {
    const { ask, signIn } = await partsFor('token')
    const { id, headers } = await signIn()
    const answer = await ask('POST', '/auth/convert', headers)
    expect(answer.json).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      expires_in: 600,
      token_type: 'Bearer',
    })
    expect(answer.cookies).toEqual([expect.stringMatching(new RegExp(`^${COOKIE}=; .*Max-Age=0`))])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    for (const by of [headers, { authorization: `Bearer ${answer.json.access_token}` }]) {
      expect((await ask('GET', '/auth/session', by)).json).toMatchObject({ subject: 'alice', session: { id } })
    }
  })

  it('gives a cookie for the refresh token, to JSON and to forms', async () => {
    const { ask, signInWithTokens } = await partsFor('cookie')
    const { id, refresh } = await signInWithTokens()
    const body = JSON.stringify({ refresh_token: refresh })
    const answer = await ask('POST', '/auth/convert', { ...JSON_TYPE, body })
    expect(answer.json).toMatchObject({ subject: 'alice', session: { id } })
    const [line = ''] = answer.cookies
    expect(line).toMatch(
      new RegExp(`^${COOKIE}=${id}\\.\\S+; Path=/; Max-Age=7776000; Secure; HttpOnly; SameSite=Lax$`),
    )
    const form = await ask('POST', '/auth/convert', {
      ...FORM,
      origin: ORIGIN,
      body: `refresh_token=${refresh}&return_to=/x`,
    })
    expect([form.status, form.headers.get('location')]).toEqual([303, '/auth/cookie-check?return_to=%2Fx'])
    expect(form.cookies[0]).toBe(line)
    expect((await ask('GET', '/auth/session', { cookie: line.split(';')[0] })).status).toBe(200)
  })

  it('gives no scope that the audience does not allow: services believe what a token says', async () => {
    const { ask, signIn } = await partsFor('token')
    for (const [given, status] of [
      [{ audience: 'api', scope: 'admin' }, 403],
      [{ audience: 'api', scope: 'read admin' }, 403],
      [{ scope: 'read' }, 403],
      [{ audience: 'api', scope: 'read' }, 200],
    ] as const) {
      const { headers } = await signIn()
      const answer = await ask('POST', '/auth/convert', { ...headers, ...JSON_TYPE, body: JSON.stringify(given) })
      expect([answer.status, answer.json.scope ?? answer.json.code]).toEqual([
        status,
        status === 200 ? 'read' : 'policy.denied',
      ])
    }
  })

  it('puts a cookie from one cookie mode into the other and leaves it as it is', async () => {
    const { ask, signIn } = await partsFor('hybrid')
    const { id, value, headers } = await signIn()
    const answer = await ask('POST', '/auth/convert', headers)
    expect(answer.json).toMatchObject({ session: { id, mode: 'hybrid' } })
    expect(answer.cookies[0]).toContain(`${COOKIE}=${value};`)
  })

  it('is refused without a change under way, without a credential, by an access token, and to browsers', async () => {
    const idle = await partsFor(null)
    const { headers } = await idle.signIn()
    expect(await idle.ask('POST', '/auth/convert', headers)).toMatchObject({
      status: 403,
      json: { code: 'policy.denied' },
    })
    const { ask, signIn, signInWithTokens } = await partsFor('token')
    const mine = await signIn()
    const { refresh, headers: bearer } = await signInWithTokens()
    const browser = { ...mine.headers, 'sec-fetch-site': 'same-origin' }
    for (const [given, status, code] of [
      [{}, 401, 'credentials.missing'],
      [bearer, 403, 'policy.denied'],
      [{ ...mine.headers, ...bearer }, 403, 'policy.denied'],
      [browser, 403, 'token.browser'],
      [{ ...JSON_TYPE, body: `{"refresh_token":"${refresh}"}` }, 403, 'policy.denied'],
      [{ ...JSON_TYPE, body: '{"refresh_token":"x"}' }, 401, 'refresh.unknown'],
      [{ ...JSON_TYPE, body: '{"refresh_token":7}' }, 400, 'request.malformed'],
      [{ ...mine.headers, ...JSON_TYPE, body: '{"audience":"nobody"}' }, 400, 'token.audience_unknown'],
      [{ cookie: `${COOKIE}=${'a'.repeat(45)}`, origin: ORIGIN }, 401, 'session.ended'],
      [{ cookie: `${COOKIE}=a; ${COOKIE}=b`, origin: ORIGIN }, 400, 'credentials.ambiguous'],
    ] as const) {
      const answer = await ask('POST', '/auth/convert', given)
      expect([answer.status, answer.json.code], JSON.stringify(given)).toEqual([status, code])
      expect(answer.cookies).toEqual([])
    }
    expect((await ask('GET', '/auth/session', mine.headers)).json).toMatchObject({ session: { mode: 'cookie' } })
    const forBrowsers = { ...browser, ...JSON_TYPE, body: '{"audience":"for-browsers"}' }
    expect((await ask('POST', '/auth/convert', forBrowsers)).json).toMatchObject({ expires_in: 300 })
  })

  it('is no way in for another site: neither with our cookie nor with a refresh token of its own', async () => {
    const { ask, signIn, signInWithTokens } = await partsFor('cookie')
    const { refresh } = await signInWithTokens('mallory')
    const body = JSON.stringify({ refresh_token: refresh })
    for (const site of ['cross-site', 'same-site']) {
      const planted = await ask('POST', '/auth/convert', { ...JSON_TYPE, body, 'sec-fetch-site': site })
      expect([planted.status, planted.json.code, planted.cookies]).toEqual([403, 'csrf.cross_site', []])
    }
    const { headers } = await signIn()
    const forged = await ask('POST', '/auth/convert', { ...headers, origin: 'https://evil.example' })
    expect([forged.status, forged.json.code]).toEqual([403, 'csrf.origin'])
  })
})

describe('what the application wants', () => {
  it('is told to cookies by /auth/session and to tokens at their refresh, and to nobody else', async () => {
    const { ask, signIn, signInWithTokens, logins } = await partsFor(null)
    const [cookie, tokens] = [await signIn(), await signInWithTokens()]
    const refresh = async (refreshToken: string) =>
      (await ask('POST', '/auth/refresh', { ...JSON_TYPE, body: JSON.stringify({ refresh_token: refreshToken }) })).json
    const session = async (headers: Record<string, string>) => (await ask('GET', '/auth/session', headers)).json
    expect(await session(cookie.headers)).not.toHaveProperty('convert_to')
    const first = await refresh(tokens.refresh)
    expect(first).not.toHaveProperty('convert_to')
    await logins.modes.change(() => ({ issue: 'token' }))
    expect(await session(cookie.headers)).toMatchObject({ convert_to: 'token' })
    const second = await refresh(String(first.refresh_token))
    expect(second).not.toHaveProperty('convert_to')
    await logins.modes.change(() => ({ issue: 'hybrid' }))
    expect(await session(cookie.headers)).toMatchObject({ convert_to: 'hybrid' })
    expect(await refresh(String(second.refresh_token))).toMatchObject({ convert_to: 'hybrid' })
    await logins.modes.change(() => ({ issue: 'token', accept: ['token'] }))
    expect((await ask('GET', '/auth/session', cookie.headers)).json).toMatchObject({ code: 'session.mode' })
  })
})
