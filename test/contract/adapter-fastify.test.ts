/** The adapter contract on Fastify 5. */
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { WebSocketServer } from 'ws'
import { type FastifyAuth, fastifyAuth } from '../../src/adapters/fastify.ts'
import { type AppRoute, type Claims, CONSISTENCY, type Data } from '../support/adapter-app.ts'
import { adapterContract, LARGE_HEADERS } from './adapter-contract.ts'

async function answer(auth: FastifyAuth<Claims, Data>, request: FastifyRequest, reply: FastifyReply, route: AppRoute) {
  const said = await route.handle({
    login: auth.of(request),
    header: (name) => (request.headers[name] as string | undefined) ?? null,
    text: () => (request.body ? text(request.body as Readable) : Promise.resolve('')),
    logIn: (input) => auth.logIn(reply, input),
    logOut: () => auth.logOut(reply),
    setCookie: (signedIn) => auth.setCookie(reply, signedIn),
  })
  reply.code(said.status ?? 200).headers(said.headers ?? {})
  if (said.attached && request.auth) auth.attach(reply.raw, request.auth)
  if (said.parts) return reply.send(Readable.from(said.parts))
  return reply.type('application/json').send(JSON.stringify(said.json))
}

adapterContract({
  name: 'Fastify 5',
  async start(core, routes, inside) {
    const auth = fastifyAuth(core, CONSISTENCY)
    const app = fastify({ http: { maxHeaderSize: LARGE_HEADERS }, forceCloseConnections: true })
    await app.register(auth.plugin)
    app.setErrorHandler(auth.errorHandler)
    // As an application might have it: bodies of its own routes come as streams.
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    for (const route of routes) {
      const handler = (request: FastifyRequest, reply: FastifyReply) => {
        inside.responses.push(reply.raw)
        return answer(auth, request, reply, route)
      }
      app.route({
        method: route.method,
        url: route.path,
        handler: route.requires ? auth.requireAuth(route.requires, handler) : handler,
      })
    }
    const sockets = new WebSocketServer({ noServer: true })
    app.server.on('upgrade', async (request, socket, head) => {
      const login = await auth.accept(request, socket)
      if (login) sockets.handleUpgrade(request, socket, head, (connection) => auth.attach(connection, login))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
  },
})
