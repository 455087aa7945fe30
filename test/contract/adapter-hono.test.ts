/** The adapter contract on Hono, by @hono/node-server. */
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { serve, upgradeWebSocket } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import { WebSocketServer } from 'ws'
import { type HonoAuth, honoAuth } from '../../src/adapters/hono.ts'
import { type AppRoute, type Claims, CONSISTENCY, type Data } from '../support/adapter-app.ts'
import { adapterContract, LARGE_HEADERS, type Native } from './adapter-contract.ts'

async function answer(auth: HonoAuth<Claims, Data>, c: Context, route: AppRoute) {
  const login = auth.of(c)
  const reply = await route.handle({
    login,
    header: (name) => c.req.header(name) ?? null,
    text: () => c.req.text(),
    logIn: (input) => auth.logIn(c, input),
    logOut: () => auth.logOut(c),
    setCookie: (signedIn) => auth.setCookie(c, signedIn),
  })
  for (const [name, value] of Object.entries(reply.headers ?? {})) c.header(name, value)
  const { parts } = reply
  if (!parts) return c.json(reply.json as null)
  return stream(
    c,
    async (out) => {
      if (reply.attached && login) auth.attach(out, login)
      for await (const part of parts) {
        if (out.aborted) return
        await out.write(part)
      }
    },
    async () => undefined,
  )
}

function application(auth: HonoAuth<Claims, Data>, routes: readonly AppRoute[], { responses }: Native) {
  const app = new Hono()
  app.use(auth.middleware)
  app.onError((error, c) => {
    try {
      return auth.onError(error, c)
    } catch {
      return c.text('something went wrong', 500)
    }
  })
  app.get(
    '/socket',
    auth.requireAuth(),
    upgradeWebSocket((c) => {
      const login = auth.of(c)
      return {
        onOpen(_event, socket) {
          if (login) auth.attach(socket, login)
        },
      }
    }),
  )
  for (const route of routes) {
    if (route.requires) app.on(route.method, [route.path], auth.requireAuth(route.requires))
    app.on(route.method, [route.path], (c: Context) => {
      responses.push(c.env.outgoing)
      return answer(auth, c, route)
    })
  }
  return app
}

adapterContract({
  name: 'Hono',
  async start(core, routes, inside) {
    const app = application(honoAuth(core, CONSISTENCY), routes, inside)
    const server = serve({
      fetch: app.fetch,
      port: 0,
      hostname: '127.0.0.1',
      serverOptions: { maxHeaderSize: LARGE_HEADERS },
      websocket: { server: new WebSocketServer({ noServer: true }) as never },
    }) as Server
    const open = new Set<Socket>()
    server.on('connection', (socket: Socket) => open.add(socket))
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
