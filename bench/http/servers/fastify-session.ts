/** @fastify/session, with its memory store or connect-redis. */
import { RedisStore } from 'connect-redis'
import type { FastifyPluginCallback } from 'fastify'
import { loadPeer } from '../../peers.ts'
import { PAGE, type Profile, profileOf, SECRET, SIGN_IN, type Start } from '../application.ts'
import { listenFastify, newFastify } from './listening.ts'
import { connectRedis } from './redis.ts'

interface WithSession {
  readonly session: { profile?: Profile; regenerate(): Promise<void> }
}

export const start: Start = async ({ variant, redisUrl }) => {
  const app = newFastify()
  await app.register(loadPeer<FastifyPluginCallback<Readonly<Record<string, unknown>>>>('@fastify/cookie'))
  await app.register(loadPeer<FastifyPluginCallback<Readonly<Record<string, unknown>>>>('@fastify/session'), {
    ...(variant === 'redis' ? { store: new RedisStore({ client: await connectRedis(redisUrl) }) } : {}),
    secret: SECRET,
    cookieName: '__Host-sid',
    saveUninitialized: false,
    cookie: { secure: true, httpOnly: true, sameSite: 'lax', path: '/', maxAge: 14 * 86_400_000 },
  })
  app.post<{ Params: { subject: string } }>(`${SIGN_IN}:subject`, async (request) => {
    const { session } = request as unknown as WithSession
    session.profile = profileOf(request.params.subject)
    return { token: null }
  })
  app.get(PAGE, (request, reply) => {
    const { profile } = (request as unknown as WithSession).session
    if (profile) reply.send({ subject: profile.subject, roles: profile.roles })
    else reply.code(401).send({})
  })
  return listenFastify(app)
}
