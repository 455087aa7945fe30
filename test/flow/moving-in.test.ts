/** The guides on moving in, run as they stand: real stores, real libraries, and nobody is logged out. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session, { type Store } from 'express-session'
import { getIronSession, nodeCookies } from 'iron-session'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuideFolder } from '../support/guide-folder.ts'
import { NEXTAUTH_SECRET, TOKENS } from '../support/next-auth-tokens.ts'
import { temporaryFolder } from '../support/processes.ts'
import { describeWithPostgres, describeWithRedis, startPostgres, startRedis } from '../support/servers.ts'

const EXPRESS = 'moving-in-from-express-session'
const IRON = 'moving-in-from-iron-session'
const NEXT = 'moving-in-from-next-auth'
const guides = createGuideFolder([EXPRESS, IRON, NEXT])
const data = temporaryFolder()
afterAll(async () => {
  await guides.remove()
  data.remove()
})

const SESSION_SECRET = 'the secret of an old application'
const AUTH_SECRET = 'a secret of tests, 0123456789 abcdefghijk'
const SERVE = `
import { serve } from '@hono/node-server'
import { handler } from './handler.ts'
const port = Number(process.env.PORT)
serve({ fetch: (request) => handler(request), port, hostname: '127.0.0.1' }, () => console.log('http://localhost:' + port))
`
let databases = 0
const authDb = () => join(data.path, `auth-${++databases}.db`)

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test goes on to assert
  readonly json: any
  /** What the browser sends from now on. */
  readonly cookie: string
}

/** Asks as a browser with these cookies would, and applies what the answer sets. */
async function ask(url: string, cookie: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { ...init, headers: { ...init.headers, cookie } })
  const jar = new Map(
    cookie.split('; ').flatMap((pair) => (pair === '' ? [] : [pair.split(/=(.*)/s) as [string, string]])),
  )
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/;\s*Max-Age=0\b/.test(line)) jar.delete(name)
    else jar.set(name, value)
  }
  const text = await response.text()
  return {
    status: response.status,
    json: text.startsWith('{') ? JSON.parse(text) : text,
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
  }
}

/** The application before the switch. */
async function startOld(store: Store): Promise<{ url: string; close: () => Promise<void> }> {
  const app = express()
  app.use(session({ store, secret: SESSION_SECRET, resave: false, saveUninitialized: false }))
  app.get('/', (request, response) => void response.json({ user: Reflect.get(request.session, 'userId') ?? null }))
  app.get('/cart', (request, response) => {
    Reflect.set(request.session, 'cart', ['pen'])
    response.json({})
  })
  app.post('/login/:user', (request, response, next) => {
    request.session.regenerate((error) => {
      if (error) return next(error)
      Reflect.set(request.session, 'userId', request.params.user)
      Reflect.set(request.session, 'cart', ['book'])
      response.json({})
    })
  })
  return listen(createServer(app))
}

async function listen(server: Server): Promise<{ url: string; close: () => Promise<void> }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

it('is well-typed', { timeout: 60_000 }, () => {
  expect(guides.faults()).toEqual([])
})

describeWithRedis('express-session on Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  let old: Awaited<ReturnType<typeof startOld>>
  let closeClient = (): void => undefined
  let keys: () => Promise<string[]>
  beforeAll(async () => {
    redis = await startRedis()
    const client = await createClient({ url: redis.url }).connect()
    closeClient = () => client.destroy()
    keys = () => client.keys('sess:*')
    old = await startOld(new RedisStore({ client }))
  })
  afterAll(async () => {
    await old.close()
    closeClient()
    await redis.stop()
  })
  const start = (db = authDb()) =>
    guides.start(EXPRESS, 'app.ts', { REDIS_URL: redis.url, SESSION_SECRET, AUTH_SECRET, AUTH_DB: db })
  const logIn = async (user: string) => (await ask(`${old.url}/login/${user}`, '', { method: 'POST' })).cookie

  it('a login goes on, with its data and without the old cookie', async () => {
    const url = await start()
    const before = await logIn('ada')
    expect((await ask(old.url, before)).json).toEqual({ user: 'ada' })
    const moved = await ask(url, `theme=dark; ${before}`)
    expect(moved.json).toEqual({ user: 'ada', cart: ['book'] })
    expect(moved.cookie).toMatch(/^theme=dark; __Host-Http-sid=[\w.-]+$/)
    expect((await ask(url, moved.cookie)).json).toEqual({ user: 'ada', cart: ['book'] })
    expect(await keys()).toEqual([])
    expect((await ask(old.url, before)).json).toEqual({ user: null })
    const listed = await ask(`${url}/auth/sessions`, moved.cookie)
    expect(listed.json.sessions).toHaveLength(1)
  })

  it('twenty requests at once, to two processes, are one session', { timeout: 60_000 }, async () => {
    const db = authDb()
    const urls = await Promise.all([start(db), start(db)])
    const before = await logIn('bob')
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(urls[i % 2] ?? '', before)))
    expect(answers.map(({ status, json }) => [status, json.user])).toEqual(answers.map(() => [200, 'bob']))
    expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1)
    const listed = await ask(`${urls[0]}/auth/sessions`, answers[0]?.cookie ?? '')
    expect(listed.json.sessions).toHaveLength(1)
  })

  it('a visitor without a login, a forged cookie and a forged request change nothing', async () => {
    const url = await start()
    const visitor = await ask(`${old.url}/cart`, '')
    expect((await ask(url, visitor.cookie)).json).toEqual({ user: null })
    const before = await logIn('eve')
    const forged = before.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    expect((await ask(url, forged)).json).toEqual({ user: null })
    const crossSite = { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }
    expect(await ask(url, before, crossSite)).toMatchObject({ status: 403, json: { code: 'csrf.cross_site' } })
    expect((await ask(old.url, before)).json).toEqual({ user: 'eve' })
  })

  it('nobody is logged out when Redis is away: 503, and then the login moves', { timeout: 60_000 }, async () => {
    const url = await start()
    const before = await logIn('joe')
    redis.pause()
    const waiting = ask(url, before)
    await new Promise((resolve) => setTimeout(resolve, 300))
    redis.resume()
    expect((await waiting).json).toMatchObject({ user: 'joe' })
  })
})

