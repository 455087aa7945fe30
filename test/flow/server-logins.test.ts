/** The server over real sockets: sign-up and sign-in in every mode, passwords, operators. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createArgon2Hasher } from '../../src/server/argon2.ts'
import { createClient } from '../support/http-client.ts'
import { cheapHasher, OPERATOR_KEY, startTestServer, type TestServer } from '../support/running-server.ts'

const PASSWORD = 'plum-otter-cargo'
let server: TestServer
beforeAll(async () => {
  // Cheap but real: PHC strings, threads, queue.
  server = await startTestServer({ hasher: createArgon2Hasher({ memoryKib: 256, passes: 1 }) })
})
afterAll(() => server.close())

let accounts = 0
async function signUp(mode?: string) {
  const email = `user${++accounts}@example.org`
  const client = createClient(server.url)
  const answer = await client.post('/auth/sign-up', { json: { email, password: PASSWORD, ...(mode ? { mode } : {}) } })
  expect(answer.status).toBe(201)
  return { email, client, answer }
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
const withKey = bearer(OPERATOR_KEY)

describe('signing in', () => {
  it('sets the session cookie and the device cookie', async () => {
    const { client, answer } = await signUp()
    const [session, device] = answer.headers.getSetCookie()
    expect(session).toMatch(
      /^__Host-Http-sid=[\w-]{22}\.[\w-]{22}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/,
    )
    expect(device).toMatch(/^__Host-Http-device=[\w.-]+; Path=\/; Max-Age=34560000; Secure; HttpOnly; SameSite=Strict$/)
    const who = await client.get('/auth/session')
    expect(who.json).toMatchObject({ claims: { roles: [] }, session: { mode: 'cookie', credential: 'cookie' } })
    expect(who.json.subject).toMatch(/^[\w-]{22}$/)
  })

  it('hands out tokens, and no cookie, in token mode', async () => {
    const { email } = await signUp()
    const client = createClient(server.url)
    const answer = await client.post('/auth/sign-in', { json: { email, password: PASSWORD, mode: 'token' } })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
    expect(answer.headers.getSetCookie()).toEqual([])
    const who = await client.get('/auth/session', bearer(answer.json.access_token))
    expect(who.json.session).toMatchObject({ mode: 'token', credential: 'token' })
    const refreshed = await client.post('/auth/refresh', { json: { refresh_token: answer.json.refresh_token } })
    expect(refreshed.status).toBe(200)
    expect((await client.get('/auth/session', bearer(refreshed.json.access_token))).status).toBe(200)
  })

  it('keeps the cookie and mints tokens in hybrid mode', async () => {
    const { email } = await signUp()
    const client = createClient(server.url)
    const answer = await client.post('/auth/sign-in', { json: { email, password: PASSWORD, mode: 'hybrid' } })
    expect(answer.json.session.mode).toBe('hybrid')
    const minted = await client.post('/auth/token', { json: {} })
    expect(minted.status).toBe(200)
    const who = await client.get('/auth/session', bearer(minted.json.access_token))
    expect(who.json.session).toMatchObject({ id: answer.json.session.id, credential: 'token' })
  })

  it('answers a form with 303 by way of the cookie check, and keeps return_to at home', async () => {
    const { email } = await signUp()
    const client = createClient(server.url)
    const form = { email, password: PASSWORD, return_to: '/sign-in' }
    const answer = await client.post('/auth/sign-in', { form })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe('/auth/cookie-check?return_to=%2Fsign-in')
    const check = await client.get(answer.headers.get('location') ?? '')
    expect([check.status, check.headers.get('location')]).toEqual([303, '/sign-in'])
    const away = await client.post('/auth/sign-in', { form: { ...form, return_to: '//evil.example' } })
    expect(away.headers.get('location')).toBe('/auth/cookie-check?return_to=%2F')
  })

  it('refuses a wrong password and an unknown address alike', async () => {
    const { email } = await signUp()
    const client = createClient(server.url)
    const wrong = await client.post('/auth/sign-in', { json: { email, password: 'wrong-wrong' } })
    const nobody = await client.post('/auth/sign-in', { json: { email: 'nobody@example.org', password: PASSWORD } })
    expect([wrong.status, wrong.json.code]).toEqual([401, 'account.credentials'])
    expect(nobody.text).toBe(wrong.text)
    expect(client.cookies.size).toBe(0)
  })

  it('ends the oldest session of a user with the hundred-and-first, and no other', async () => {
    const { email, client } = await signUp()
    const { subject } = (await client.get('/auth/session')).json
    const { logins } = server.instance
    const second = createClient(server.url)
    expect((await second.post('/auth/sign-in', { json: { email, password: PASSWORD } })).status).toBe(200)
    for (let i = 0; i < 98; i++)
      await logins.logIn({ subject, mode: 'token', device: { userAgent: null, address: null } })
    expect((await client.get('/auth/session')).status).toBe(200)
    await logins.logIn({ subject, mode: 'token', device: { userAgent: null, address: null } })
    expect((await client.get('/auth/session')).status).toBe(401)
    expect((await second.get('/auth/session')).status).toBe(200)
  })

  it('never adopts the session id that a browser brought along', async () => {
    const { email, client } = await signUp()
    const before = client.cookies.get('__Host-Http-sid') ?? ''
    await client.post('/auth/sign-in', { json: { email, password: PASSWORD } })
    expect(client.cookies.get('__Host-Http-sid')).not.toBe(before)
    const old = createClient(server.url)
    old.cookies.set('__Host-Http-sid', before)
    expect((await old.get('/auth/session')).status).toBe(401)
  })

  it('keeps two accounts in one browser and switches between them', async () => {
    const { email, client } = await signUp()
    const second = await signUp()
    await client.post('/auth/sign-in', { json: { email: second.email, password: PASSWORD } })
    const page = await client.get('/')
    expect(page.text).toContain(`Switch<span class="visually-hidden"> to ${email}</span>`)
    const { json } = await client.get('/auth/accounts')
    const other = json.accounts.find(({ active }: { active: boolean }) => !active)
    const switched = await client.post('/auth/accounts/switch', { form: { session_id: other.session_id } })
    expect(switched.status).toBe(303)
    expect((await client.get('/')).text).toContain(`<span class="email">${email}</span>`)
  })

  it('tells a form what was wrong, beside its field, and keeps the email', async () => {
    const { email } = await signUp()
    const client = createClient(server.url)
    const weak = await client.post('/auth/sign-up', { form: { email: 'new@example.org', password: 'short' } })
    expect(weak.status).toBe(400)
    expect(weak.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(weak.text).toContain('id="sign-up-password-error"')
    expect(weak.text).toContain('value="new@example.org"')
    expect(weak.text).not.toContain('short')
    const taken = await client.post('/auth/sign-up', { form: { email, password: PASSWORD } })
    expect([taken.status, taken.text.includes('id="sign-up-email-error"')]).toEqual([409, true])
    const wrong = await client.post('/auth/sign-in', { form: { email, password: 'wrong-wrong' } })
    expect([wrong.status, wrong.text.includes('role="alert"')]).toEqual([401, true])
    expect(wrong.text).not.toContain('wrong-wrong')
    expect(
      (await client.post('/auth/sign-up', { form: { email: 'x@y.z<script>', password: PASSWORD } })).text,
    ).not.toContain('<script>')
  })
})

describe('a password change', () => {
  it('ends every other session and gives this one a new cookie', async () => {
    const { email, client } = await signUp()
    const phone = createClient(server.url)
    const { json: tokens } = await phone.post('/auth/sign-in', { json: { email, password: PASSWORD, mode: 'token' } })
    const other = createClient(server.url)
    await other.post('/auth/sign-in', { json: { email, password: PASSWORD } })
    const before = client.cookies.get('__Host-Http-sid')

    const refused = await client.post('/auth/password', {
      json: { current_password: 'wrong-wrong', new_password: 'seven-tall-herons' },
    })
    expect([refused.status, refused.json.code]).toEqual([401, 'account.credentials'])
    expect((await other.get('/auth/session')).status).toBe(200)

    const changed = await client.post('/auth/password', {
      json: { current_password: PASSWORD, new_password: 'seven-tall-herons' },
    })
    expect(changed.status).toBe(200)
    expect(changed.json.ended).toBeGreaterThanOrEqual(2)
    expect(client.cookies.get('__Host-Http-sid')).not.toBe(before)
    expect((await client.get('/auth/session')).status).toBe(200)
    expect((await other.get('/auth/session')).status).toBe(401)
    expect((await phone.get('/auth/session', bearer(tokens.access_token))).status).toBe(401)
    expect((await phone.post('/auth/refresh', { json: { refresh_token: tokens.refresh_token } })).status).toBe(401)
    const again = createClient(server.url)
    expect((await again.post('/auth/sign-in', { json: { email, password: PASSWORD } })).status).toBe(401)
    expect((await again.post('/auth/sign-in', { json: { email, password: 'seven-tall-herons' } })).status).toBe(200)
  })

  it('needs a login, and is throttled', async () => {
    const { client } = await signUp()
    const json = { current_password: 'wrong-wrong', new_password: 'seven-tall-herons' }
    expect((await createClient(server.url).post('/auth/password', { json })).status).toBe(401)
    const statuses: number[] = []
    for (let i = 0; i < 12; i++) statuses.push((await client.post('/auth/password', { json })).status)
    expect(statuses.slice(0, 10).every((status) => status === 401)).toBe(true)
    expect(statuses.slice(10)).toEqual([429, 429])
  })
})

describe('a password change while others sign in with the old password', () => {
  it('leaves no session behind that the old password began', async () => {
    const slow = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    const uneven = await startTestServer({
      hasher: {
        ...cheapHasher,
        async verify(hash, password) {
          const right = await cheapHasher.verify(hash, password)
          // What was right when it was looked at is told late.
          await slow(Math.random() * 20)
          return right
        },
      },
    })
    try {
      const json = { email: 'ada@example.org', password: PASSWORD }
      const owner = createClient(uneven.url)
      await owner.post('/auth/sign-up', { json })
      const thieves = Array.from({ length: 20 }, () => createClient(uneven.url))
      const [changed] = await Promise.all([
        slow(10).then(() =>
          owner.post('/auth/password', { json: { current_password: PASSWORD, new_password: 'seven-tall-herons' } }),
        ),
        ...thieves.map(async (thief) => {
          await slow(Math.random() * 30)
          return thief.post('/auth/sign-in', { json })
        }),
      ])
      expect(changed.status).toBe(200)
      for (const thief of thieves) expect((await thief.get('/auth/session')).status).toBe(401)
      expect((await owner.get('/auth/session')).status).toBe(200)
    } finally {
      await uneven.close()
    }
  })
})

describe('a reset', () => {
  it('sets a new password once, ends all sessions, and takes the whole link', async () => {
    const { email, client } = await signUp()
    const reset = await server.instance.accounts.requestReset(email)
    const link = `${server.url}/reset#${reset?.code}`
    const browser = createClient(server.url)
    expect((await browser.get('/reset')).status).toBe(200)
    const weak = await browser.post('/auth/reset', { form: { code: link, new_password: 'short' } })
    expect([weak.status, weak.text.includes('id="reset-new_password-error"')]).toEqual([400, true])
    const done = await browser.post('/auth/reset', { form: { code: link, new_password: 'seven-tall-herons' } })
    expect([done.status, done.text.includes('Your new password is set')]).toEqual([200, true])
    expect(browser.cookies.has('__Host-Http-device')).toBe(true)
    expect((await client.get('/auth/session')).status).toBe(401)
    const twice = await browser.post('/auth/reset', { json: { code: reset?.code, new_password: 'nine-small-wrens' } })
    expect([twice.status, twice.json.code]).toEqual([400, 'account.reset_invalid'])
    const signedIn = await browser.post('/auth/sign-in', { json: { email, password: 'seven-tall-herons' } })
    expect(signedIn.status).toBe(200)
  })
})

describe('operators', () => {
  it('change roles, and the very next request with the same cookie and the same token sees it', async () => {
    const { email, client } = await signUp()
    const { json: tokens } = await createClient(server.url).post('/auth/sign-in', {
      json: { email, password: PASSWORD, mode: 'token' },
    })
    const subject = (await client.get('/auth/session')).json.subject
    const anybody = createClient(server.url)
    const put = await anybody.ask('PUT', `/admin/subjects/${subject}/claims`, {
      json: { roles: ['editor'] },
      ...withKey,
    })
    expect(put.status).toBe(200)
    expect(put.json).toMatchObject({ subject, claims: { roles: ['editor'] }, receipt: { confirmed_by: 'acks' } })
    expect((await client.get('/auth/session')).json.claims).toEqual({ roles: ['editor'] })
    expect((await anybody.get('/auth/session', bearer(tokens.access_token))).json.claims).toEqual({ roles: ['editor'] })
    await anybody.ask('PUT', `/admin/subjects/${subject}/claims`, { json: { roles: [] }, ...withKey })
    expect((await client.get('/auth/session')).json.claims).toEqual({ roles: [] })
    expect((await anybody.get('/auth/session', bearer(tokens.access_token))).json.claims).toEqual({ roles: [] })
  })

  it('revoke a session, a subject, a token', async () => {
    const { email, client } = await signUp()
    const sign = async (mode: string) => {
      const other = createClient(server.url)
      const { json } = await other.post('/auth/sign-in', { json: { email, password: PASSWORD, mode } })
      return { other, json }
    }
    const { json: session } = await client.get('/auth/session')
    const [cookie, token] = [await sign('cookie'), await sign('token')]
    const operator = createClient(server.url)
    const revoke = (json: unknown) => operator.post('/admin/revoke', { json, ...withKey })

    expect((await revoke({ session: session.session.id })).status).toBe(200)
    expect((await client.get('/auth/session')).status).toBe(401)
    expect((await cookie.other.get('/auth/session')).status).toBe(200)

    const claims = JSON.parse(Buffer.from(token.json.access_token.split('.')[1], 'base64url').toString())
    expect((await revoke({ token: claims.jti })).status).toBe(200)
    const dead = await token.other.get('/auth/session', bearer(token.json.access_token))
    expect([dead.status, dead.json.code]).toEqual([401, 'token.revoked'])
    const fresh = await token.other.post('/auth/refresh', { json: { refresh_token: token.json.refresh_token } })
    expect((await token.other.get('/auth/session', bearer(fresh.json.access_token))).status).toBe(200)

    expect((await revoke({ subject: session.subject })).status).toBe(200)
    expect((await cookie.other.get('/auth/session')).status).toBe(401)
    expect((await token.other.get('/auth/session', bearer(fresh.json.access_token))).status).toBe(401)
  })

  it('say how far a revocation has to reach, and are told who has confirmed it', async () => {
    const { client } = await signUp()
    const subject = (await client.get('/auth/session')).json.subject
    const revoke = (more: object) =>
      createClient(server.url).post('/admin/revoke', { json: { subject, ...more }, ...withKey })
    for (const wrong of [
      { scope: 'world' },
      { scope: 1 },
      { drain: 11 },
      { drain: -1 },
      { drain: 'soon' },
      { drain: null },
    ]) {
      const { status, json } = await revoke(wrong)
      expect([wrong, status, json.code]).toEqual([wrong, 400, 'request.malformed'])
    }
    expect((await client.get('/auth/session')).status).toBe(200)
    const { status, json } = await revoke({ scope: 'remote', drain: 1 })
    expect([status, json.verifiers.map(({ by }: { by: string }) => by)]).toEqual([200, ['ack']])
    expect((await client.get('/auth/session')).status).toBe(401)
  })

  it('are operators by key or by role, and nobody else is', async () => {
    const { client } = await signUp()
    const subject = (await client.get('/auth/session')).json.subject
    const list = '/admin/sessions'
    const nobody = createClient(server.url)
    expect((await nobody.get(list)).json.code).toBe('credentials.missing')
    expect((await nobody.get(list, bearer(`${OPERATOR_KEY}x`))).status).toBe(401)
    expect((await nobody.get(list, bearer(OPERATOR_KEY.slice(1)))).status).toBe(401)
    const plain = await client.get(list)
    expect([plain.status, plain.json.code]).toEqual([403, 'operator.required'])
    await nobody.ask('PUT', `/admin/subjects/${subject}/claims`, { json: { roles: ['operator'] }, ...withKey })
    const page = await client.get(`${list}?subject=${subject}`)
    expect(page.status).toBe(200)
    expect(page.json.sessions).toHaveLength(1)
    expect(page.json.sessions[0]).toMatchObject({ subject, mode: 'cookie' })
    expect(page.text).not.toMatch(/secret|hash/i)
    // Another site's page cannot use the operator's cookie.
    const forged = await client.post('/admin/revoke', {
      json: { subject },
      headers: { Origin: 'https://evil.example' },
    })
    expect([forged.status, forged.json.code]).toEqual([403, 'csrf.origin'])
    expect((await client.get('/auth/session')).status).toBe(200)
  })

  it('begin with a one-time password, which is replaced at its first use', async () => {
    const path = join(server.directory, 'operator-password')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const [email = '', password = ''] = readFileSync(path, 'utf8').split('\n')
    const client = createClient(server.url)
    const first = await client.post('/auth/sign-in', { json: { email, password } })
    expect([first.status, first.json.code]).toEqual([403, 'account.password_change_required'])
    expect(client.cookies.size).toBe(0)
    const page = await client.post('/auth/sign-in', { form: { email, password } })
    expect([page.status, page.text.includes('name="new_password"')]).toEqual([403, true])
    const weak = await client.post('/auth/sign-in', { form: { email, password, new_password: 'short' } })
    expect([weak.status, weak.text.includes('id="sign-in-new_password-error"')]).toEqual([400, true])
    const done = await client.post('/auth/sign-in', { json: { email, password, new_password: PASSWORD } })
    expect(done.status).toBe(200)
    expect(existsSync(path)).toBe(false)
    expect((await client.get('/admin/sessions')).status).toBe(200)
    expect((await client.post('/auth/sign-in', { json: { email, password } })).status).toBe(401)
  })
})

describe('what is written down', () => {
  it('is every deed in the audit log, by ids only', async () => {
    const { email, client } = await signUp()
    const subject = (await client.get('/auth/session')).json.subject
    const nobody = createClient(server.url)
    await nobody.post('/auth/sign-in', { json: { email, password: 'wrong-wrong' } })
    const { json: tokens } = await nobody.post('/auth/sign-in', { json: { email, password: PASSWORD, mode: 'token' } })
    await nobody.post('/auth/refresh', { json: { refresh_token: tokens.refresh_token } })
    await nobody.ask('PUT', `/admin/subjects/${subject}/claims`, { json: { roles: ['editor'] }, ...withKey })
    await client.post('/auth/sign-out')
    await nobody.post('/admin/revoke', { json: { subject }, ...withKey })
    const events = await server.instance.audit.list({ subject }, null, 50)
    const byAction = new Map(events.map((event) => [event.action, event]))
    for (const action of [
      'account.sign_up',
      'session.sign_in',
      'session.sign_in_failed',
      'refresh.rotated',
      'claims.changed',
      'session.sign_out',
      'subject.revoked',
    ] as const)
      expect(byAction.has(action), action).toBe(true)
    expect(byAction.get('session.sign_in')?.actor).toEqual({ kind: 'subject', id: subject })
    expect(byAction.get('session.sign_in_failed')?.actor).toEqual({ kind: 'anonymous' })
    expect(byAction.get('claims.changed')?.actor).toEqual({ kind: 'operator_key' })
    expect(byAction.get('subject.revoked')?.actor).toEqual({ kind: 'operator_key' })
    expect(byAction.get('account.sign_up')?.address).toBe(client.address)
    expect(byAction.get('session.sign_in')?.address).toMatch(/^10\.0\./)
    const text = JSON.stringify(events)
    for (const secret of [email, PASSWORD, tokens.access_token, tokens.refresh_token, OPERATOR_KEY])
      expect(text).not.toContain(secret)
  })

  it('is nothing secret in logs and metrics', async () => {
    const { email, client, answer } = await signUp()
    await client.post('/auth/sign-in?password=query-secret', { json: { email, password: PASSWORD } })
    const metrics = await client.get('/metrics')
    expect(metrics.text).toMatch(/sojourn_sign_ins_total\{outcome="success",mode="cookie"\} \d+/)
    expect(metrics.text).toMatch(/sojourn_lease_held 1/)
    expect(metrics.text).toMatch(/sojourn_sessions \d+/)
    expect(metrics.text).toMatch(/sojourn_refreshes_total\{outcome="success"\} \d+/)
    expect(metrics.text).toMatch(/sojourn_revocation_spread_seconds_count \d+/)
    expect(metrics.text).toMatch(/sojourn_checks_total\{credential="cookie",from="memory"\} \d+/)
    const cookie = client.cookies.get('__Host-Http-sid') ?? ''
    const said = server.log.join('') + metrics.text
    for (const secret of [email, PASSWORD, 'query-secret', cookie, answer.json.subject, OPERATOR_KEY, 'curl/8'])
      expect(said).not.toContain(secret)
    const lines = server.log.map((line) => JSON.parse(line))
    expect(lines.some((line) => line.route === '/auth/sessions/{id}/end' || line.route === '/auth/sign-in')).toBe(true)
    for (const line of lines.filter(({ msg }) => msg === 'request'))
      expect(Object.keys(line).sort()).toEqual([
        'level',
        'method',
        'ms',
        'msg',
        'request_id',
        'route',
        'status',
        'time',
      ])
  })
})

describe('readiness', () => {
  it('says which part cannot, and is not liveness', async () => {
    const own = await startTestServer({ env: { SOJOURN_STORE: 'memory:' } })
    try {
      const client = createClient(own.url)
      const good = await client.get('/readyz')
      expect([good.status, good.json.ready, good.json.durability]).toEqual([200, true, 'D0'])
      await own.instance.revocations.follower.close()
      const bad = await client.get('/readyz')
      expect([bad.status, bad.json.ready, bad.json.checks.store]).toEqual([503, false, 'ok'])
      expect(bad.json.checks.lease).toContain('no lease')
      await own.instance.store.close()
      expect((await client.get('/readyz')).json.checks.store).toBe('store.unavailable')
      expect((await client.get('/healthz')).status).toBe(200)
      // A store that fails is no logout.
      const answer = await client.get('/auth/session', {
        headers: { Cookie: `__Host-Http-sid=${'A'.repeat(22)}.${'A'.repeat(22)}` },
      })
      expect([answer.status, answer.headers.get('retry-after'), answer.headers.getSetCookie()]).toEqual([503, '2', []])
    } finally {
      await own.close()
    }
  })
})
