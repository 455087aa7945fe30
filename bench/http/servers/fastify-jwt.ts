/** @fastify/jwt: HS256 tokens of fast-jwt, with or without its cache of verified tokens. No revocation is checked. */
import { randomUUID } from 'node:crypto'
import type { FastifyPluginCallback } from 'fastify'
import { loadPeer } from '../../peers.ts'
import { ORIGIN, PAGE, type Profile, profileOf, SECRET, SIGN_IN, type Start } from '../application.ts'
import { listenFastify, newFastify } from './listening.ts'

interface WithJwt {
  readonly user: Profile
  jwtVerify(): Promise<unknown>
}

export const start: Start = async ({ variant }) => {
  const app = newFastify()
  await app.register(loadPeer<FastifyPluginCallback<Readonly<Record<string, unknown>>>>('@fastify/jwt'), {
    secret: SECRET,
    sign: { algorithm: 'HS256', iss: ORIGIN, aud: ORIGIN, expiresIn: 3600_000 },
    verify: {
      algorithms: ['HS256'],
      allowedIss: ORIGIN,
      allowedAud: ORIGIN,
      // Room for every token of the bench: as much as Sojourn has.
      ...(variant === 'cache' ? { cache: 100_000 } : {}),
    },
  })
  const { jwt } = app as unknown as { readonly jwt: { sign(payload: object): string } }
  app.post<{ Params: { subject: string } }>(`${SIGN_IN}:subject`, async ({ params: { subject } }) => ({
    token: jwt.sign({ sub: subject, jti: randomUUID(), ...profileOf(subject) }),
  }))
  app.get(
    PAGE,
    {
      onRequest: async (request) => {
        await (request as unknown as WithJwt).jwtVerify()
      },
    },
    (request, reply) => {
      const { subject, roles } = (request as unknown as WithJwt).user
      reply.send({ subject, roles })
    },
  )
  return listenFastify(app)
}
