/** The adapter contract: one application, the same flows over real sockets on every framework. A new one is a file of its own. */
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { connect, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type AppAuth,
  type AppRoute,
  appRoutes,
  COOKIE,
  createAppAuth,
  FRIEND,
  HOST,
  type Inside,
  ORIGIN,
} from '../support/adapter-app.ts'
import { type AppClient, type Asked, http1Client, http2Client } from '../support/adapter-client.ts'

export interface RunningApp {
  readonly port: number
  close(): Promise<void>
}

export interface Framework {
  readonly name: string
  readonly protocol?: 'h2c'
  /** Objects that must be the same afterwards. */
  readonly prototypes?: readonly object[]
  /** Serves the routes; header fields of a megabyte must be let through to the adapter. */
  start(auth: AppAuth, routes: readonly AppRoute[], inside: Native): Promise<RunningApp>
}

/** Responses of the framework, to see that nothing was put onto them. */
export interface Native {
  readonly responses: object[]
}

/** Header fields of this size reach the adapter. */
export const LARGE_HEADERS = 2 * 1024 * 1024

const own = { origin: ORIGIN }

export function adapterContract(framework: Framework): void {
  describe(framework.name, () => {
    let checks = 0
    const check = (name: string, run: () => Promise<void>): void => {
      it(name, async () => {
        await run()
        checks++
      })
    }
    const before = snapshot(framework.prototypes ?? [])
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason)

    const app = createAppAuth()
    const { auth } = app
    const inside: Inside & Native = {
      signals: [],
      gate: Promise.withResolvers(),
      entered: Promise.withResolvers(),
      late: null,
      race: null,
      responses: [],
    }
    let running: RunningApp
    let client: AppClient

    beforeAll(async () => {
      process.on('unhandledRejection', onUnhandled)
      await auth.ready()
      running = await framework.start(auth, appRoutes(auth, inside), inside)
    })
    beforeEach(() => {
      inside.gate = Promise.withResolvers()
      inside.entered = Promise.withResolvers()
      inside.signals.length = 0
      app.roles.clear()
      client = framework.protocol === 'h2c' ? http2Client(running.port) : http1Client(running.port)
    })
    afterEach(() => client.close())
    afterAll(async () => {
      await running.close()
      await app.stop()
      process.off('unhandledRejection', onUnhandled)
      console.log(`adapter contract: ${framework.name}: ${checks} checks passed`)
    })

    const ask = (method: string, path: string, asked?: Asked) => client.ask(method, path, asked)
    const signIn = async (subject = 'alice', mode: 'cookie' | 'hybrid' = 'cookie') => {
      const answer = await ask('POST', '/sign-in', { headers: { ...own, 'x-subject': subject, 'x-mode': mode } })
      expect(answer.status).toBe(200)
      const cookie = answer.setCookies.find((line) => line.startsWith(COOKIE))?.split(';')[0] ?? ''
      return { answer, cookie, headers: { cookie }, owned: { cookie, ...own } }
    }
    const signInForTokens = async (subject = 'alice') => {
      const { json } = await ask('POST', '/sign-in', { headers: { 'x-subject': subject, 'x-mode': 'token' } })
      const { accessToken, refreshToken } = json.tokens
      return { accessToken, refreshToken, headers: { authorization: `Bearer ${accessToken}` } }
    }
    const tokenFor = (cookie: Readonly<Record<string, string>>) => ask('POST', '/auth/token', { headers: cookie })

    describe('logging in', () => {
      check('sets the cookie before the body, beside what the application sets', async () => {
        const { answer, headers } = await signIn()
        expect(answer.setCookies).toHaveLength(1)
        expect(answer.setCookies[0]).toMatch(
          /^__Host-Http-sid=[\w.-]{40,70}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/,
        )
        expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-app': 'yes' })
        expect((await ask('GET', '/me', { headers })).json).toEqual({
          subject: 'alice',
          mode: 'cookie',
          credential: 'cookie',
          roles: ['reader'],
        })
      })

      check('hands out tokens and no cookie; they are refreshed', async () => {
        const { headers, refreshToken } = await signInForTokens()
        expect((await ask('GET', '/me', { headers })).json).toMatchObject({ mode: 'token', credential: 'token' })
        const refreshed = await ask('POST', '/auth/refresh', {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ refresh_token: refreshToken }),
        })
        expect(refreshed.json).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
        const again = { authorization: `Bearer ${refreshed.json.access_token}` }
        expect((await ask('GET', '/who', { headers: again })).json.subject).toBe('alice')
      })

      check('gives a hybrid login cookie and tokens minted from it', async () => {
        const { headers, owned } = await signIn('alice', 'hybrid')
        expect((await ask('GET', '/me', { headers })).json.mode).toBe('hybrid')
        const bridged = await tokenFor(owned)
        const bearer = { authorization: `Bearer ${bridged.json.access_token}` }
        expect((await ask('GET', '/me', { headers: bearer })).json).toMatchObject({
          subject: 'alice',
          credential: 'token',
        })
      })

      check('refuses a sign-in that another site made', async () => {
        for (const headers of [
          { 'sec-fetch-site': 'cross-site' },
          { origin: 'https://evil.test' },
          { origin: 'null' },
        ]) {
          const answer = await ask('POST', '/sign-in', { headers })
          expect([answer.status, answer.setCookies]).toEqual([403, []])
        }
      })

      check('never adopts the cookie that was presented', async () => {
        const { cookie } = await signIn()
        const answer = await ask('POST', '/sign-in', { headers: { cookie, ...own, 'x-subject': 'alice' } })
        expect(answer.setCookies[0]?.startsWith(`${cookie};`)).toBe(false)
        expect((await ask('GET', '/me', { headers: { cookie } })).json.code).toBe('session.ended')
      })

      check('is refused once the body has begun, and leaves no session behind', async () => {
        const stream = await client.open('/late')
        await stream.over
        expect(inside.late).toBeInstanceOf(TypeError)
        expect(await app.sessionsOf('late')).toBe(0)
      })
    })

    describe('a sign-in that the answer overtakes', () => {
      check('is undone: nobody would ever hold its cookie', async () => {
        const { status, setCookies } = await ask('GET', '/race')
        expect([status, setCookies]).toEqual([200, []])
        expect(await inside.race).toBeInstanceOf(TypeError)
        expect(await app.sessionsOf('racer')).toBe(0)
      })
    })

    describe('who is asking', () => {
      check('is nobody without a credential', async () => {
        expect((await ask('GET', '/who')).json).toBeNull()
        const refused = await ask('GET', '/me')
        expect([refused.status, refused.json.code]).toEqual([401, 'credentials.missing'])
        expect(refused.headers).toMatchObject({
          'www-authenticate': 'Bearer',
          'content-type': 'application/problem+json',
          'cache-control': 'no-store',
        })
      })

      check('is nobody after the session has ended, and the cookie is left alone', async () => {
        const { headers } = await signIn()
        await auth.revoke({ subject: 'alice' })
        const seen = await ask('GET', '/who', { headers })
        expect([seen.json, seen.setCookies]).toEqual([null, []])
        const refused = await ask('GET', '/me', { headers })
        expect([refused.status, refused.json.code, refused.setCookies]).toEqual([401, 'session.ended', []])
      })

      check('is told by a bearer token alone: a bad one never falls back to the cookie', async () => {
        const { headers } = await signIn()
        const { accessToken } = await signInForTokens('bob')
        for (const [authorization, code] of [
          ['Bearer nonsense', 'token.malformed'],
          [`Bearer ${accessToken.slice(0, -2)}AA`, 'token.signature'],
          // A field that ends in a blank never arrives over HTTP/2: nghttp2 drops it.
          ...(framework.protocol === 'h2c' ? [] : [['Bearer ', 'token.malformed'] as const]),
          ['Basic dTpw', 'credentials.scheme'],
        ] as const) {
          const answer = await ask('GET', '/who', { headers: { ...headers, authorization } })
          expect([authorization, answer.status, answer.json.code]).toEqual([authorization, 401, code])
        }
        const both = await ask('GET', '/who', { headers: { ...headers, authorization: `Bearer ${accessToken}` } })
        expect(both.json.subject).toBe('bob')
      })

      check('is found without a read of the store once it was found', async () => {
        const { headers } = await signIn()
        await ask('GET', '/me', { headers })
        app.calls.length = 0
        await ask('GET', '/me', { headers })
        expect(app.calls.filter((call) => !call.startsWith('revocations.'))).toEqual([])
      })

      check('shows a changed role on the next request, to cookie and token', async () => {
        const { headers } = await signIn()
        const phone = await signInForTokens()
        for (const one of [headers, phone.headers])
          expect((await ask('GET', '/admin', { headers: one })).status).toBe(403)
        app.roles.set('alice', ['reader', 'admin'])
        await auth.changeClaims('alice')
        for (const one of [headers, phone.headers]) {
          expect((await ask('GET', '/admin', { headers: one })).json.roles).toEqual(['reader', 'admin'])
        }
      })

      check('keeps session data, loaded when asked for', async () => {
        const { headers, owned } = await signIn()
        expect((await ask('GET', '/data', { headers })).json).toEqual({ visits: 0 })
        await Promise.all([1, 2, 3].map(() => ask('POST', '/data', { headers: owned })))
        expect((await ask('GET', '/data', { headers })).json).toEqual({ visits: 3 })
        const phone = await signInForTokens()
        expect((await ask('GET', '/data', { headers: phone.headers })).json).toEqual({ visits: 0 })
      })
    })

    describe('what a route demands', () => {
      check('is 403 for a claim that is not there', async () => {
        const { headers } = await signIn()
        const refused = await ask('GET', '/admin', { headers })
        expect([refused.status, refused.json.code]).toEqual([403, 'policy.denied'])
      })

      check('is a step-up as RFC 9470 says, met by elevating the login', async () => {
        const { headers, owned } = await signIn()
        const refused = await ask('GET', '/safe', { headers })
        expect([refused.status, refused.json]).toEqual([
          401,
          expect.objectContaining({ code: 'credentials.insufficient', acr_values: ['mfa', 'passkey'], max_age: 300 }),
        ])
        expect(refused.headers['www-authenticate']).toMatch(
          /^Bearer error="insufficient_user_authentication".*acr_values="mfa passkey", max_age="300"$/,
        )
        const raised = await ask('POST', '/step-up', { headers: owned })
        const cookie = raised.setCookies[0]?.split(';')[0] ?? ''
        expect((await ask('GET', '/safe', { headers: { cookie } })).json.subject).toBe('alice')
        expect((await ask('GET', '/who', { headers })).json).toBeNull()
      })
    })

    describe('forged requests', () => {
      const matrix: readonly (readonly [Record<string, string>, number])[] = [
        [{}, 403],
        [{ origin: ORIGIN }, 200],
        [{ origin: ORIGIN.toUpperCase() }, 200],
        [{ origin: FRIEND }, 200],
        [{ origin: 'https://evil.test' }, 403],
        [{ origin: 'http://app.example' }, 403],
        [{ origin: 'https://app.example:444' }, 403],
        [{ origin: 'null' }, 403],
        [{ 'sec-fetch-site': 'same-origin' }, 200],
        [{ 'sec-fetch-site': 'none' }, 200],
        [{ 'sec-fetch-site': 'same-site' }, 403],
        [{ 'sec-fetch-site': 'cross-site' }, 403],
        [{ 'sec-fetch-site': 'cross-site', origin: FRIEND }, 200],
        [{ 'sec-fetch-site': 'cross-site', origin: ORIGIN }, 403],
        [{ 'sec-fetch-site': 'nonsense' }, 403],
      ]
      check("are refused on the application's own routes, by default", async () => {
        const { headers } = await signIn()
        for (const [extra, status] of matrix) {
          for (const path of ['/change', '/who']) {
            const answer = await ask('POST', path, { headers: { ...headers, ...extra } })
            expect([path, extra, answer.status]).toEqual([path, extra, status])
            if (status === 403) expect(answer.json.code).toMatch(/^csrf\./)
          }
          // Reading is no change.
          expect((await ask('GET', '/me', { headers: { ...headers, ...extra } })).status).toBe(200)
        }
      })

      check('need no header with a bearer token, nor where nobody is logged in', async () => {
        const { headers } = await signInForTokens()
        expect((await ask('POST', '/change', { headers })).status).toBe(200)
        expect((await ask('POST', '/who', { headers: { cookie: 'theme=dark' } })).status).toBe(200)
        const other = { ...headers, cookie: 'theme=dark', 'sec-fetch-site': 'cross-site' }
        expect((await ask('POST', '/change', { headers: other })).status).toBe(200)
      })

      check("are refused on Sojourn's own routes", async () => {
        const { headers } = await signIn()
        expect((await ask('POST', '/auth/sign-out', { headers })).json.code).toBe('csrf.missing')
        expect((await ask('GET', '/me', { headers })).status).toBe(200)
      })
    })

    describe('signing out', () => {
      check('ends the login everywhere and expires the cookie', async () => {
        const { headers, owned } = await signIn()
        const bridged = await tokenFor(owned)
        const bearer = { authorization: `Bearer ${bridged.json.access_token}` }
        const answer = await ask('POST', '/sign-out', { headers: owned })
        expect([answer.json, answer.setCookies]).toEqual([{ ended: true }, [auth.expiredCookie]])
        expect((await ask('GET', '/who', { headers })).json).toBeNull()
        expect((await ask('GET', '/who', { headers: bearer })).json.code).toBe('token.revoked')
        expect((await ask('POST', '/sign-out', { headers: owned })).json).toEqual({ ended: false })
      })

      check('ends all accounts of the browser', async () => {
        const first = await signIn('gina')
        const both = await ask('POST', '/sign-in', { headers: { ...first.owned, 'x-subject': 'hugo' } })
        const cookie = both.setCookies[0]?.split(';')[0] ?? ''
        expect([await app.sessionsOf('gina'), await app.sessionsOf('hugo')]).toEqual([1, 1])
        await ask('POST', '/sign-out', { headers: { cookie, ...own } })
        expect([await app.sessionsOf('gina'), await app.sessionsOf('hugo')]).toEqual([0, 0])
        expect((await ask('GET', '/who', { headers: { cookie } })).json).toBeNull()
      })

      check('works for a token', async () => {
        const { headers } = await signInForTokens('carol')
        const answer = await ask('POST', '/sign-out', { headers })
        expect([answer.json, answer.setCookies]).toEqual([{ ended: true }, []])
        expect((await ask('GET', '/who', { headers })).json.code).toBe('token.revoked')
      })
    })

    describe("Sojourn's own routes", () => {
      check('answer JSON and forms', async () => {
        const first = await signIn('dora')
        const second = await signIn('dora')
        const mine = await ask('GET', '/auth/session?x=1', { headers: first.headers })
        expect(mine.json).toMatchObject({ subject: 'dora', claims: { roles: ['reader'] } })
        expect((await ask('GET', '/auth/sessions', { headers: first.headers })).json.sessions).toHaveLength(2)
        const { json } = await ask('GET', '/auth/session', { headers: second.headers })
        const ended = await ask('DELETE', `/auth/sessions/${json.session.id}`, { headers: first.owned })
        expect([ended.status, ended.json.ended]).toEqual([200, 1])
        expect((await ask('GET', '/who', { headers: second.headers })).json).toBeNull()
        const form = await ask('POST', '/auth/sign-out', {
          headers: { ...first.owned, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
          body: 'return_to=%2Fbye',
        })
        expect([form.status, form.headers.location, form.setCookies]).toEqual([303, '/bye', [auth.expiredCookie]])
      })

      check('know their methods and their host', async () => {
        const wrong = await ask('PUT', '/auth/session', { headers: own })
        expect([wrong.status, wrong.headers.allow]).toEqual([405, expect.stringContaining('GET')])
        const keys = await ask('GET', '/.well-known/jwks.json')
        expect(keys.json.keys.length).toBeGreaterThan(0)
        const foreign = framework.protocol === 'h2c' ? { ':authority': 'evil.test' } : { host: 'evil.test' }
        expect((await ask('GET', '/auth/session', { headers: foreign })).json.code).toBe('request.host')
      })

      check('leave the application what only looks like one of them', async () => {
        for (const path of ['/auth/nothing', '/auth', '/authors', '//auth/session', '/x/auth/session']) {
          const answer = await ask('GET', path)
          expect([path, answer.status, answer.text.includes('problem')]).toEqual([path, 404, false])
        }
      })

      check('take no body that is too large, and still answer', async () => {
        const answer = await ask('POST', '/auth/refresh', {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ refresh_token: 'x'.repeat(70_000) }),
        })
        expect([answer.status, answer.json.code]).toEqual([413, 'request.too_large'])
        expect((await ask('GET', '/who')).status).toBe(200)
      })
    })

    describe('answers', () => {
      check('stream: a part is there before the next is made', async () => {
        const { headers } = await signIn()
        const stream = await client.open('/parts', headers)
        expect([stream.status, await stream.next()]).toEqual([200, 'alice;'])
        inside.gate.resolve()
        let rest = ''
        for (let part = await stream.next(); part !== ''; part = await stream.next()) rest += part
        expect(rest).toBe('second;third')
      })

      check('have no body for HEAD', async () => {
        const { headers } = await signIn()
        for (const [path, asked, status] of [
          ['/me', headers, 200],
          ['/me', {}, 401],
          ['/auth/session', headers, 200],
          ['/auth/session', {}, 401],
          ['/who', { authorization: 'Basic x' }, 401],
        ] as const) {
          const answer = await ask('HEAD', path, { headers: asked })
          expect([path, answer.status, answer.text]).toEqual([path, status, ''])
        }
      })

      check('come when a handler throws, and the next request is served', async () => {
        for (const path of ['/throws', '/throws-later']) {
          const answer = await ask('GET', path)
          expect([path, answer.status]).toEqual([path, 500])
          expect(answer.text).not.toMatch(/__Host|Bearer/)
        }
        const denied = await ask('GET', '/denies')
        expect([denied.status, denied.json.code, denied.json.detail]).toEqual([403, 'policy.denied', 'not on a Monday'])
        expect((await ask('GET', '/who')).status).toBe(200)
      })

      check('end when a handler throws in the middle', async () => {
        const stream = await client.open('/breaks-off')
        expect(await stream.next()).toBe('first;')
        await stream.over
        expect((await ask('GET', '/who')).status).toBe(200)
      })

      check('may be left by the client, before and while they come', async () => {
        const { headers } = await signIn()
        const stream = await client.open('/parts', headers)
        await stream.next()
        stream.abort()
        await client.breakOff('/upload', { ...headers, ...own })
        await client.breakOff('/auth/refresh', { 'content-type': 'application/json' })
        await client.breakOff('/sign-in', own)
        inside.gate.resolve()
        await sleep(50)
        expect((await ask('GET', '/me', { headers })).status).toBe(200)
        expect(
          (await ask('POST', '/upload', { headers: { ...headers, ...own }, body: 'x'.repeat(1000) })).json,
        ).toEqual({
          length: 1000,
        })
      })

      check('are made by methods that nobody has replaced', async () => {
        await signIn()
        expect(inside.responses.length).toBeGreaterThan(0)
        const replaced = inside.responses.flatMap((response) =>
          ['end', 'write', 'writeHead', 'setHeader', 'send', 'json'].filter((name) => Object.hasOwn(response, name)),
        )
        expect(replaced).toEqual([])
      })
    })

    describe('bad input', () => {
      check('malformed cookies are nobody, or 400', async () => {
        const { cookie } = await signIn()
        const odd = [
          `${COOKIE}`,
          `${COOKIE}=`,
          `${COOKIE}=;;;`,
          `${COOKIE}="${cookie.split('=')[1]}"`,
          `${COOKIE}=${'A'.repeat(5000)}`,
          `${COOKIE}=%00%ff`,
          `${COOKIE}=AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`,
          `=${COOKIE}=x`,
          `${COOKIE.toLowerCase()}=${cookie.split('=')[1]}`,
          `x${cookie}`,
          ';',
          '=',
          `a=b,${cookie}`,
        ]
        for (const header of odd) {
          const answer = await ask('GET', '/who', { headers: { cookie: header } })
          expect([header, answer.status, answer.json]).toEqual([header, 200, null])
        }
        expect((await ask('GET', '/who', { headers: { cookie } })).json.subject).toBe('alice')
      })

      check('two credentials of a kind are 400', async () => {
        const { cookie } = await signIn()
        const { accessToken } = await signInForTokens()
        const good = `Bearer ${accessToken}`
        const twice: Asked['headers'][] = [
          { cookie: `${cookie}; ${COOKIE}=x` },
          { cookie: [cookie, `${COOKIE}=x`] },
          { cookie: [`${COOKIE}=x`, 'a=b', cookie] },
          { authorization: `${good}, ${good}` },
          // HTTP/2 clients of Node refuse to send two of these themselves.
          ...(framework.protocol === 'h2c'
            ? []
            : [{ authorization: [good, good] }, { authorization: [good, 'Basic x'] }]),
        ]
        for (const headers of twice) {
          for (const path of ['/who', '/auth/session']) {
            const answer = await ask('GET', path, headers === undefined ? {} : { headers })
            expect([headers, answer.status, answer.json.code]).toEqual([headers, 400, 'credentials.ambiguous'])
          }
        }
        const crumbs = await ask('GET', '/who', { headers: { cookie: ['a=b', cookie] } })
        expect(crumbs.json.subject).toBe('alice')
      })

      check('a second header never turns a refusal into a pass', async () => {
        if (framework.protocol === 'h2c') return
        const { cookie } = await signIn()
        for (const extra of [
          { origin: ['https://evil.test', ORIGIN] },
          { origin: [ORIGIN, 'https://evil.test'] },
          { 'sec-fetch-site': ['cross-site', 'same-origin'] },
          { 'sec-fetch-site': ['same-origin', 'cross-site'] },
        ]) {
          const answer = await ask('POST', '/change', { headers: { cookie, ...extra } as never })
          expect([extra, answer.status]).toEqual([extra, 403])
        }
      })

      check('header fields of a megabyte are refused, and the server lives', async () => {
        const megabyte = 'x'.repeat(1024 * 1024)
        for (const headers of [
          { cookie: `${COOKIE}=${megabyte}` },
          { cookie: 'a=b; '.repeat(200_000) },
          { authorization: `Bearer ${megabyte}` },
        ] as Record<string, string>[]) {
          for (const path of ['/who', '/auth/session']) {
            const status = await Promise.race([
              ask('GET', path, { headers }).then(
                (answer) => answer.status,
                () => 'connection closed',
              ),
              sleep(5000, 'hangs', { ref: false }),
            ])
            expect([400, 401, 413, 431, 'connection closed'], Object.keys(headers).join()).toContain(status)
            if ('cookie' in headers && framework.protocol !== 'h2c') expect([path, status]).toEqual([path, 431])
          }
          client.close()
          client = framework.protocol === 'h2c' ? http2Client(running.port) : http1Client(running.port)
        }
        expect((await ask('GET', '/who')).status).toBe(200)
      })

      check('bytes that are no HTTP end the connection', async () => {
        for (const bytes of [
          '\r\n\r\n\r\n',
          'GET\r\n\r\n',
          `GET /who HTTP/1.1\r\nHost: ${HOST}\r\nCookie : a\r\n\r\n`,
          '\u0016\u0003\u0001',
        ]) {
          const socket = connect(running.port, '127.0.0.1')
          socket.on('error', () => undefined)
          socket.end(bytes)
          socket.resume()
          await Promise.race([once(socket, 'close'), sleep(5000, null, { ref: false })])
          expect([bytes, socket.destroyed]).toEqual([bytes, true])
        }
        expect((await ask('GET', '/who')).status).toBe(200)
      })

      check('a store that fails in every method is 503 everywhere, and no cookie is lost', async () => {
        const { owned, headers } = await signIn()
        const known = await signIn('known')
        await ask('GET', '/me', { headers: known.headers })
        const strange = { cookie: `${COOKIE}=${owned.cookie.split('=')[1]?.replace(/^.{4}/, 'AAAA')}`, ...own }
        app.mood.now = 'unavailable'
        const answers = [
          await ask('GET', '/who', { headers: strange }),
          await ask('GET', '/me', { headers: strange }),
          await ask('POST', '/change', { headers: strange }),
          await ask('GET', '/auth/session', { headers: strange }),
          await ask('POST', '/sign-in', { headers: own }),
          await ask('POST', '/sign-in', { headers: { 'x-mode': 'token' } }),
          await ask('POST', '/sign-out', { headers: owned }),
          await ask('POST', '/auth/sign-out', { headers: owned }),
          await ask('POST', '/step-up', { headers: owned }),
          await ask('POST', '/data', { headers: known.owned }),
          await ask('GET', '/auth/sessions', { headers: known.headers }),
        ]
        // What is known near at hand is still answered, for as long as the lease holds.
        const warm = await ask('GET', '/me', { headers: known.headers })
        app.mood.now = 'works'
        for (const [i, answer] of answers.entries()) {
          expect([i, answer.status, answer.json?.code]).toEqual([i, 503, 'store.unavailable'])
          expect([i, answer.setCookies, answer.headers['retry-after']]).toEqual([i, [], '2'])
        }
        expect(warm.json.subject).toBe('known')
        expect((await ask('GET', '/me', { headers })).json.subject).toBe('alice')
      })

      check('a store that breaks its word is 500 everywhere, and no cookie is lost', async () => {
        const { owned, headers } = await signIn()
        const strange = { cookie: `${COOKIE}=${owned.cookie.split('=')[1]?.replace(/^.{4}/, 'BBBB')}`, ...own }
        app.mood.now = 'throws'
        const answers = [
          await ask('GET', '/who', { headers: strange }),
          await ask('POST', '/sign-in', { headers: own }),
          await ask('POST', '/sign-out', { headers: owned }),
          await ask('GET', '/auth/sessions', { headers: owned }),
        ]
        app.mood.now = 'works'
        for (const [i, answer] of answers.entries()) {
          expect([i, answer.status, answer.setCookies]).toEqual([i, 500, []])
          // What the application calls itself is shown by its framework, in its own way.
          if (answer.json?.code) expect(answer.json).toMatchObject({ code: 'internal', error_id: expect.any(String) })
        }
        expect((await ask('GET', '/me', { headers })).json.subject).toBe('alice')
      })
    })

    describe('how sure an answer is', () => {
      const freshness = async (path: string, headers: Readonly<Record<string, string>>) => {
        const { status, json, headers: fields, setCookies } = await ask('GET', path, { headers })
        expect(setCookies).toEqual([])
        if (status === 503) expect(fields['retry-after']).toMatch(/^[1-9]\d*$/)
        return status === 200 ? json.freshness : `${status} ${json.code}`
      }
      /** Whoever has a lease has lost it. */
      const loseLease = (mood: 'unavailable' | 'unfollowed') => {
        app.mood.now = mood
        app.skipped.ms += 13_000
      }
      const recover = async (headers: Readonly<Record<string, string>>) => {
        app.mood.now = 'works'
        await expect.poll(() => freshness('/freshness', headers), { timeout: 20_000 }).toBe('lease')
      }

      check('is said by the route: one read for every request where it is strict', async () => {
        const { headers } = await signIn()
        const phone = await signInForTokens()
        for (const one of [headers, phone.headers]) {
          expect(await freshness('/freshness', one)).toBe('lease')
          for (const path of ['/strict', '/always']) {
            app.calls.length = 0
            expect(await freshness(path, one)).toBe('lookup')
            const reads = app.calls.filter((call) => ['sessions.findWithSubject', 'revocations.judge'].includes(call))
            expect([path, reads.length]).toEqual([path, 1])
          }
        }
        expect(await freshness('/strict', {})).toBe('401 credentials.missing')
        await auth.revoke({ subject: 'alice' })
        expect(await freshness('/strict', headers)).toBe('401 session.ended')
        expect(await freshness('/always', phone.headers)).toBe('401 token.revoked')
      })

      check('is said by the route where nobody renews the lease', async () => {
        const { headers } = await signIn()
        await freshness('/freshness', headers)
        loseLease('unfollowed')
        const seen = Object.fromEntries(
          await Promise.all(
            [
              '/freshness',
              '/strict',
              '/always',
              '/cautious',
              '/feed',
              '/feed/lookup',
              '/feed/deny',
              '/feed/shorter',
            ].map(async (path) => [path, await freshness(path, headers)] as const),
          ),
        )
        await recover(headers)
        expect(seen).toEqual({
          '/freshness': 'lookup',
          '/strict': 'lookup',
          '/always': 'lookup',
          '/cautious': '503 revocation.stale',
          '/feed': 'stale',
          '/feed/lookup': 'lookup',
          '/feed/deny': '503 revocation.stale',
          '/feed/shorter': 'stale',
        })
      })

      check(
        'is 503 where the store is gone, but for routes that go on without it; all is well again by itself',
        async () => {
          const { headers } = await signIn()
          const phone = await signInForTokens()
          for (const one of [headers, phone.headers]) await freshness('/freshness', one)
          app.mood.now = 'unavailable'
          // For as long as the lease holds only those who insist on the store are refused.
          expect(await freshness('/freshness', headers)).toBe('lease')
          expect(await freshness('/strict', headers)).toBe('503 store.unavailable')
          loseLease('unavailable')
          app.skipped.ms += 15_000
          for (const one of [headers, phone.headers]) {
            expect(await freshness('/feed', one)).toBe('stale')
            for (const path of ['/freshness', '/strict', '/always', '/cautious', '/feed/deny', '/feed/lookup']) {
              expect(await freshness(path, one), path).toMatch(/^503 (store\.unavailable|revocation\.stale)$/)
            }
            expect(await freshness('/feed/shorter', one)).toBe('503 revocation.stale')
          }
          app.skipped.ms += 60_000
          expect(await freshness('/feed', headers)).toMatch(/^503 /)
          await recover(headers)
          expect(await freshness('/strict', phone.headers)).toBe('lookup')
        },
      )

      check('is looked at again just before an effect', async () => {
        for (const mode of ['cookie', 'token'] as const) {
          const { headers } = mode === 'cookie' ? await signIn() : await signInForTokens()
          const commit = () => {
            inside.gate = Promise.withResolvers()
            inside.entered = Promise.withResolvers()
            return ask('GET', '/commits', { headers })
          }
          const passes = commit()
          await inside.entered.promise
          inside.gate.resolve()
          expect((await passes).json).toEqual({ committed: true })
          const fails = commit()
          await inside.entered.promise
          await auth.revoke({ subject: 'alice' })
          inside.gate.resolve()
          const refused = await fails
          expect([refused.status, refused.json.code]).toEqual([
            401,
            mode === 'cookie' ? 'session.ended' : 'token.revoked',
          ])
        }
        const { headers } = await signIn()
        const late = ask('GET', '/commits', { headers })
        await inside.entered.promise
        loseLease('unfollowed')
        inside.gate.resolve()
        const refused = await late
        await recover(headers)
        expect([refused.status, refused.json.code]).toEqual([503, 'revocation.stale'])
      })
    })

    if (framework.protocol !== 'h2c' && framework.name !== 'Fetch') {
      check('a target in absolute form names its host: a foreign one is refused, as a foreign Host is', async () => {
        const { cookie } = await signIn()
        const get = async (target: string) => {
          const socket = connect(running.port, '127.0.0.1')
          socket.end(`GET ${target} HTTP/1.1\r\nHost: ${HOST}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`)
          const parts: Buffer[] = []
          for await (const part of socket) parts.push(part as Buffer)
          return Buffer.concat(parts).toString('latin1')
        }
        expect(await get(`${ORIGIN}/auth/session`)).toMatch(/^HTTP\/1\.1 200 /)
        const refused = await get('https://evil.test/auth/session')
        expect(refused).toMatch(/^HTTP\/1\.1 4\d\d /)
        expect(refused).not.toContain('alice')
      })
    }

    describe('a revocation that drains', () => {
      const state = async (promise: Promise<unknown>) => Promise.race([promise.then(() => 'over'), sleep(60, 'waits')])

      check('returns when the requests under way are over, and lets none in meanwhile', async () => {
        for (const how of ['session', 'subject'] as const) {
          const { headers } = await signIn('dora')
          const other = await signIn('erik')
          inside.gate = Promise.withResolvers()
          inside.entered = Promise.withResolvers()
          const working = ask('GET', '/signal', { headers })
          await inside.entered.promise
          const open = auth.inFlight.open().find(({ subject }) => subject === 'dora')
          const revoked = auth.revoke(how === 'subject' ? { subject: 'dora' } : { session: open?.sessionId ?? '' }, {
            drain: true,
          })
          expect(await state(revoked)).toBe('waits')
          expect((await ask('GET', '/me', { headers })).json.code).toBe('session.ended')
          // Nobody else waits here.
          expect((await ask('GET', '/me', { headers: other.headers })).json.subject).toBe('erik')
          expect(await auth.revoke({ subject: 'erik' }, { drain: true })).toMatchObject({ confirmedBy: 'acks' })
          inside.gate.resolve()
          expect((await working).json).toEqual({ aborted: false, code: null })
          expect(await revoked).toMatchObject({ confirmedBy: 'acks' })
        }
      })

      check('tells those that take too long to stop, and waits no longer', async () => {
        const { headers } = await signIn('dora')
        const stream = await client.open('/events', headers)
        expect(await stream.next()).toContain('data: ')
        const working = ask('GET', '/signal', { headers })
        await inside.entered.promise
        const started = performance.now()
        const revoked = auth.revoke({ subject: 'dora' }, { drain: 1 })
        // What would never end by itself is ended at once.
        await stream.over
        expect(await state(revoked)).toBe('waits')
        expect((await working).json).toEqual({ aborted: true, code: 'session.ended' })
        expect(await revoked).toMatchObject({ confirmedBy: 'acks' })
        expect(performance.now() - started).toBeGreaterThan(900)
      })
    })

    describe('live connections', () => {
      /** From the call of `revoke` until the other end has seen the close. */
      const timed = async (revoke: () => Promise<unknown>, over: Promise<unknown>): Promise<number> => {
        const started = performance.now()
        void revoke()
        await Promise.race([over, sleep(5000, null, { ref: false })])
        return performance.now() - started
      }

      check('end within 100 ms: a stream of events', async () => {
        const took: number[] = []
        for (const how of ['subject', 'session', 'token'] as const) {
          const eve = await signIn('eve')
          const phone = await signInForTokens('eve')
          const { json } = await ask('GET', '/auth/session', { headers: eve.headers })
          const stream = await client.open('/events', how === 'token' ? phone.headers : eve.headers)
          const other = await client.open('/events', (await signIn('other')).headers)
          expect([stream.status, await stream.next()]).toEqual([200, expect.stringContaining('data: ')])
          const target =
            how === 'subject'
              ? { subject: 'eve' }
              : how === 'session'
                ? { session: json.session.id as string }
                : { token: phone.accessToken as string }
          took.push(await timed(() => auth.revoke(target), stream.over))
          await other.next()
          expect(await other.next()).toContain('data: ')
          other.abort()
        }
        console.log(`${framework.name}: a stream of events ends after ${took.map((ms) => ms.toFixed(1)).join(', ')} ms`)
        expect(median(took)).toBeLessThan(100)
      })

      check('end within 100 ms: an upgraded connection', async () => {
        const took: number[] = []
        for (const credential of ['cookie', 'token', 'cookie'] as const) {
          const eve = credential === 'cookie' ? (await signIn('eve')).owned : (await signInForTokens('eve')).headers
          const live = await client.upgrade('/socket', eve)
          expect([credential, live.status]).toEqual([credential, framework.protocol === 'h2c' ? 200 : 101])
          took.push(await timed(() => auth.revoke({ subject: 'eve' }), live.over))
          expect(await live.over).toBe(framework.protocol === 'h2c' ? null : 4401)
        }
        console.log(
          `${framework.name}: an upgraded connection ends after ${took.map((ms) => ms.toFixed(1)).join(', ')} ms`,
        )
        expect(median(took)).toBeLessThan(100)
      })

      check('are refused to forged handshakes and to nobody', async () => {
        const { cookie, headers } = await signIn()
        for (const [given, status] of [
          [headers, 403],
          [{ cookie, origin: 'https://evil.test' }, 403],
          [{ cookie, origin: 'null' }, 403],
          [{ cookie, origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' }, 403],
          [own, 401],
          [{ authorization: 'Bearer nonsense' }, 401],
          [{ cookie: `${cookie}; ${cookie}`, ...own }, 400],
        ] as [Record<string, string>, number][]) {
          const refused = await client.upgrade('/socket', given)
          expect([given, refused.status]).toEqual([given, status])
          refused.close()
        }
        const friend = await client.upgrade('/socket', { cookie, origin: FRIEND })
        expect(friend.status).toBe(framework.protocol === 'h2c' ? 200 : 101)
        friend.close()
      })

      check('a signal fires while its request is answered, and only then', async () => {
        const { headers } = await signIn('sam')
        const answer = ask('GET', '/signal', { headers })
        while (inside.signals.length < 1) await sleep(1)
        await auth.revoke({ subject: 'sam' })
        expect((await answer).json).toEqual({ aborted: true, code: 'session.ended' })
        const again = await signIn('sam')
        inside.gate.resolve()
        expect((await ask('GET', '/signal', { headers: again.headers })).json).toEqual({ aborted: false, code: null })
        await sleep(20)
        await auth.revoke({ subject: 'sam' })
        expect(inside.signals.map((signal) => signal.aborted)).toEqual([true, false])
      })

      check('share one signal, and give it up when the client goes away', async () => {
        const { headers } = await signIn('tom')
        const first = ask('GET', '/signal', { headers })
        const left = await Promise.race([client.open('/signal', headers), sleep(50, null)])
        while (inside.signals.length < 2) await sleep(1)
        expect(inside.signals[0]).toBe(inside.signals[1])
        inside.gate.resolve()
        left?.abort()
        await first
      })
    })

    check('watches nobody when all is over', async () => {
      for (let i = 0; auth.watched > 0 && i < 200; i++) await sleep(10)
      expect(auth.watched).toBe(0)
    })

    check('leaves every prototype as it was', async () => {
      expect(snapshot(framework.prototypes ?? [])).toEqual(before)
    })

    check('leaves no rejection unhandled', async () => {
      await sleep(20)
      expect(unhandled).toEqual([])
    })
  })
}

/** A machine that is busy with other tests may be late once. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY
}

const WATCHED: readonly object[] = [
  http.ServerResponse.prototype,
  http.IncomingMessage.prototype,
  http.OutgoingMessage.prototype,
  http2.Http2ServerResponse.prototype,
  http2.Http2ServerRequest.prototype,
  http.Server.prototype,
  Socket.prototype,
  EventEmitter.prototype,
  Request.prototype,
  Response.prototype,
  Headers.prototype,
  AbortSignal.prototype,
]

/** Names and the very functions behind them. */
function snapshot(more: readonly object[]): readonly (readonly (readonly [PropertyKey, PropertyDescriptor])[])[] {
  return [...WATCHED, ...more].map((prototype) =>
    Reflect.ownKeys(prototype).flatMap((key) => {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, key)
      return descriptor ? [[key, descriptor] as const] : []
    }),
  )
}
