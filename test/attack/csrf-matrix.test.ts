/** Every route that changes something, against every way to forge: the cookie is good, and still nothing happens. */
import { beforeEach, describe, expect, it } from 'vitest'
import { authRoutes } from '../../src/http/routes/auth-routes.ts'
import { COOKIE, httpParts, ORIGIN } from '../support/http-parts.ts'

const { ask, parts, signIn, signInWithTokens, live, logins } = await httpParts()
const routes = authRoutes(parts)
const changing = routes.filter(({ method }) => method !== 'GET')
const guarded = changing.filter(({ withoutCsrf }) => !withoutCsrf)

const FORGED: Readonly<Record<string, Record<string, string>>> = {
  'neither header': {},
  'another site': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' },
  'a sibling sub-domain': { 'sec-fetch-site': 'same-site', origin: 'https://x.app.example' },
  'another port': { 'sec-fetch-site': 'same-site', origin: 'https://app.example:8443' },
  'plain http': { 'sec-fetch-site': 'cross-site', origin: 'http://app.example' },
  'a sandboxed frame': { 'sec-fetch-site': 'cross-site', origin: 'null' },
  'Origin null alone': { origin: 'null' },
  'an old browser on another site': { origin: 'https://evil.test' },
  'an old browser on a sibling': { origin: 'https://x.app.example' },
  'an origin that begins like ours': { origin: 'https://app.example.evil.test' },
  'an origin that ends like ours': { origin: 'https://evilapp.example' },
  'ours as user info': { origin: 'https://app.example@evil.test' },
  'a referrer of ours': { referer: `${ORIGIN}/` },
  'a forwarded host': { origin: 'https://evil.test', 'x-forwarded-host': 'evil.test' },
  'a Basic header': { authorization: 'Basic dTpw' },
  'an empty Origin': { origin: '' },
  'two origins': { origin: `${ORIGIN}, https://evil.test` },
  'a method override': { 'x-http-method-override': 'GET', 'sec-fetch-site': 'cross-site' },
  'an upgrade that claims to be ours': {
    upgrade: 'websocket',
    'sec-fetch-site': 'same-origin',
    origin: 'https://evil.test',
  },
  'a navigation': {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-user': '?1',
    accept: 'text/html',
  },
}

describe('CSRF', () => {
  let alice: Awaited<ReturnType<typeof signIn>>
  let other: Awaited<ReturnType<typeof signIn>>

  beforeEach(async () => {
    await logins.revoke({ subject: 'alice' })
    alice = await signIn()
    other = await signIn()
  })

  const fill = (path: string) => path.replace('{id}', other.id)
  const body = () => `scope=all&session_id=${other.id}`
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  it('covers the routes that there are', () => {
    expect(guarded.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /auth/sign-out',
      'DELETE /auth/sessions',
      'DELETE /auth/sessions/{id}',
      'POST /auth/sessions/end',
      'POST /auth/sessions/{id}/end',
      'POST /auth/accounts/switch',
      'POST /auth/token',
      'POST /auth/convert',
    ])
  })

  for (const [how, headers] of Object.entries(FORGED)) {
    it(`refuses ${how}`, async () => {
      const before = [...(await live())].sort()
      for (const { method, path } of guarded) {
        const answer = await ask(method, `${fill(path)}?scope=all&_method=GET`, {
          ...form,
          cookie: alice.headers.cookie,
          ...headers,
          body: body(),
        })
        const code = answer.json.code ?? /csrf\.\w+/.exec(String(answer.body))?.[0]
        expect(answer.status, `${method} ${path}`).toBe(403)
        expect(code, `${method} ${path}`).toMatch(/^csrf\./)
        expect(answer.cookies).toEqual([])
      }
      expect([...(await live())].sort()).toEqual(before)
    })
  }

  it('lets our own pages do the very same (positive control)', async () => {
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: ORIGIN }, { 'sec-fetch-site': 'none' }]) {
      const victim = await signIn()
      const answer = await ask('POST', `/auth/sessions/${victim.id}/end`, {
        ...form,
        cookie: alice.headers.cookie,
        ...headers,
        body: '',
      })
      expect(answer.status).toBe(303)
      expect(await live()).not.toContain(victim.id)
    }
  })

  it('is not asked where nothing ambient counts: the cookie moves nothing there', async () => {
    const phone = await signInWithTokens('bob')
    const before = [...(await live())].sort()
    for (const { method, path } of changing.filter(({ withoutCsrf }) => withoutCsrf)) {
      const answer = await ask(method, path, {
        ...form,
        cookie: `${COOKIE}=${alice.value}`,
        'sec-fetch-site': 'cross-site',
        origin: 'https://evil.test',
        body: `token=${alice.value}&refresh_token=${alice.value}`,
      })
      expect(answer.cookies).toEqual([])
      expect(answer.json).not.toHaveProperty('access_token')
    }
    expect([...(await live())].sort()).toEqual(before)
    expect(
      (
        await ask('POST', '/auth/refresh', {
          ...form,
          'sec-fetch-site': 'cross-site',
          body: `refresh_token=${phone.refresh}`,
        })
      ).status,
    ).toBe(200)
  })

  it('lets no read change anything, whatever it asks to be taken for', async () => {
    const before = [...(await live())].sort()
    for (const { path } of routes) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        await ask(method, `${fill(path)}?scope=all&_method=DELETE&method=POST`, {
          cookie: alice.headers.cookie,
          'x-http-method-override': 'DELETE',
          'x-http-method': 'POST',
          'x-method-override': 'DELETE',
          'sec-fetch-site': 'cross-site',
        })
      }
    }
    expect([...(await live())].sort()).toEqual(before)
  })
})
