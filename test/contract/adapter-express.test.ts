/** The adapter contract on Express 5. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import express, { type Request, type Response } from 'express'
import { expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { type ExpressAuth, expressAuth } from '../../src/adapters/express.ts'
import { type AppRoute, type Claims, CONSISTENCY, createAppAuth, type Data } from '../support/adapter-app.ts'
import { http1Client } from '../support/adapter-client.ts'
import { adapterContract, LARGE_HEADERS } from './adapter-contract.ts'

async function answer(auth: ExpressAuth<Claims, Data>, request: Request, response: Response, route: AppRoute) {
  const reply = await route.handle({
    login: auth.of(request),
    header: (name) => request.get(name) ?? null,
    text: () => text(request),
    logIn: (input) => auth.logIn(response, input),
    logOut: () => auth.logOut(response),
    setCookie: (signedIn) => auth.setCookie(response, signedIn),
  })
  response.status(reply.status ?? 200).set(reply.headers ?? {})
  if (reply.attached && request.auth) auth.attach(response, request.auth)
  if (!reply.parts) {
    response.json(reply.json)
    return
  }
  for await (const part of reply.parts) {
    if (response.destroyed) return
    response.write(part)
  }
  response.end()
}

it('understands bodies that a parser before it has read', async () => {
  const { auth: core, stop } = createAppAuth()
  await core.ready()
  const auth = expressAuth(core)
  const app = express().use(express.json(), express.urlencoded(), auth.middleware)
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = http1Client((server.address() as AddressInfo).port)
  const { tokens } = await core.logIn({ subject: 'alice', mode: 'token' }, { method: 'POST', headers: new Headers() })
  const refresh = async (type: string, body: string) =>
    (await client.ask('POST', '/auth/refresh', { headers: { 'content-type': type }, body })).json
  const first = await refresh('application/json', JSON.stringify({ refresh_token: tokens?.refreshToken }))
  expect(first.token_type).toBe('Bearer')
  const second = await refresh('application/x-www-form-urlencoded', `refresh_token=${first.refresh_token}`)
  expect(second.token_type).toBe('Bearer')
  expect((await refresh('application/json', '{}')).code).toBe('request.malformed')
  const authorization = `Bearer ${second.access_token}`
  expect((await client.ask('POST', '/auth/sign-out', { headers: { authorization } })).json.signed_out).toBe(true)
  server.close()
  await stop()
})

adapterContract({
  name: 'Express 5',
  prototypes: [express.request, express.response, express.application],
  async start(core, routes, inside) {
    const auth = expressAuth(core, CONSISTENCY)
    const app = express()
    app.set('env', 'test')
    app.use(auth.middleware)
    for (const route of routes) {
      const handle = (request: Request, response: Response) => {
        inside.responses.push(response)
        return answer(auth, request, response, route)
      }
      const method = route.method === 'GET' ? 'get' : 'post'
      app[method](route.path, route.requires ? auth.requireAuth(route.requires, handle) : handle)
    }
    app.use(auth.errors)

    const server = createServer({ maxHeaderSize: LARGE_HEADERS }, app)
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', async (request, socket, head) => {
      const login = await auth.accept(request, socket)
      if (login) sockets.handleUpgrade(request, socket, head, (connection) => auth.attach(connection, login))
    })
    const open = new Set<Socket>()
    server.on('connection', (socket) => open.add(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return {
      port: (server.address() as AddressInfo).port,
      async close() {
        for (const socket of open) socket.destroy()
        server.close()
        await once(server, 'close')
      },
    }
  },
})
