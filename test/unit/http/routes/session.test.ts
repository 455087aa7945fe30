/** Who am I, sign-out, accounts of one browser. */
import { describe, expect, it } from 'vitest'
import { COOKIE, httpParts, ORIGIN } from '../../../support/http-parts.ts'

const EXPIRED = `${COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('GET /auth/session', () => {
  it('says who is asking, by cookie and by token', async () => {
    const { ask, signIn, signInWithTokens } = await httpParts()
    const { headers, id } = await signIn()
    const answer = await ask('GET', '/auth/session', { cookie: headers.cookie })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      subject: 'alice',
      claims: { roles: ['reader'] },
      session: {
        id,
        mode: 'cookie',
        credential: 'cookie',
        created_at: 1_800_000_000,
        expires_at: 1_800_000_000 + 14 * 86_400,
        authenticated_at: 1_800_000_000,
        acr: null,
        amr: ['pwd'],
      },
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('vary')).toBe('Cookie, Authorization, Origin, Sec-Fetch-Site')
    const byToken = await ask('GET', '/auth/session', (await signInWithTokens()).headers)
    expect(byToken.json).toMatchObject({ subject: 'alice', session: { credential: 'token', created_at: null } })
  })

  it('tells the kinds of "no" apart and never clears a cookie', async () => {
    const { ask, signIn, state } = await httpParts()
    const { headers } = await signIn()
    const cases = [
      [{}, 401, 'credentials.missing'],
      [{ cookie: `${COOKIE}=gone` }, 401, 'session.ended'],
      [{ cookie: `${headers.cookie}; ${headers.cookie}` }, 400, 'credentials.ambiguous'],
      [{ ...headers, authorization: 'Bearer wrong' }, 401, 'token.malformed'],
      [{ ...headers, authorization: 'Basic dTpw' }, 401, 'credentials.scheme'],
      [{ ...headers, authorization: 'Bearer a, Bearer b' }, 400, 'credentials.ambiguous'],
    ] as const
    for (const [given, status, code] of cases) {
      const answer = await ask('GET', '/auth/session', given)
      expect([answer.status, answer.json.code, answer.cookies]).toEqual([status, code, []])
      expect(answer.headers.has('www-authenticate')).toBe(status === 401)
    }
    state.failing = true
    const down = await ask('GET', '/auth/session', { cookie: headers.cookie })
    expect([down.status, down.json.code, down.cookies]).toEqual([503, 'store.unavailable', []])
    expect(down.headers.get('retry-after')).toBe('2')
  })
})

describe('POST /auth/sign-out', () => {
  it('ends the session and expires only our cookie, with the attributes that set it', async () => {
    const { ask, signIn, live } = await httpParts()
    const { headers } = await signIn()
    const answer = await ask('POST', '/auth/sign-out', headers)
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      signed_out: true,
      receipt: { confirmed_by: 'acks', waited_for: 0, remote_effective_at: null },
    })
    expect(answer.cookies).toEqual([EXPIRED])
    expect(answer.headers.has('clear-site-data')).toBe(false)
    expect(await live()).toHaveLength(0)
    const again = await ask('POST', '/auth/sign-out', headers)
    expect([again.status, again.json.signed_out, again.cookies]).toEqual([200, false, [EXPIRED]])
    const without = await ask('POST', '/auth/sign-out', { origin: ORIGIN })
    expect([without.status, without.json.signed_out, without.cookies]).toEqual([200, false, []])
  })

  it('ends the session behind a bearer token and touches no cookie', async () => {
    const { ask, signIn, signInWithTokens, live } = await httpParts()
    const browser = await signIn('bob')
    const phone = await signInWithTokens()
    const answer = await ask('POST', '/auth/sign-out', { ...phone.headers, cookie: browser.headers.cookie })
    expect([answer.status, answer.cookies]).toEqual([200, []])
    expect(await live()).toEqual([browser.id])
  })

  it('keeps the cookie when the store fails, so that it can be repeated', async () => {
    const { ask, signIn, state } = await httpParts()
    const { headers } = await signIn()
    state.failing = true
    const answer = await ask('POST', '/auth/sign-out', headers)
    expect([answer.status, answer.cookies]).toEqual([503, []])
  })

  it('sends a form on to a local path only', async () => {
    const { ask, signIn } = await httpParts()
    const to = async (returnTo: string) => {
      const { headers } = await signIn()
      const body = `return_to=${encodeURIComponent(returnTo)}`
      return (await ask('POST', '/auth/sign-out', { ...headers, ...FORM, body })).headers.get('location')
    }
    expect(await to('/bye?x=1')).toBe('/bye?x=1')
    for (const evil of ['https://evil.test/', '//evil.test', '/\\evil.test', '/\t/evil.test', 'javascript:x']) {
      expect(await to(evil)).toBe('/')
    }
  })

  it('clears site data only when asked to', async () => {
    const { ask, signIn } = await httpParts({ clearSiteData: ['cache', 'storage'] })
    const { headers } = await signIn()
    expect((await ask('POST', '/auth/sign-out', headers)).headers.get('clear-site-data')).toBe('"cache", "storage"')
  })

  it('is refused across sites', async () => {
    const { ask, signIn, live } = await httpParts()
    const { headers } = await signIn()
    for (const forged of [
      { cookie: headers.cookie },
      { cookie: headers.cookie, origin: 'null' },
      { cookie: headers.cookie, origin: ORIGIN, 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await ask('POST', '/auth/sign-out', forged)
      expect(answer.status).toBe(403)
      expect(answer.json.code).toMatch(/^csrf\./)
    }
    expect(await live()).toHaveLength(1)
  })
})

describe('several accounts in one browser', () => {
  it('are listed and switched', async () => {
    const { ask, signIn } = await httpParts()
    const alice = await signIn('alice')
    const bob = await signIn('bob', alice.value)
    const listed = await ask('GET', '/auth/accounts', { cookie: bob.headers.cookie })
    const accounts = listed.json.accounts as { session_id: string; subject: string; active: boolean }[]
    expect(accounts.map(({ subject, active }) => [subject, active])).toEqual([
      ['bob', true],
      ['alice', false],
    ])
    expect(accounts[0]?.session_id).toBe(bob.id)
    const body = JSON.stringify({ session_id: accounts[1]?.session_id })
    const switched = await ask('POST', '/auth/accounts/switch', {
      ...bob.headers,
      'content-type': 'application/json',
      body,
    })
    expect(switched.json.subject).toBe('alice')
    const cookie = switched.cookies[0]?.split(';')[0] ?? ''
    expect((await ask('GET', '/auth/session', { cookie })).json.subject).toBe('alice')
  })

  it('need the cookie: a bearer token holds one account', async () => {
    const { ask, signIn, signInWithTokens } = await httpParts()
    const { headers } = await signIn()
    const token = await signInWithTokens()
    for (const given of [{}, token.headers, { ...headers, ...token.headers }]) {
      expect((await ask('GET', '/auth/accounts', given)).json.code).toBe('credentials.missing')
    }
  })

  it('cannot be reached from another browser', async () => {
    const { ask, signIn } = await httpParts()
    const [alice, mallory] = [await signIn('alice'), await signIn('mallory')]
    const body = JSON.stringify({ session_id: alice.id })
    const answer = await ask('POST', '/auth/accounts/switch', {
      ...mallory.headers,
      'content-type': 'application/json',
      body,
    })
    expect([answer.status, answer.cookies]).toEqual([401, []])
  })

  it('are all signed out together, or one by one', async () => {
    const { ask, signIn, live } = await httpParts()
    const alice = await signIn('alice')
    const bob = await signIn('bob', alice.value)
    const one = await ask('POST', '/auth/sign-out', {
      ...bob.headers,
      'content-type': 'application/json',
      body: '{"scope":"account"}',
    })
    expect(one.json).toMatchObject({ signed_out: true, subject: 'alice' })
    expect(await live()).toHaveLength(1)
    const cookie = one.cookies[0]?.split(';')[0] ?? ''
    const carol = await signIn('carol', cookie.slice(COOKIE.length + 1))
    const both = await ask('POST', '/auth/sign-out', carol.headers)
    expect(both.cookies).toEqual([EXPIRED])
    expect(await live()).toHaveLength(0)
  })
})
