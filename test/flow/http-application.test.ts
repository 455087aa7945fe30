/** An application with routes of its own, over real sockets and SQLite: from sign-in to signed out everywhere, over a restart. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { problemResponse } from '../../src/http/problem.ts'
import { type Auth, createAuth, type HttpRequest, type HttpResponse } from '../../src/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { type ListeningServer, listen } from '../support/http-server.ts'

const ORIGIN = 'http://localhost:4000'
const folder = mkdtempSync(join(tmpdir(), 'sojourn-http-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const FORM = 'application/x-www-form-urlencoded'
const roles = new Map([['alice', ['reader']]])

/** What an application writes: two routes of its own, and Sojourn's for the rest. */
function application(auth: Auth<{ roles: readonly string[] }, unknown>) {
  return async (request: HttpRequest): Promise<HttpResponse> => {
    const path = new URL(request.url, ORIGIN).pathname
    if (auth.covers(path)) return auth.handler(request)
    try {
      if (path === '/sign-in') {
        const mode = request.headers.get('x-mode') === 'token' ? 'token' : 'cookie'
        return auth.respond(await auth.logIn({ subject: 'alice', mode }, request), { form: false })
      }
      const login = await auth.require(request)
      return {
        status: 200,
        headers: new Headers(),
        body: `${request.method} by ${login.subject}: ${login.claims.roles.join()}`,
      }
    } catch (error) {
      return problemResponse(error, request)
    }
  }
}

