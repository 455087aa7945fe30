/** express-session on Express 5, with its memory store, connect-redis or connect-pg-simple. */

import connectPg from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session, { type Store } from 'express-session'
import { PAGE, type Profile, profileOf, SECRET, type Setup, SIGN_IN, type Start } from '../application.ts'
import { listenExpress, newExpress } from './listening.ts'
import { connectRedis } from './redis.ts'

declare module 'express-session' {
  interface SessionData {
    profile: Profile
  }
}

async function storeOf({ variant, redisUrl, postgresUrl }: Setup): Promise<Store> {
  if (variant === 'redis') return new RedisStore({ client: await connectRedis(redisUrl) })
  if (variant === 'memory') return new session.MemoryStore()
  if (postgresUrl === null) throw new Error('this subject needs Postgres')
  return new (connectPg(session))({ conString: postgresUrl, createTableIfMissing: true })
}

export const start: Start = async (setup) => {
  const store = await storeOf(setup)
  const app = newExpress()
  app.use(
    session({
      store,
      secret: SECRET,
      name: '__Host-sid',
      // What its documentation recommends.
      resave: false,
      saveUninitialized: false,
      cookie: { secure: true, httpOnly: true, sameSite: 'lax', maxAge: 14 * 86_400_000 },
    }),
  )
  app.post(`${SIGN_IN}:subject`, (request, response, next) => {
    request.session.regenerate((error) => {
      if (error) return next(error)
      request.session.profile = profileOf(request.params.subject)
      response.json({ token: null })
    })
  })
  app.get(PAGE, ({ session: { profile } }, response) => {
    if (profile) response.json({ subject: profile.subject, roles: profile.roles })
    else response.status(401).json({})
  })
  return listenExpress(app)
}
