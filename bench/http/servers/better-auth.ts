/** better-auth on Hono: sessions in SQLite, with its cookie cache before it, or in Redis as secondary storage. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { importPeer } from '../../peers.ts'
import { ORIGIN, PAGE, profileOf, SECRET, SIGN_IN, type Start } from '../application.ts'
import { listenHono, newHono } from './listening.ts'
import { connectRedis } from './redis.ts'

type Row = Readonly<Record<string, unknown>>

interface BetterAuth {
  readonly handler: (request: Request) => Promise<Response>
  readonly api: { getSession(input: { readonly headers: Headers }): Promise<{ readonly user: Row } | null> }
}

interface EndpointContext {
  readonly params: { readonly subject: string }
  readonly context: {
    readonly internalAdapter: { createUser(user: Row): Promise<Row>; createSession(userId: string): Promise<Row> }
  }
  json(value: object): unknown
}

interface Parts {
  readonly betterAuth: (options: object) => BetterAuth
  readonly createAuthEndpoint: (path: string, options: object, handle: (c: EndpointContext) => unknown) => unknown
  readonly setSessionCookie: (c: EndpointContext, login: { readonly session: Row; readonly user: Row }) => Promise<void>
  readonly getMigrations: (options: object) => Promise<{ runMigrations(): Promise<void> }>
}

export const start: Start = async ({ variant, redisUrl, folder }) => {
  const { betterAuth, createAuthEndpoint, setSessionCookie, getMigrations } = await loadParts()
  const database = new DatabaseSync(join(folder, `better-auth-${variant}.db`))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const redis = variant === 'redis' ? await connectRedis(redisUrl) : null

  /** Its own password check costs tens of milliseconds by design: the bench signs in without one. */
  const signIn = createAuthEndpoint(`${SIGN_IN}:subject`, { method: 'POST' }, async (c) => {
    const { subject } = c.params
    const user = await c.context.internalAdapter.createUser({
      id: subject,
      name: subject,
      email: `${subject}@example.org`,
      emailVerified: true,
      roles: JSON.stringify(profileOf(subject).roles),
    })
    const session = await c.context.internalAdapter.createSession(String(user.id))
    await setSessionCookie(c, { session, user })
    return c.json({ token: null })
  })

  const options = {
    database,
    baseURL: ORIGIN,
    basePath: '/',
    secret: SECRET,
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: 'error' },
    user: { additionalFields: { roles: { type: 'string', required: false } } },
    session: variant === 'cookie-cache' ? { cookieCache: { enabled: true, maxAge: 3600 } } : {},
    advanced: { useSecureCookies: true },
    plugins: [{ id: 'bench', endpoints: { signIn } }],
    ...(redis
      ? {
          secondaryStorage: {
            get: (key: string) => redis.get(key),
            set: async (key: string, value: string, ttl?: number) => {
              await (ttl ? redis.set(key, value, { expiration: { type: 'EX', value: ttl } }) : redis.set(key, value))
            },
            delete: async (key: string) => {
              await redis.del(key)
            },
          },
        }
      : {}),
  }
  await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)

  const app = newHono()
  app.get(PAGE, async (c) => {
    const login = await auth.api.getSession({ headers: c.req.raw.headers })
    if (!login) return c.json({}, 401)
    return c.json({ subject: login.user.id, roles: JSON.parse(String(login.user.roles)) })
  })
  app.post(`${SIGN_IN}*`, async (c) => {
    const answer = await auth.handler(c.req.raw)
    return new Response(await answer.text(), answer)
  })
  return listenHono(app)
}

async function loadParts(): Promise<Parts> {
  const [main, api, cookies, db] = await Promise.all(
    ['better-auth', 'better-auth/api', 'better-auth/cookies', 'better-auth/db/migration'].map((name) =>
      importPeer<Parts>(name),
    ),
  )
  if (!main || !api || !cookies || !db) throw new Error('better-auth is not installed')
  return {
    betterAuth: main.betterAuth,
    createAuthEndpoint: api.createAuthEndpoint,
    setSessionCookie: cookies.setSessionCookie,
    getMigrations: db.getMigrations,
  }
}