describeWithPostgres('express-session on Postgres', () => {
  it('a login goes on', { timeout: 60_000 }, async () => {
    const postgres = await startPostgres()
    const pool = new pg.Pool({ connectionString: postgres.url })
    const PgStore = connectPgSimple(session)
    const old = await startOld(new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false }))
    try {
      guides.add(
        EXPRESS,
        'pg-app.ts',
        `import { createServer } from 'node:http'
import { createAuth } from 'sojourn'
import { nodeAuth } from 'sojourn/adapters/node'
import { movingIn } from 'sojourn/moving-in'
import { createSqliteStore } from 'sojourn/stores/sqlite'
import { former } from './postgres.ts'
const port = Number(process.env.PORT)
const core = createAuth({ store: createSqliteStore({ path: process.env.AUTH_DB ?? '' }), issuer: 'http://localhost:' + port, secrets: process.env.AUTH_SECRET ?? '' })
const answer = nodeAuth(core).listener((_request, response, login) => response.end(JSON.stringify({ user: login?.subject ?? null })))
const { middleware } = movingIn(core, former)
createServer((request, response) => middleware(request, response, (error) => error ? response.writeHead(500).end(String(error)) : answer(request, response)))
  .listen(port, '127.0.0.1', () => console.log('http://127.0.0.1:' + port))
`,
      )
      const env = { DATABASE_URL: postgres.url, SESSION_SECRET, AUTH_SECRET, AUTH_DB: authDb() }
      const url = await guides.start(EXPRESS, 'pg-app.ts', env)
      const before = (await ask(`${old.url}/login/ada`, '', { method: 'POST' })).cookie
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url, before)))
      expect(answers.map(({ json }) => json)).toEqual(answers.map(() => ({ user: 'ada' })))
      expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1)
      expect((await pool.query('SELECT sid FROM session')).rows).toEqual([])
    } finally {
      await old.close()
      await pool.end()
      await postgres.stop()
    }
  })
})

describe('iron-session', () => {
  const IRON_PASSWORD = 'the password of an old application, long enough'

  it('a login goes on, a seal in parts too; a broken seal is nobody', { timeout: 60_000 }, async () => {
    guides.add(IRON, 'serve.ts', SERVE)
    const url = await guides.start(IRON, 'serve.ts', { IRON_PASSWORD, AUTH_SECRET, AUTH_DB: authDb() })
    const old = await listen(
      createServer(async (request, response) => {
        const options = { password: IRON_PASSWORD, cookieName: 'my-app', chunk: true }
        const held = await getIronSession<{ userId?: string; note?: string }>(nodeCookies(request, response), options)
        held.userId = request.url?.slice(1) ?? ''
        if (held.userId === 'large') held.note = 'x'.repeat(5000)
        await held.save()
        response.end('{}')
      }),
    )
    for (const user of ['ada', 'large']) {
      const before = await ask(`${old.url}/${user}`, '')
      expect(before.cookie.split('; ')).toHaveLength(user === 'large' ? 2 : 1)
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url, before.cookie)))
      expect(answers.map(({ json }) => json)).toEqual(answers.map(() => ({ user })))
      expect(new Set(answers.map(({ cookie }) => cookie)).size).toBe(1)
      expect(answers[0]?.cookie).toMatch(/^__Host-Http-sid=[\w.-]+$/)
      const broken = before.cookie.replace(/Fe26/, 'Fe27')
      expect((await ask(url, broken)).json).toEqual({ user: null })
    }
    await old.close()
  })
})

describe('next-auth', () => {
  it('a login of either version goes on; an expired one, one of nobody and one of another key do not', async () => {
    guides.add(NEXT, 'serve.ts', SERVE)
    const env = { NEXTAUTH_SECRET, SOJOURN_SECRET: AUTH_SECRET, AUTH_DB: authDb() }
    const url = await guides.start(NEXT, 'serve.ts', env)
    const half = Math.ceil(TOKENS.large.length / 2)
    for (const [cookie, user] of [
      [`next-auth.session-token=${TOKENS.nextAuth4}`, 'user-4'],
      [`authjs.session-token=${TOKENS.authJs}`, 'user-5'],
      [`__Secure-authjs.session-token=${TOKENS.secureAuthJs}`, 'user-5'],
      [
        `authjs.session-token.0=${TOKENS.large.slice(0, half)}; authjs.session-token.1=${TOKENS.large.slice(half)}`,
        'user-large',
      ],
      [`authjs.session-token=${TOKENS.expired}`, null],
      [`authjs.session-token=${TOKENS.nobody}`, null],
      [`authjs.session-token=${TOKENS.secureAuthJs}`, null],
      [`authjs.session-token=${TOKENS.authJs.slice(0, -4)}AAAA`, null],
      ['authjs.session-token=garbage', null],
    ] as const) {
      const answer = await ask(url, cookie)
      expect(answer.json, cookie.slice(0, 40)).toEqual({ user })
      if (user === null) continue
      expect(answer.cookie).toMatch(/^__Host-Http-sid=[\w.-]+$/)
      expect((await ask(url, answer.cookie)).json).toEqual({ user })
    }
  })
})