describe('an application', () => {
  let file = 0
  let path: string
  let server: ListeningServer
  let auth: Auth<{ roles: readonly string[] }, unknown>
  let closeStore: () => Promise<void>

  const start = async () => {
    const store = createSqliteStore({ path })
    closeStore = store.close
    auth = createAuth({
      store,
      issuer: ORIGIN,
      secrets: 'a secret of tests, 0123456789 abcdefghijk',
      claims: (subject) => ({ roles: roles.get(subject) ?? [] }),
      data: (stored): unknown => stored,
    })
    await auth.ready()
    server = await listen(application(auth))
  }
  const stop = async () => {
    await server.close()
    await auth.close()
    await closeStore()
  }
  beforeEach(async () => {
    path = join(folder, `${++file}.db`)
    roles.set('alice', ['reader'])
    await start()
  })
  afterEach(stop)

  const ask = async (method: string, target: string, headers: Record<string, string> = {}, body?: object | string) => {
    const { request } = await import('node:http')
    return new Promise<{ status: number; text: string; json: Record<string, unknown>; cookie: string }>(
      (resolve, reject) => {
        const sent = request(
          {
            port: server.port,
            host: '127.0.0.1',
            method,
            path: target,
            headers: {
              host: 'localhost:4000',
              ...(body ? { 'content-type': typeof body === 'string' ? FORM : 'application/json' } : {}),
              ...headers,
            },
          },
          (answer) => {
            let text = ''
            answer.setEncoding('utf8')
            answer.on('data', (chunk) => {
              text += chunk
            })
            answer.on('end', () =>
              resolve({
                status: answer.statusCode ?? 0,
                text,
                json: text.startsWith('{') ? JSON.parse(text) : {},
                cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
              }),
            )
          },
        )
        sent.on('error', reject)
        sent.end(typeof body === 'object' ? JSON.stringify(body) : body)
      },
    )
  }
  const origin = { origin: ORIGIN }

  it('signs in, serves, checks CSRF on its own routes, and signs out', async () => {
    const { cookie, json } = await ask('POST', '/sign-in', origin)
    expect(cookie).toMatch(/^__Host-Http-sid=/)
    expect(json).toMatchObject({ subject: 'alice', cookie_check: '/auth/cookie-check' })
    expect((await ask('GET', '/auth/cookie-check', { cookie })).status).toBe(204)
    expect((await ask('GET', '/cart', { cookie })).text).toBe('GET by alice: reader')
    expect((await ask('POST', '/cart', { cookie })).json.code).toBe('csrf.missing')
    expect((await ask('POST', '/cart', { cookie, 'sec-fetch-site': 'same-site' })).json.code).toBe('csrf.cross_site')
    expect((await ask('POST', '/cart', { cookie, ...origin })).text).toBe('POST by alice: reader')
    expect((await ask('POST', '/auth/sign-out', { cookie, ...origin })).status).toBe(200)
    expect((await ask('GET', '/cart', { cookie })).json.code).toBe('session.ended')
  })

  it('keeps cookie and tokens over a restart, and their end too', async () => {
    const { cookie } = await ask('POST', '/sign-in', origin)
    const other = await ask('POST', '/sign-in', origin)
    const phone = await ask('POST', '/sign-in', { 'x-mode': 'token' })
    expect(phone.json).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
    const bearer = { authorization: `Bearer ${phone.json.access_token}` }
    await ask('DELETE', `/auth/sessions/${(other.json.session as { id: string }).id}`, { cookie, ...origin })
    await stop()
    await start()
    expect((await ask('GET', '/cart', { cookie })).status).toBe(200)
    expect((await ask('GET', '/cart', { cookie: other.cookie })).json.code).toBe('session.ended')
    expect((await ask('GET', '/cart', bearer)).text).toBe('GET by alice: reader')
    const refreshed = await ask('POST', '/auth/refresh', {}, { refresh_token: phone.json.refresh_token as string })
    expect(refreshed.json).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) })
  })

  it('shows a changed role to the same cookie and the same token', async () => {
    const { cookie } = await ask('POST', '/sign-in', origin)
    const phone = await ask('POST', '/sign-in', { 'x-mode': 'token' })
    const bearer = { authorization: `Bearer ${phone.json.access_token}` }
    roles.set('alice', ['reader', 'editor'])
    await auth.changeClaims('alice')
    expect((await ask('GET', '/cart', { cookie })).text).toBe('GET by alice: reader,editor')
    expect((await ask('GET', '/cart', bearer)).text).toBe('GET by alice: reader,editor')
  })

  it('bridges a cookie to a token, which dies with its session', async () => {
    const { cookie } = await ask('POST', '/sign-in', origin)
    const { json } = await ask('POST', '/auth/token', { cookie, ...origin })
    const bearer = { authorization: `Bearer ${json.access_token}` }
    expect((await ask('GET', '/cart', bearer)).status).toBe(200)
    const others = await ask('DELETE', '/auth/sessions?scope=others', { cookie, ...origin })
    expect(others.cookie).not.toBe(cookie)
    expect((await ask('GET', '/cart', bearer)).json.code).toBe('token.revoked')
    expect((await ask('GET', '/cart', { cookie })).json.code).toBe('session.ended')
    expect((await ask('GET', '/cart', { cookie: others.cookie })).status).toBe(200)
  })

  it('revokes by RFC 7009 and says so by RFC 7662', async () => {
    const phone = await ask('POST', '/sign-in', { 'x-mode': 'token' })
    const tablet = await ask('POST', '/sign-in', { 'x-mode': 'token' })
    const bearer = (answer: typeof phone) => ({ authorization: `Bearer ${answer.json.access_token}` })
    const about = async (token: unknown) =>
      (await ask('POST', '/oauth/introspect', bearer(tablet), `token=${token}`)).json
    expect(await about(tablet.json.access_token)).toMatchObject({ active: true, sub: 'alice', iss: ORIGIN })
    expect(await about(phone.json.access_token)).toEqual({ active: false })
    const second = await ask('POST', '/auth/refresh', {}, { refresh_token: tablet.json.refresh_token as string })
    expect((await ask('POST', '/oauth/revoke', {}, `token=${second.json.access_token}`)).status).toBe(200)
    expect((await ask('GET', '/cart', bearer(second))).json.code).toBe('token.revoked')
    expect((await ask('GET', '/cart', bearer(tablet))).status).toBe(200)
    // A refresh token that is spent still names its session; ending it twice is no error.
    for (const token of [tablet.json.refresh_token, second.json.refresh_token, 'unknown']) {
      expect((await ask('POST', '/oauth/revoke', {}, `token=${token}&token_type_hint=access_token`)).status).toBe(200)
    }
    expect((await ask('GET', '/cart', bearer(tablet))).json.code).toBe('token.revoked')
    expect((await ask('GET', '/cart', bearer(phone))).status).toBe(200)
    expect((await ask('GET', '/auth/session', { ...bearer(phone), host: 'evil.test' })).json.code).toBe('request.host')
  })
})
