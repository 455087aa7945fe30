/** The adapter contract on bare Fetch API handlers, carried to sockets by @hono/node-server. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { type FetchAuth, fetchAuth, type RequestLogin } from '../../src/adapters/fetch.ts'
import { type AppRoute, type Claims, CONSISTENCY, type Data, HOST } from '../support/adapter-app.ts'
import { adapterContract, LARGE_HEADERS, type Native } from './adapter-contract.ts'

async function answer(
  auth: FetchAuth<Claims, Data>,
  request: Request,
  login: RequestLogin<Claims> | null,
  route: AppRoute,
): Promise<Response> {
  const reply = await route.handle({
    login,
    header: (name) => request.headers.get(name),
    text: () => request.text(),
    logIn: (input) => auth.logIn(request, input),
    logOut: () => auth.logOut(request),
    setCookie: (signedIn) => auth.setCookie(request, signedIn),
  })
  const init = { status: reply.status ?? 200, headers: { ...reply.headers } }
  if (!reply.parts) return Response.json(reply.json, init)
  const response = new Response(toStream(reply.parts), init)
  return reply.attached && login ? auth.attachResponse(response, login) : response
}

function toStream(parts: AsyncIterable<string>): ReadableStream {
  return Readable.toWeb(Readable.from(parts)).pipeThrough(new TextEncoderStream() as never) as ReadableStream
}

function application(auth: FetchAuth<Claims, Data>, routes: readonly AppRoute[], inside: Native) {
  const pages = new Map<string, (request: Request) => Promise<Response>>(
    routes.map((route) => {
      const page = (request: Request, login: RequestLogin<Claims> | null) => answer(auth, request, login, route)
      return [
        `${route.method} ${route.path}`,
        route.requires ? auth.requireAuth(route.requires, page) : auth.handle(page),
      ] as const
    }),
  )
  const others = auth.handle((_request: Request) => new Response('no such page', { status: 404 }))
  return async (request: Request): Promise<Response> => {
    const page = pages.get(`${request.method === 'HEAD' ? 'GET' : request.method} ${new URL(request.url).pathname}`)
    const response = await (page ?? others)(request)
    inside.responses.push(response)
    return response
  }
}

adapterContract({
  name: 'Fetch',
  async start(core, routes, inside) {
    const auth = fetchAuth(core, CONSISTENCY)
    const server = createServer(
      { maxHeaderSize: LARGE_HEADERS },
      getRequestListener(application(auth, routes, inside), {
        errorHandler: () => new Response('something went wrong', { status: 500 }),
      }),
    )
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', async (incoming: IncomingMessage, socket: Socket, head) => {
      const request = new Request(`http://${HOST}${incoming.url}`, { headers: fieldsOf(incoming) })
      try {
        const login = await auth.upgrade(request)
        if (!login) throw new TypeError('nobody')
        sockets.handleUpgrade(incoming, socket, head, (connection) => auth.attach(connection, login))
      } catch (error) {
        const { status } = error instanceof TypeError ? { status: 401 } : auth.refuse(request, error)
        socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\n\r\n`)
      }
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

function fieldsOf({ rawHeaders }: IncomingMessage): [string, string][] {
  return rawHeaders.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []))
}
